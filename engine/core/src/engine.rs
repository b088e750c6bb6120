//! The engine's state, and how it is asked.

use crate::accounts::Account;
use crate::allowances::Allowance;
use crate::claims::Claims;
use crate::holds::Holds;
use crate::id::Id;
use crate::table::Table;
use crate::transfers::Transfer;
use crate::undo::Undo;
use crate::warm::Hint;

/// Accounts, transfers, allowances and claims in memory; deterministic; one caller at a time.
pub struct Engine {
    pub(crate) seconds: u64,
    pub(crate) day: u32,
    pub(crate) accounts: Table<Account>,
    pub(crate) transfers: Table<Transfer>,
    pub(crate) holds: Holds,
    pub(crate) allowances: Table<Allowance>,
    pub(crate) claims: Claims,
    pub(crate) undo: Vec<Undo>,
    pub(crate) hints: Vec<Hint>,
    pub(crate) version: u64,
}

/// Heap bytes by component.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    pub accounts: usize,
    pub account_index: usize,
    pub transfers: usize,
    pub transfer_index: usize,
    pub holds: usize,
    pub allowances: usize,
    pub claims: usize,
}

impl Engine {
    /// An empty engine. The seed says how ids are spread over memory, and changes nothing that can be seen.
    pub fn new(seed: u64) -> Self {
        Engine {
            seconds: 0,
            day: 0,
            accounts: Table::new(seed),
            transfers: Table::new(seed),
            holds: Holds::default(),
            allowances: Table::new(seed),
            claims: Claims::new(seed),
            undo: Vec::new(),
            hints: Vec::new(),
            version: 0,
        }
    }

    /// The account with this id.
    pub fn account(&self, id: &Id) -> Option<&Account> {
        self.accounts.find(id).map(|place| self.accounts.get(place))
    }

    /// An allowance as (used in the current period, cap).
    pub fn used(&self, id: &Id) -> Option<(u64, u64)> {
        let allowance = self.allowances.get(self.allowances.find(id)?);
        Some((allowance.used_on(self.day), allowance.cap))
    }

    /// What is known of a transfer's id.
    pub fn remembered(&self, id: &Id) -> Option<&Transfer> {
        self.transfers.find(id).map(|place| self.transfers.get(place))
    }

    /// Whether the claim holds.
    pub fn claimed(&self, id: &Id) -> bool {
        self.claims.has(id)
    }

    /// The newest time seen: Unix seconds, and the bank's day as yyyymmdd.
    pub fn moment(&self) -> (u64, u32) {
        (self.seconds, self.day)
    }

    /// How many accounts, remembered transfers, allowances and claims there are.
    pub fn counts(&self) -> [u64; 4] {
        let counts = [self.accounts.len(), self.transfers.len(), self.allowances.len(), self.claims.len()];
        counts.map(|n| n as u64)
    }

    /// A number that differs after every change, for those who look at the state in several steps.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Heap bytes by component.
    pub fn memory(&self) -> Memory {
        let (accounts, account_index) = self.accounts.memory_bytes();
        let (transfers, transfer_index) = self.transfers.memory_bytes();
        let (allowances, allowance_index) = self.allowances.memory_bytes();
        Memory {
            accounts,
            account_index,
            transfers,
            transfer_index,
            holds: self.holds.memory_bytes(),
            allowances: allowances + allowance_index,
            claims: self.claims.memory_bytes(),
        }
    }
}
