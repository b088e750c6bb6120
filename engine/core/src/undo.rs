//! How to take back what the chain under way has changed.

use crate::engine::Engine;
use crate::id::Id;
use crate::transfers::HoldState;

pub(crate) enum Undo {
    AccountOpened,
    Stopped { place: u32, before: u8 },
    Remembered,
    Moved { debit: u32, credit: u32, amount: u64 },
    Reserved { debit: u32, credit: u32, amount: u64 },
    HoldOpened { place: u32 },
    HoldEnded { place: u32, expires: u64 },
    AllowanceOpened,
    CapChanged { place: u32, before: u64 },
    UsedChanged { place: u32, used: u64, number: u32 },
    Claimed { id: Id },
}

impl Engine {
    /// Takes everything back, the newest first: tables can only lose their newest entry.
    pub(crate) fn take_back(&mut self) {
        while let Some(undo) = self.undo.pop() {
            match undo {
                Undo::AccountOpened => self.accounts.pop(),
                Undo::Stopped { place, before } => self.accounts.get_mut(place).stops = before,
                Undo::Remembered => self.transfers.pop(),
                Undo::Moved { debit, credit, amount } => {
                    self.accounts.get_mut(debit).debits_posted -= amount;
                    self.accounts.get_mut(credit).credits_posted -= amount;
                }
                Undo::Reserved { debit, credit, amount } => {
                    self.accounts.get_mut(debit).debits_pending -= amount;
                    self.accounts.get_mut(credit).credits_pending -= amount;
                }
                Undo::HoldOpened { place } => {
                    self.holds.take(place);
                }
                Undo::HoldEnded { place, expires } => self.reopen_hold(place, expires),
                Undo::AllowanceOpened => self.allowances.pop(),
                Undo::CapChanged { place, before } => self.allowances.get_mut(place).cap = before,
                Undo::UsedChanged { place, used, number } => {
                    let allowance = self.allowances.get_mut(place);
                    (allowance.used, allowance.number) = (used, number);
                }
                Undo::Claimed { id } => self.claims.take_back(&id),
            }
        }
    }

    fn reopen_hold(&mut self, place: u32, expires: u64) {
        let hold = self.transfers.get_mut(place);
        hold.status = HoldState::OPEN as u8;
        let (debit, credit, amount) = (hold.debit, hold.credit, hold.amount);
        self.accounts.get_mut(debit).debits_pending += amount;
        self.accounts.get_mut(credit).credits_pending += amount;
        self.holds.put(place, expires);
    }
}
