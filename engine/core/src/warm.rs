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
    /// Adds a hint for each of at most `WINDOW` events. Three short loops, because the processor fetches the more at
    /// once the less there is between: the buckets of the indexes, then (they are there now) what they point to.
    pub(crate) fn warm(&mut self, events: &[Raw]) {
        let mut hashes = [(0, 0); WINDOW];
        let mut seen = 0;
        let first = self.hints.len();
        for (hashes, raw) in hashes.iter_mut().zip(events) {
            let event = Event::of(raw);
            let hash = self.transfers.hash(&event.id);
            self.hints.push(Hint { hash, ..NO_HINT });
            seen ^= self.transfers.touch(hash);
            if Type::of(raw[0]).is_some_and(Type::names_accounts) {
                *hashes = (self.accounts.hash(&event.debit), self.accounts.hash(&event.credit));
                seen ^= self.accounts.touch(hashes.0) ^ self.accounts.touch(hashes.1);
            }
        }
        for (hint, (debit, credit)) in self.hints[first..].iter_mut().zip(hashes) {
            hint.debit = self.accounts.guess(debit).unwrap_or(NOWHERE);
            hint.credit = self.accounts.guess(credit).unwrap_or(NOWHERE);
        }
        for hint in &self.hints[first..] {
            for place in [hint.debit, hint.credit] {
                if place != NOWHERE {
                    seen ^= self.accounts.get(place).credits_posted;
                }
            }
        }
        black_box(seen); // else the reads above could be left out as useless
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
