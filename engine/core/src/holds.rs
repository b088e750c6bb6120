//! The open holds, and in what order they expire.

use std::collections::{BTreeMap, BTreeSet};

/// Open holds by the place of their transfer; `expires` is in seconds, 0 = never.
#[derive(Default)]
pub(crate) struct Holds {
    open: BTreeMap<u32, u64>,
    due: BTreeSet<(u64, u32)>,
}

impl Holds {
    pub fn len(&self) -> usize {
        self.open.len()
    }

    pub fn put(&mut self, place: u32, expires: u64) {
        self.open.insert(place, expires);
        if expires != 0 {
            self.due.insert((expires, place));
        }
    }

    /// Takes an open hold out; returns when it would have expired.
    pub fn take(&mut self, place: u32) -> u64 {
        let expires = self.open.remove(&place).expect("the hold is open");
        if expires != 0 {
            self.due.remove(&(expires, place));
        }
        expires
    }

    /// The hold that expires first, if that is at `seconds` or before.
    pub fn first_due(&self, seconds: u64) -> Option<u32> {
        self.due.first().filter(|(expires, _)| *expires <= seconds).map(|(_, place)| *place)
    }

    /// In order of their transfers, as (place, expires).
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.open.iter().map(|(place, expires)| (*place, *expires))
    }

    /// Heap bytes, estimated: a B-tree's nodes are two thirds full on average.
    pub fn memory_bytes(&self) -> usize {
        (self.open.len() * 12 + self.due.len() * 16) * 3 / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_fall_due_by_time_then_place() {
        let mut holds = Holds::default();
        for (place, expires) in [(5, 20), (4, 10), (3, 20), (2, 0)] {
            holds.put(place, expires);
        }
        let mut order = vec![];
        while let Some(place) = holds.first_due(20) {
            holds.take(place);
            order.push(place);
        }
        assert_eq!(order, [4, 3, 5]);
        assert_eq!(holds.iter().collect::<Vec<_>>(), [(2, 0)]);
    }
}
