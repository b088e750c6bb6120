//! Allowances: how much of something may be used in a day, a month, a year or ever.

use crate::engine::Engine;
use crate::event::Event;
use crate::id::Id;
use crate::refusal::Refusal;
use crate::table::Keyed;
use crate::undo::Undo;

/// An allowance; `used` counts in the period with this `number`.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub id: Id,
    pub cap: u64,
    pub used: u64,
    pub number: u32,
    /// 1 day, 2 month, 3 year, 4 ever.
    pub period: u8,
}

impl Keyed for Allowance {
    fn id(&self) -> &Id {
        &self.id
    }
}

impl Allowance {
    /// What is used in the period that `day` lies in.
    pub fn used_on(&self, day: u32) -> u64 {
        if self.number == period_number(self.period, day) {
            self.used
        } else {
            0
        }
    }
}

/// The number of the period that `day` (yyyymmdd) lies in.
fn period_number(period: u8, day: u32) -> u32 {
    match period {
        1 => day,
        2 => day / 100,
        3 => day / 10_000,
        _ => 0,
    }
}

impl Engine {
    pub(crate) fn open_allowance(&mut self, event: &Event) -> Refusal {
        let Some(period) = u8::try_from(event.kind).ok().filter(|p| (1..=4).contains(p)) else {
            return Refusal::PERIOD_INVALID;
        };
        let hash = self.allowances.hash(&event.id);
        let Some(place) = self.allowances.find_hashed(hash, &event.id) else {
            let number = period_number(period, self.day);
            self.allowances
                .push(hash, Allowance { id: event.id, cap: event.amount, used: 0, number, period });
            self.undo.push(Undo::AllowanceOpened);
            return Refusal::OK;
        };
        let known = self.allowances.get_mut(place);
        if known.period != period {
            return Refusal::EXISTS_WITH_DIFFERENT_PERIOD;
        }
        if known.cap == event.amount {
            return Refusal::EXISTS;
        }
        self.undo.push(Undo::CapChanged { place, before: known.cap });
        known.cap = event.amount; // what is used already stays used
        Refusal::OK
    }

    pub(crate) fn use_allowance(&mut self, event: &Event) -> Refusal {
        let Some(place) = self.allowances.find(&event.id) else {
            return Refusal::ALLOWANCE_NOT_FOUND;
        };
        let allowance = self.allowances.get(place);
        // A sum beyond 64 bits is above any cap.
        let sum = allowance.used_on(self.day).checked_add(event.amount);
        match sum.filter(|sum| *sum <= allowance.cap) {
            Some(used) => self.set_used(place, used),
            None => Refusal::ALLOWANCE_EXCEEDED,
        }
    }

    /// Gives back what was used in the period `aux`; of a period that is over nothing is left to give back.
    pub(crate) fn restore_allowance(&mut self, event: &Event) -> Refusal {
        let Some(place) = self.allowances.find(&event.id) else {
            return Refusal::ALLOWANCE_NOT_FOUND;
        };
        let allowance = self.allowances.get(place);
        let number = period_number(allowance.period, self.day);
        if event.aux == number && allowance.number == number {
            self.set_used(place, allowance.used.saturating_sub(event.amount));
        }
        Refusal::OK
    }

    fn set_used(&mut self, place: u32, used: u64) -> Refusal {
        let allowance = self.allowances.get_mut(place);
        self.undo.push(Undo::UsedChanged { place, used: allowance.used, number: allowance.number });
        allowance.used = used;
        allowance.number = period_number(allowance.period, self.day);
        Refusal::OK
    }
}
