//! Moving time on: what expires is an event of its own in the records, before the batch that sees the time.

use crate::engine::Engine;
use crate::event::{Event, Type};
use crate::id::Id;
use crate::transfers::HoldState;

impl Engine {
    /// Time never goes back: an older moment counts as the newest that was seen.
    pub(crate) fn advance(&mut self, seconds: u64, day: u32, records: &mut Vec<u8>) {
        let moment = (seconds.max(self.seconds), day.max(self.day));
        if moment == (self.seconds, self.day) {
            return;
        }
        (self.seconds, self.day) = moment;
        record(records, Event { aux: self.day, amount: self.seconds, ..of_type(Type::TIME) });
        while let Some(place) = self.holds.first_due(self.seconds) {
            let id: Id = self.transfers.get(place).id;
            self.end_hold(place, HoldState::EXPIRED);
            record(records, Event { id, ..of_type(Type::EXPIRE_HOLD) });
        }
        if self.claims.forget(self.seconds) {
            record(records, Event { amount: self.seconds, ..of_type(Type::EXPIRE_CLAIMS) });
        }
        self.undo.clear();
    }
}

pub(crate) fn of_type(type_: Type) -> Event {
    Event { type_: type_ as u8, ..Event::default() }
}

pub(crate) fn record(records: &mut Vec<u8>, event: Event) {
    records.extend_from_slice(&event.pack());
}
