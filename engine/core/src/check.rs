//! The invariants, checkable at any time, and the totals that they are about.

use std::collections::BTreeMap;

use crate::accounts::UNLIMITED;
use crate::engine::Engine;
use crate::id::Id;

/// Sums over all accounts of one currency, in minor units; wider than any one account's.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub debits_posted: u128,
    pub credits_posted: u128,
    pub debits_pending: u128,
    pub credits_pending: u128,
}

impl Engine {
    /// The totals of each currency that has an account, by the currency's number.
    pub fn totals(&self) -> BTreeMap<u16, Totals> {
        let mut sums: BTreeMap<u16, Totals> = BTreeMap::new();
        for account in self.accounts.iter() {
            let of_currency = sums.entry(account.currency).or_default();
            of_currency.debits_posted += u128::from(account.debits_posted);
            of_currency.credits_posted += u128::from(account.credits_posted);
            of_currency.debits_pending += u128::from(account.debits_pending);
            of_currency.credits_pending += u128::from(account.credits_pending);
        }
        sums
    }

    /// Says which invariant is broken, if one is: debits equal credits per currency, pending sums equal the open holds,
    /// no account is beyond its overdraft.
    pub fn check(&self) -> Result<(), String> {
        for (currency, t) in self.totals() {
            if t.debits_posted != t.credits_posted || t.debits_pending != t.credits_pending {
                return Err(format!("currency {currency}: debits and credits differ: {t:?}"));
            }
        }
        self.check_pending()?;
        self.check_overdrafts()
    }

    fn check_pending(&self) -> Result<(), String> {
        let mut pending = vec![(0u128, 0u128); self.accounts.len()];
        for (place, _) in self.holds.iter() {
            let hold = self.transfers.get(place);
            pending[hold.debit as usize].0 += u128::from(hold.amount);
            pending[hold.credit as usize].1 += u128::from(hold.amount);
        }
        for (account, (debits, credits)) in self.accounts.iter().zip(pending) {
            let has = (u128::from(account.debits_pending), u128::from(account.credits_pending));
            if has != (debits, credits) {
                let id = hex(&account.id);
                return Err(format!("account {id}: pending {has:?}, open holds {:?}", (debits, credits)));
            }
        }
        Ok(())
    }

    fn check_overdrafts(&self) -> Result<(), String> {
        for account in self.accounts.iter().filter(|a| a.overdraft != UNLIMITED) {
            let does = u128::from(account.debits_posted) + u128::from(account.debits_pending);
            let may = u128::from(account.credits_posted) + u128::from(account.overdraft);
            if does > may {
                let id = hex(&account.id);
                return Err(format!("account {id} is beyond its overdraft of {}", account.overdraft));
            }
        }
        Ok(())
    }
}

pub(crate) fn hex(id: &Id) -> String {
    id.0.iter().map(|byte| format!("{byte:02x}")).collect()
}
