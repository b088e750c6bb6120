//! Accounts, and what stands outside money's way: opening, freezing, closing.

use crate::engine::Engine;
use crate::event::Event;
use crate::id::Id;
use crate::refusal::Refusal;
use crate::table::Keyed;
use crate::undo::Undo;

/// As an overdraft: the account may be debited without bound.
pub const UNLIMITED: u64 = u64::MAX;
/// Debits are stopped.
pub const DEBIT: u8 = 1;
/// Credits are stopped.
pub const CREDIT: u8 = 2;
/// The account is closed.
pub const CLOSED: u8 = 4;

/// An account: one cache line. Amounts are in minor units.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
pub struct Account {
    pub id: Id,
    pub debits_posted: u64,
    pub credits_posted: u64,
    pub debits_pending: u64,
    pub credits_pending: u64,
    pub overdraft: u64,
    pub kind: u16,
    pub currency: u16,
    /// `DEBIT` and `CREDIT` where frozen, `CLOSED`.
    pub stops: u8,
}

impl Keyed for Account {
    #[inline]
    fn id(&self) -> &Id {
        &self.id
    }
}

impl Account {
    /// What may still be debited: posted credits and the overdraft, less all debits, posted and pending.
    #[inline]
    pub fn available(&self) -> u64 {
        if self.overdraft == UNLIMITED {
            return UNLIMITED;
        }
        let may = u128::from(self.credits_posted) + u128::from(self.overdraft);
        let does = u128::from(self.debits_posted) + u128::from(self.debits_pending);
        u64::try_from(may.saturating_sub(does)).unwrap_or(UNLIMITED)
    }
}

impl Engine {
    pub(crate) fn open_account(&mut self, event: &Event) -> Refusal {
        let Some(currency) = u16::try_from(event.aux).ok().filter(|c| (1..1000).contains(c)) else {
            return Refusal::CURRENCY_INVALID;
        };
        let hash = self.accounts.hash(&event.id);
        if let Some(place) = self.accounts.find_hashed(hash, &event.id) {
            let known = self.accounts.get(place);
            if known.kind != event.kind {
                return Refusal::EXISTS_WITH_DIFFERENT_KIND;
            }
            if known.currency != currency {
                return Refusal::EXISTS_WITH_DIFFERENT_CURRENCY;
            }
            if known.overdraft != event.amount {
                return Refusal::EXISTS_WITH_DIFFERENT_OVERDRAFT;
            }
            return Refusal::EXISTS;
        }
        let account = Account {
            id: event.id,
            debits_posted: 0,
            credits_posted: 0,
            debits_pending: 0,
            credits_pending: 0,
            overdraft: event.amount,
            kind: event.kind,
            currency,
            stops: 0,
        };
        self.accounts.push(hash, account);
        self.undo.push(Undo::AccountOpened);
        Refusal::OK
    }

    pub(crate) fn freeze(&mut self, event: &Event) -> Refusal {
        self.set_stops(event, |stops, sides| stops | sides)
    }

    pub(crate) fn unfreeze(&mut self, event: &Event) -> Refusal {
        self.set_stops(event, |stops, sides| stops & !sides)
    }

    fn set_stops(&mut self, event: &Event, change: impl Fn(u8, u8) -> u8) -> Refusal {
        let sides = match event.kind {
            1 => DEBIT,
            2 => CREDIT,
            3 => DEBIT | CREDIT,
            _ => return Refusal::SIDES_INVALID,
        };
        let Some(place) = self.accounts.find(&event.id) else {
            return Refusal::ACCOUNT_NOT_FOUND;
        };
        let stops = self.accounts.get(place).stops;
        if stops & CLOSED != 0 {
            return Refusal::ACCOUNT_CLOSED;
        }
        self.stop(place, change(stops, sides))
    }

    pub(crate) fn close(&mut self, event: &Event) -> Refusal {
        let Some(place) = self.accounts.find(&event.id) else {
            return Refusal::ACCOUNT_NOT_FOUND;
        };
        let account = self.accounts.get(place);
        let pending = account.debits_pending != 0 || account.credits_pending != 0;
        if account.debits_posted != account.credits_posted || pending {
            return Refusal::ACCOUNT_NOT_EMPTY;
        }
        self.stop(place, account.stops | CLOSED)
    }

    fn stop(&mut self, place: u32, stops: u8) -> Refusal {
        let account = self.accounts.get_mut(place);
        if account.stops == stops {
            return Refusal::EXISTS;
        }
        self.undo.push(Undo::Stopped { place, before: account.stops });
        account.stops = stops;
        Refusal::OK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_one_cache_line() {
        assert_eq!(size_of::<Account>(), 64);
    }
}
