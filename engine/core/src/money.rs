//! Money: TRANSFER, HOLD and SWEEP, CAPTURE and RELEASE.

use crate::accounts::{Account, CLOSED, CREDIT, DEBIT};
use crate::engine::Engine;
use crate::event::{Event, Type};
use crate::id::Id;
use crate::refusal::Refusal;
use crate::transfers::{HoldState, Transfer};
use crate::undo::Undo;
use crate::warm::Hint;

impl Engine {
    /// TRANSFER, HOLD and SWEEP: the same checks, in the same order, which is that of `Refusal`.
    pub(crate) fn transfer(&mut self, type_: Type, event: &Event, hint: &Hint) -> Refusal {
        if !hint.new && self.transfers.find_hashed(hint.hash, &event.id).is_some() {
            return Refusal::ID_ALREADY_USED;
        }
        // A zero-amount hold is allowed: it reserves a decision (to confirm, cancel or let expire), not money.
        if event.amount == 0 && type_ != Type::HOLD {
            return Refusal::AMOUNT_MUST_NOT_BE_ZERO;
        }
        if event.debit == event.credit {
            return Refusal::ACCOUNTS_MUST_BE_DIFFERENT;
        }
        let Some(debit_place) = self.account_place(hint.debit, &event.debit) else {
            return Refusal::DEBIT_ACCOUNT_NOT_FOUND;
        };
        let Some(credit_place) = self.account_place(hint.credit, &event.credit) else {
            return Refusal::CREDIT_ACCOUNT_NOT_FOUND;
        };
        let (debit, credit) = (self.accounts.get(debit_place), self.accounts.get(credit_place));
        if debit.currency != credit.currency {
            return Refusal::CURRENCIES_DIFFER;
        }
        if let Some(refusal) = stopped(debit, credit) {
            return refusal;
        }
        let amount = match type_ {
            Type::SWEEP => event.amount.min(debit.available()),
            _ => event.amount,
        };
        // Before OVERFLOW, because that depends on the amount; an event cannot be refused for both.
        if type_ == Type::SWEEP && amount == 0 {
            return Refusal::NOTHING_AVAILABLE;
        }
        // Pending counts here, so that a capture can neither overflow nor overdraw later.
        if overflows(debit.debits_posted, debit.debits_pending, amount)
            || overflows(credit.credits_posted, credit.credits_pending, amount)
        {
            return Refusal::OVERFLOW;
        }
        if amount > debit.available() {
            return Refusal::INSUFFICIENT_FUNDS;
        }
        // From here on it must succeed.
        let place = self.remember_hashed(
            hint.hash,
            Transfer {
                id: event.id,
                amount,
                debit: debit_place,
                credit: credit_place,
                fold: event.reference.fold(),
                kind: event.kind,
                type_: type_ as u8,
                status: HoldState::OPEN as u8,
            },
        );
        if type_ == Type::HOLD {
            self.open_hold(place, event.aux);
            self.reserve(debit_place, credit_place, amount);
        } else {
            self.post(debit_place, credit_place, amount);
        }
        Refusal::OK
    }

    pub(crate) fn capture(&mut self, event: &Event) -> Refusal {
        let (place, hold) = match self.open_hold_of(event) {
            Ok(found) => found,
            Err(refusal) => return refusal,
        };
        if event.amount == 0 && hold.amount > 0 {
            return Refusal::AMOUNT_MUST_NOT_BE_ZERO;
        }
        if event.amount > hold.amount {
            return Refusal::AMOUNT_ABOVE_HOLD;
        }
        // A freeze stops what was reserved, too.
        if let Some(refusal) = stopped(self.accounts.get(hold.debit), self.accounts.get(hold.credit)) {
            return refusal;
        }
        // From here on it must succeed.
        self.remember_end(Type::CAPTURE, event, event.amount, place);
        self.end_hold(place, HoldState::CAPTURED);
        self.post(hold.debit, hold.credit, event.amount);
        Refusal::OK
    }

    pub(crate) fn release(&mut self, event: &Event) -> Refusal {
        let place = match self.open_hold_of(event) {
            Ok((place, _)) => place,
            Err(refusal) => return refusal,
        };
        self.remember_end(Type::RELEASE, event, 0, place);
        self.end_hold(place, HoldState::RELEASED);
        Refusal::OK
    }

    /// The open hold that a CAPTURE or RELEASE names, and its place.
    fn open_hold_of(&self, event: &Event) -> Result<(u32, Transfer), Refusal> {
        if self.transfers.find(&event.id).is_some() {
            return Err(Refusal::ID_ALREADY_USED);
        }
        let place = self.transfers.find(&event.debit).ok_or(Refusal::HOLD_NOT_FOUND)?;
        let hold = *self.transfers.get(place);
        if hold.type_ != Type::HOLD as u8 {
            return Err(Refusal::HOLD_NOT_FOUND);
        }
        match hold.status {
            0 => Ok((place, hold)),
            1 => Err(Refusal::HOLD_CAPTURED),
            2 => Err(Refusal::HOLD_RELEASED),
            _ => Err(Refusal::HOLD_EXPIRED),
        }
    }

    fn remember_end(&mut self, type_: Type, event: &Event, amount: u64, hold: u32) {
        self.remember(Transfer {
            id: event.id,
            amount,
            debit: hold,
            credit: 0,
            fold: event.reference.fold(),
            kind: event.kind,
            type_: type_ as u8,
            status: HoldState::OPEN as u8,
        });
    }

    /// Remembers that a chain of this name was refused.
    pub(crate) fn remember_refused(&mut self, id: Id, refusal: Refusal) {
        self.remember(Transfer {
            id,
            amount: 0,
            debit: 0,
            credit: 0,
            fold: 0,
            kind: 0,
            type_: Type::REFUSED as u8,
            status: refusal as u8,
        });
    }

    fn remember(&mut self, transfer: Transfer) -> u32 {
        self.remember_hashed(self.transfers.hash(&transfer.id), transfer)
    }

    #[inline]
    fn remember_hashed(&mut self, hash: u64, transfer: Transfer) -> u32 {
        self.undo.push(Undo::Remembered);
        self.transfers.push(hash, transfer)
    }

    #[inline]
    fn post(&mut self, debit: u32, credit: u32, amount: u64) {
        self.accounts.get_mut(debit).debits_posted += amount;
        self.accounts.get_mut(credit).credits_posted += amount;
        self.undo.push(Undo::Moved { debit, credit, amount });
    }

    fn reserve(&mut self, debit: u32, credit: u32, amount: u64) {
        self.accounts.get_mut(debit).debits_pending += amount;
        self.accounts.get_mut(credit).credits_pending += amount;
        self.undo.push(Undo::Reserved { debit, credit, amount });
    }

    fn open_hold(&mut self, place: u32, timeout_seconds: u32) {
        let expires = match timeout_seconds {
            0 => 0,
            _ => self.seconds.saturating_add(timeout_seconds.into()),
        };
        self.holds.put(place, expires);
        self.undo.push(Undo::HoldOpened { place });
    }

    /// The hold is over, and all of it leaves the pending sums; a capture moves its part afterwards.
    pub(crate) fn end_hold(&mut self, place: u32, state: HoldState) {
        let expires = self.holds.take(place);
        let hold = self.transfers.get_mut(place);
        hold.status = state as u8;
        let (debit, credit, amount) = (hold.debit, hold.credit, hold.amount);
        self.accounts.get_mut(debit).debits_pending -= amount;
        self.accounts.get_mut(credit).credits_pending -= amount;
        self.undo.push(Undo::HoldEnded { place, expires });
    }
}

/// Closed goes before frozen, and the debit side before the credit side.
#[inline]
fn stopped(debit: &Account, credit: &Account) -> Option<Refusal> {
    if (debit.stops | credit.stops) == 0 {
        return None;
    }
    if debit.stops & CLOSED != 0 {
        return Some(Refusal::DEBIT_ACCOUNT_CLOSED);
    }
    if credit.stops & CLOSED != 0 {
        return Some(Refusal::CREDIT_ACCOUNT_CLOSED);
    }
    if debit.stops & DEBIT != 0 {
        return Some(Refusal::DEBIT_ACCOUNT_FROZEN);
    }
    if credit.stops & CREDIT != 0 {
        return Some(Refusal::CREDIT_ACCOUNT_FROZEN);
    }
    None
}

#[inline]
fn overflows(posted: u64, pending: u64, amount: u64) -> bool {
    posted.checked_add(pending).and_then(|sum| sum.checked_add(amount)).is_none()
}
