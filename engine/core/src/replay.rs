//! Applying records that an engine accepted.

use std::fmt;

use crate::engine::Engine;
use crate::event::{Event, Raw, Type, EVENT_SIZE};
use crate::id::NO_ID;
use crate::refusal::Refusal;
use crate::transfers::HoldState;
use crate::warm::{Hint, WINDOW};

/// A record that cannot have come from this state.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayRefused {
    pub at: usize,
    pub refusal: Refusal,
}

impl fmt::Display for ReplayRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {} cannot have come from this state: {}", self.at, self.refusal.name())
    }
}

impl Engine {
    /// Applies records that an engine accepted; after an error the state is that before the record that it names.
    pub fn replay(&mut self, records: &[[u8; EVENT_SIZE]]) -> Result<(), ReplayRefused> {
        self.version += 1;
        let mut ignored = Vec::new();
        for (window, raws) in records.chunks(WINDOW).enumerate() {
            self.hints.clear();
            self.warm(raws);
            for (place, raw) in raws.iter().enumerate() {
                self.undo.clear();
                ignored.clear();
                let hint = self.hints[place];
                let refusal = self.replay_record(raw, &hint, &mut ignored);
                if refusal != Refusal::OK {
                    return Err(ReplayRefused { at: window * WINDOW + place, refusal });
                }
            }
        }
        Ok(())
    }

    fn replay_record(&mut self, raw: &Raw, hint: &Hint, ignored: &mut Vec<u8>) -> Refusal {
        let event = Event::of(raw);
        match Type::of(event.type_) {
            Some(Type::TIME) => (self.seconds, self.day) = (event.amount, event.aux),
            Some(Type::EXPIRE_HOLD) => return self.replay_expiry(&event),
            Some(Type::EXPIRE_CLAIMS) => {
                self.claims.forget(event.amount);
            }
            Some(Type::REFUSED) => return self.replay_refusal(&event),
            _ => return self.apply_event(raw, hint, ignored),
        }
        Refusal::OK
    }

    fn replay_expiry(&mut self, event: &Event) -> Refusal {
        let Some(place) = self.transfers.find(&event.id) else {
            return Refusal::HOLD_NOT_FOUND;
        };
        let hold = self.transfers.get(place);
        if hold.type_ != Type::HOLD as u8 || hold.status != HoldState::OPEN as u8 {
            return Refusal::HOLD_NOT_FOUND;
        }
        self.end_hold(place, HoldState::EXPIRED);
        Refusal::OK
    }

    fn replay_refusal(&mut self, event: &Event) -> Refusal {
        if event.id == NO_ID {
            return Refusal::ID_MUST_NOT_BE_ZERO;
        }
        let Some(refusal) = Refusal::of(event.kind).filter(|r| r.remembered()) else {
            return Refusal::TYPE_INVALID;
        };
        if self.transfers.find(&event.id).is_some() {
            return Refusal::ID_ALREADY_USED;
        }
        self.remember_refused(event.id, refusal);
        Refusal::OK
    }
}
