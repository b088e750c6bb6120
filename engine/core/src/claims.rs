//! Claims: things that may happen once until a time (a payment code, a signed instruction), then are forgotten.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hasher};

use crate::engine::Engine;
use crate::event::Event;
use crate::id::Id;
use crate::refusal::Refusal;

const SHARDS: usize = 256;

/// Claims by id, in shards so that no growth pauses long, and by the second until which they hold.
pub(crate) struct Claims {
    until: Vec<HashMap<Id, u64, Seeded>>,
    due: BTreeMap<u64, Vec<Id>>,
    len: usize,
    seed: u64,
}

impl Claims {
    pub fn new(seed: u64) -> Self {
        let until = (0..SHARDS).map(|_| HashMap::with_hasher(Seeded(seed))).collect();
        Claims { until, due: BTreeMap::new(), len: 0, seed }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    fn shard(&self, id: &Id) -> usize {
        (id.spread(self.seed) >> 32) as usize % SHARDS
    }

    pub fn has(&self, id: &Id) -> bool {
        self.until[self.shard(id)].contains_key(id)
    }

    /// Adds a claim; false if there is one already.
    pub fn put(&mut self, id: Id, until: u64) -> bool {
        let shard = self.shard(&id);
        if self.until[shard].contains_key(&id) {
            return false;
        }
        self.until[shard].insert(id, until);
        self.due.entry(until).or_default().push(id);
        self.len += 1;
        true
    }

    /// Takes back a claim; it is the newest of those that end with it.
    pub fn take_back(&mut self, id: &Id) {
        let shard = self.shard(id);
        let until = self.until[shard].remove(id).expect("the claim is there");
        let same_time = self.due.get_mut(&until).expect("the claim falls due");
        assert!(same_time.pop() == Some(*id), "claims are taken back in the order newest first");
        if same_time.is_empty() {
            self.due.remove(&until);
        }
        self.len -= 1;
    }

    /// Forgets the claims until `seconds` or before; says whether there were any.
    pub fn forget(&mut self, seconds: u64) -> bool {
        let before = self.len;
        while let Some(first) = self.due.first_entry().filter(|first| *first.key() <= seconds) {
            for id in first.remove() {
                let shard = self.shard(&id);
                self.until[shard].remove(&id);
                self.len -= 1;
            }
        }
        self.len < before
    }

    /// The claims of each time, ordered by time, in order of arrival.
    pub fn by_time(&self) -> impl Iterator<Item = (u64, &[Id])> {
        self.due.iter().map(|(until, ids)| (*until, ids.as_slice()))
    }

    pub fn memory_bytes(&self) -> usize {
        let maps: usize =
            self.until.iter().map(|m| m.capacity() * 8 / 7 * (size_of::<(Id, u64)>() + 1)).sum();
        let lists: usize = self.due.values().map(|ids| ids.capacity() * size_of::<Id>() + 48).sum();
        maps + lists + SHARDS * size_of::<HashMap<Id, u64, Seeded>>()
    }
}

impl Engine {
    pub(crate) fn claim(&mut self, event: &Event) -> Refusal {
        if event.amount <= self.seconds {
            return Refusal::CLAIM_ALREADY_PAST;
        }
        if !self.claims.put(event.id, event.amount) {
            return Refusal::CLAIMED;
        }
        self.undo.push(crate::undo::Undo::Claimed { id: event.id });
        Refusal::OK
    }
}

/// `Id::spread` behind the standard trait.
#[derive(Clone, Copy)]
struct Seeded(u64);

impl BuildHasher for Seeded {
    type Hasher = IdHasher;

    fn build_hasher(&self) -> IdHasher {
        IdHasher { seed: self.0, hash: 0 }
    }
}

struct IdHasher {
    seed: u64,
    hash: u64,
}

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        let id: [u8; 16] = bytes.try_into().expect("only ids are hashed");
        self.hash = Id(id).spread(self.seed);
    }

    fn finish(&self) -> u64 {
        self.hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> Id {
        Id([n; 16])
    }

    #[test]
    fn claims_are_forgotten_in_time() {
        let mut claims = Claims::new(3);
        assert!(claims.put(id(1), 10) && claims.put(id(2), 20) && claims.put(id(3), 10));
        assert!(!claims.put(id(1), 99));
        assert!(!claims.forget(9));
        assert!(claims.forget(10));
        assert_eq!((claims.has(&id(1)), claims.has(&id(2)), claims.len()), (false, true, 1));
    }

    #[test]
    fn taking_back_leaves_no_trace() {
        let mut claims = Claims::new(3);
        claims.put(id(1), 10);
        claims.take_back(&id(1));
        assert_eq!((claims.len(), claims.by_time().count()), (0, 0));
    }
}
