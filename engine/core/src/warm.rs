//! Looking ahead: what a few events will touch is fetched from memory all at once, before they are decided one by one.
//!
//! What is found here are hints only: the state can change before the event's turn, so whoever uses one checks it.

use std::hint::black_box;

use crate::engine::Engine;
use crate::event::{Event, Raw, Type};
use crate::id::Id;

/// How many events are looked at together: few enough for the nearest cache to hold all that they touch.
pub(crate) const WINDOW: usize = 32;
const NOWHERE: u32 = u32::MAX;

/// Of an event that names two accounts: the hash of its id, and where its accounts probably are.
#[derive(Clone, Copy)]
pub(crate) struct Hint {
    pub hash: u64,
    pub debit: u32,
    pub credit: u32,
    /// The id was looked up and is not remembered: no guess, unlike the places.
    pub new: bool,
}

const NO_HINT: Hint = Hint { hash: 0, debit: NOWHERE, credit: NOWHERE, new: false };

impl Engine {
    /// Adds a hint for each of at most `WINDOW` events.
    pub(crate) fn warm(&mut self, events: &[Raw]) {
        let mut hashes = [(0, 0, 0); WINDOW];
        let mut seen = 0;
        for (hash, raw) in hashes.iter_mut().zip(events) {
            let event = Event::of(raw);
            *hash = (
                self.transfers.hash(&event.id),
                self.accounts.hash(&event.debit),
                self.accounts.hash(&event.credit),
            );
            seen ^= self.transfers.touch(hash.0) ^ self.accounts.touch(hash.1) ^ self.accounts.touch(hash.2);
        }
        black_box(seen); // else the reads above could be left out as useless
        for ((hash, debit_hash, credit_hash), raw) in hashes.into_iter().zip(events) {
            let mut hint = Hint { hash, ..NO_HINT };
            if Type::of(raw[0]).is_some_and(Type::names_accounts) {
                let event = Event::of(raw);
                hint.debit = self.accounts.find_hashed(debit_hash, &event.debit).unwrap_or(NOWHERE);
                hint.credit = self.accounts.find_hashed(credit_hash, &event.credit).unwrap_or(NOWHERE);
            }
            self.hints.push(hint);
        }
    }

    /// The place of an account: where the hint says, if it still is there.
    #[inline]
    pub(crate) fn account_place(&self, hint: u32, id: &Id) -> Option<u32> {
        if (hint as usize) < self.accounts.len() && self.accounts.get(hint).id == *id {
            return Some(hint);
        }
        self.accounts.find(id)
    }
}
