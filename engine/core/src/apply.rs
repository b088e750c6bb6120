//! Deciding a batch, chain by chain: a chain applies whole or not at all.

use crate::engine::Engine;
use crate::event::{Event, Raw, Type, EVENT_SIZE, LINKED};
use crate::id::NO_ID;
use crate::refusal::Refusal;
use crate::time::{of_type, record};
use crate::transfers::Transfer;
use crate::warm::{Hint, WINDOW};

impl Engine {
    /// Moves time on, then decides the batch, chain by chain. Adds one `Refusal` byte for each event to `results`, and
    /// the records of what was accepted to `records`.
    pub fn apply(
        &mut self,
        events: &[[u8; EVENT_SIZE]],
        seconds: u64,
        day: u32,
        results: &mut Vec<u8>,
        records: &mut Vec<u8>,
    ) {
        self.version += 1;
        self.advance(seconds, day, records);
        self.hints.clear();
        let mut start = 0;
        for (at, raw) in events.iter().enumerate() {
            if at % WINDOW == 0 {
                self.warm(&events[at..events.len().min(at + WINDOW)]);
            }
            if raw[1] & LINKED == 0 {
                self.apply_chain(&events[start..=at], start, results, records);
                start = at + 1;
            }
        }
        if start < events.len() {
            // The batch ends within a chain.
            let last = events.len() - start - 1;
            fail(results, events.len() - start, last, Refusal::CHAIN_OPEN);
        }
    }

    /// `first` is the place of the chain in the batch, where its hints are.
    fn apply_chain(&mut self, chain: &[Raw], first: usize, results: &mut Vec<u8>, records: &mut Vec<u8>) {
        let naming = chain.iter().position(|raw| Type::of(raw[0]).is_some_and(Type::moves));
        // A retry is answered before anything else is looked at: its code is claimed and its money gone by now.
        if let Some(naming) = naming {
            let event = Event::of(&chain[naming]);
            if let Some(place) = self.transfers.find_hashed(self.hints[first + naming].hash, &event.id) {
                match self.compare(&event, self.transfers.get(place)) {
                    Refusal::EXISTS => results.resize(results.len() + chain.len(), Refusal::EXISTS as u8),
                    refusal => fail(results, chain.len(), naming, refusal),
                }
                return;
            }
            // Nothing before it in the chain can make it known.
            self.hints[first + naming].new = true;
        }
        let (results_before, records_before) = (results.len(), records.len());
        self.undo.clear();
        for (place, raw) in chain.iter().enumerate() {
            let hint = self.hints[first + place];
            let answer = self.apply_event(raw, &hint, records);
            if answer.refuses() {
                self.take_back();
                records.truncate(records_before);
                results.truncate(results_before);
                fail(results, chain.len(), place, answer);
                if answer.remembered() {
                    if let Some(naming) = naming {
                        self.record_refusal(&chain[naming], answer, records);
                    }
                }
                return;
            }
            results.push(answer as u8);
        }
        if records.len() > records_before {
            // What existed is not recorded: the chain may end earlier.
            let last = records.len() - EVENT_SIZE;
            records[last + 1] = 0;
        }
    }

    /// Decides one event and, if it is accepted, adds its record.
    #[inline]
    pub(crate) fn apply_event(&mut self, raw: &Raw, hint: &Hint, records: &mut Vec<u8>) -> Refusal {
        let event = Event::of(raw);
        let Some(type_) = Type::of(event.type_).filter(|t| *t < Type::TIME) else {
            return Refusal::TYPE_INVALID;
        };
        if event.flags & !LINKED != 0 {
            return Refusal::FLAGS_INVALID;
        }
        if event.id == NO_ID {
            return Refusal::ID_MUST_NOT_BE_ZERO;
        }
        let answer = match type_ {
            Type::TRANSFER | Type::HOLD | Type::SWEEP => self.transfer(type_, &event, hint),
            Type::CAPTURE => self.capture(&event),
            Type::RELEASE => self.release(&event),
            Type::ACCOUNT => self.open_account(&event),
            Type::FREEZE => self.freeze(&event),
            Type::UNFREEZE => self.unfreeze(&event),
            Type::CLOSE => self.close(&event),
            Type::ALLOWANCE => self.open_allowance(&event),
            Type::USE => self.use_allowance(&event),
            Type::RESTORE => self.restore_allowance(&event),
            Type::CLAIM => self.claim(&event),
            Type::TIME | Type::EXPIRE_HOLD | Type::EXPIRE_CLAIMS | Type::REFUSED => Refusal::TYPE_INVALID,
        };
        if answer == Refusal::OK {
            records.extend_from_slice(raw);
            if type_ == Type::SWEEP {
                self.record_swept(records);
            }
        }
        answer
    }

    /// The record of a sweep says how much was there, so that a replay need not ask.
    fn record_swept(&self, records: &mut [u8]) {
        let swept = self.transfers.get(self.transfers.len() as u32 - 1).amount;
        let at = records.len() - EVENT_SIZE + 8;
        records[at..at + 8].copy_from_slice(&swept.to_le_bytes());
    }

    fn record_refusal(&mut self, naming: &Raw, refusal: Refusal, records: &mut Vec<u8>) {
        let id = Event::of(naming).id;
        if id == NO_ID {
            return; // an earlier event of the chain failed first
        }
        self.remember_refused(id, refusal);
        record(records, Event { kind: refusal as u16, id, ..of_type(Type::REFUSED) });
    }

    /// The answer to a retry, from the event that names it alone: `aux` (a hold's timeout), whether a hold has ended,
    /// and the chain's other events are not compared.
    fn compare(&self, event: &Event, known: &Transfer) -> Refusal {
        if known.type_ == Type::REFUSED as u8 {
            return Refusal::of(known.status.into()).expect("only refusals are remembered as such");
        }
        if known.type_ != event.type_ {
            return Refusal::EXISTS_WITH_DIFFERENT_TYPE;
        }
        if Type::of(event.type_).is_some_and(Type::names_accounts) {
            if self.accounts.get(known.debit).id != event.debit {
                return Refusal::EXISTS_WITH_DIFFERENT_DEBIT;
            }
            if self.accounts.get(known.credit).id != event.credit {
                return Refusal::EXISTS_WITH_DIFFERENT_CREDIT;
            }
        } else if self.transfers.get(known.debit).id != event.debit {
            return Refusal::EXISTS_WITH_DIFFERENT_DEBIT;
        }
        let same = match Type::of(event.type_) {
            Some(Type::RELEASE) => true,
            // A sweep asked for "at most amount", and keeps what was there.
            Some(Type::SWEEP) => event.amount >= known.amount,
            _ => event.amount == known.amount,
        };
        if !same {
            return Refusal::EXISTS_WITH_DIFFERENT_AMOUNT;
        }
        if event.kind != known.kind {
            return Refusal::EXISTS_WITH_DIFFERENT_KIND;
        }
        if event.reference.fold() != known.fold {
            return Refusal::EXISTS_WITH_DIFFERENT_REFERENCE;
        }
        Refusal::EXISTS
    }
}

/// The results of a refused chain: its refusal where it arose, LINKED_EVENT_FAILED elsewhere.
fn fail(results: &mut Vec<u8>, length: usize, place: usize, refusal: Refusal) {
    let start = results.len();
    results.resize(start + length, Refusal::LINKED_EVENT_FAILED as u8);
    results[start + place] = refusal as u8;
}
