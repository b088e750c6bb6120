//! Things with an id, in order of creation, with an index. Only the newest can be taken out again.

use crate::chunked::Chunked;
use crate::id::Id;
use crate::index::{Batch, Index};

pub(crate) trait Keyed {
    fn id(&self) -> &Id;
}

pub(crate) struct Table<T> {
    entries: Chunked<T>,
    index: Index,
    seed: u64,
}

impl<T: Keyed> Table<T> {
    pub fn new(seed: u64) -> Self {
        Table { entries: Chunked::new(), index: Index::new(), seed }
    }

    /// Makes room for so many in the index of a table that is empty.
    pub fn reserve(&mut self, entries: usize) {
        self.index.reserve(entries);
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[inline]
    pub fn hash(&self, id: &Id) -> u64 {
        id.spread(self.seed)
    }

    #[inline]
    pub fn touch(&self, hash: u64) -> u64 {
        self.index.touch(hash)
    }

    #[inline]
    pub fn guess(&self, hash: u64) -> Option<u32> {
        self.index.guess(hash)
    }

    #[inline]
    pub fn find(&self, id: &Id) -> Option<u32> {
        self.find_hashed(self.hash(id), id)
    }

    #[inline]
    pub fn find_hashed(&self, hash: u64, id: &Id) -> Option<u32> {
        self.index.find(hash, |place| self.entries.get(place).id() == id)
    }

    #[inline]
    pub fn get(&self, place: u32) -> &T {
        self.entries.get(place)
    }

    #[inline]
    pub fn get_mut(&mut self, place: u32) -> &mut T {
        self.entries.get_mut(place)
    }

    /// Adds what has an id that is not there yet; returns its place.
    #[inline]
    pub fn push(&mut self, hash: u64, value: T) -> u32 {
        assert!(self.entries.len() < u32::MAX as usize, "the table is full: places have 32 bits");
        let place = self.entries.len() as u32;
        let (entries, seed) = (&self.entries, self.seed);
        self.index.insert(hash, place, |p| entries.get(p).id().spread(seed));
        self.entries.push(value);
        place
    }

    /// Adds what is not in the index yet: `index_from` has to follow, before anything else is asked.
    #[inline]
    pub fn append(&mut self, value: T) {
        self.entries.push(value);
    }

    /// Takes what was appended from this place on into the index. Returns the place of one whose id is there already.
    pub fn index_from(&mut self, first: usize, batch: &mut Batch) -> Option<u32> {
        let (entries, seed) = (&self.entries, self.seed);
        batch.hashes.clear();
        batch.hashes.extend(entries.iter_from(first).map(|entry| entry.id().spread(seed)));
        let same = |a: u32, b: u32| entries.get(a).id() == entries.get(b).id();
        self.index.insert_all(first as u32, batch, same, |p| entries.get(p).id().spread(seed))
    }

    pub fn pop(&mut self) {
        let last = self.entries.pop().expect("something is there to be taken out");
        self.index.remove(last.id().spread(self.seed), self.entries.len() as u32);
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter()
    }

    /// Heap bytes of the entries and of the index.
    pub fn memory_bytes(&self) -> (usize, usize) {
        (self.entries.memory_bytes(), self.index.memory_bytes())
    }
}
