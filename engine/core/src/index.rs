//! An index from hashes to places (u32) in a table: open addressing in buckets of one cache line.
//!
//! A bucket has twelve places, each with a tag of eight bits, so that a look-up costs one cache miss, and the table is
//! touched only when a tag fits. It is split in shards that grow one at a time to 1.6 times their size, not all at once:
//! no growth pauses a large table. The load of a shard is between 0.56 and 0.9, on average 7.6 bytes an entry.

use std::hint::black_box;

use crate::warm::WINDOW;

const SHARD_BITS: u32 = 10;
const SLOTS: usize = 12;
const EVERY_BYTE: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Tag 0 marks a free slot. `passed` counts the entries that wanted this bucket, or one before it, and lie behind it.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Bucket {
    tags: u64,
    more_tags: u32,
    passed: u32,
    places: [u32; SLOTS],
}

const EMPTY: Bucket = Bucket { tags: 0, more_tags: 0, passed: 0, places: [0; SLOTS] };

impl Bucket {
    /// The slots whose tag is this one, as twelve bits.
    #[inline]
    fn fitting(&self, tag: u8) -> u32 {
        let pattern = u64::from(tag) * EVERY_BYTE;
        let low = zero_bytes(self.tags ^ pattern);
        let high = zero_bytes((u64::from(self.more_tags) ^ pattern) | !0xffff_ffff);
        low | high << 8
    }

    #[inline]
    fn free_slot(&self) -> Option<usize> {
        let free = self.fitting(0);
        (free != 0).then(|| free.trailing_zeros() as usize)
    }

    #[inline]
    fn put(&mut self, slot: usize, tag: u8, place: u32) {
        if slot < 8 {
            self.tags = self.tags & !(0xff << (slot * 8)) | u64::from(tag) << (slot * 8);
        } else {
            let shift = (slot - 8) * 8;
            self.more_tags = self.more_tags & !(0xff << shift) | u32::from(tag) << shift;
        }
        self.places[slot] = place;
    }
}

/// A bit for every byte that is zero, exactly: no carry crosses from one byte into the next.
#[inline]
fn zero_bytes(word: u64) -> u32 {
    let high_bits = !(((word & !HIGH_BITS) + !HIGH_BITS) | word) & HIGH_BITS;
    // Bits 7, 15, 23 ... come together in the highest byte.
    ((high_bits >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
}

struct Shard {
    buckets: Vec<Bucket>,
    used: usize,
}

impl Shard {
    /// Where a look-up begins: the 32 hash bits below the shard's, scaled to the number of buckets.
    #[inline]
    fn home(&self, hash: u64) -> usize {
        let bits = (hash >> (64 - SHARD_BITS - 32)) & 0xffff_ffff;
        ((bits * self.buckets.len() as u64) >> 32) as usize
    }

    #[inline]
    fn next(&self, bucket: usize) -> usize {
        if bucket + 1 == self.buckets.len() {
            0
        } else {
            bucket + 1
        }
    }

    #[inline]
    fn put(&mut self, hash: u64, place: u32) {
        let mut at = self.home(hash);
        loop {
            if let Some(slot) = self.buckets[at].free_slot() {
                self.buckets[at].put(slot, tag(hash), place);
                self.used += 1;
                return;
            }
            self.buckets[at].passed += 1;
            at = self.next(at);
        }
    }

    fn is_full(&self) -> bool {
        self.used * 10 >= self.buckets.len() * SLOTS * 9
    }

    fn places(&self) -> impl Iterator<Item = u32> + '_ {
        self.buckets.iter().flat_map(|bucket| {
            let taken = |slot: &usize| {
                let tag = if *slot < 8 {
                    bucket.tags >> (slot * 8)
                } else {
                    u64::from(bucket.more_tags) >> ((slot - 8) * 8)
                };
                tag & 0xff != 0
            };
            (0..SLOTS).filter(taken).map(|slot| bucket.places[slot])
        })
    }
}

#[inline]
fn tag(hash: u64) -> u8 {
    (hash as u8).max(1)
}

/// How many buckets the shard of this number has after this size.
fn size_after(size: usize, number: usize) -> usize {
    match size {
        0 => 1,
        1 => 8 + number % 5, // shards of different sizes do not all grow at once
        n => n + n * 3 / 5,
    }
}

/// Entries on their way into an index. It can be used again, so that its memory is asked for once.
#[derive(Default)]
pub(crate) struct Batch {
    pub hashes: Vec<u64>,
    sorted: Vec<(u64, u32)>,
}

impl Batch {
    /// The hashes with their places, of which this is the first, those of a shard together: what is written one after
    /// another then lies close together.
    fn by_shard(&mut self, first: u32) -> &[(u64, u32)] {
        let mut next = [0; 1 << SHARD_BITS];
        for hash in &self.hashes {
            next[Index::shard_of(*hash)] += 1;
        }
        let mut before = 0;
        for count in &mut next {
            before += std::mem::replace(count, before);
        }
        self.sorted.resize(self.hashes.len(), (0, 0));
        for (place, hash) in (first..).zip(&self.hashes) {
            let at = &mut next[Index::shard_of(*hash)];
            self.sorted[*at] = (*hash, place);
            *at += 1;
        }
        &self.sorted
    }
}

pub(crate) struct Index {
    shards: Vec<Shard>,
}

impl Index {
    pub fn new() -> Self {
        Index { shards: (0..1 << SHARD_BITS).map(|_| Shard { buckets: Vec::new(), used: 0 }).collect() }
    }

    #[inline]
    fn shard_of(hash: u64) -> usize {
        (hash >> (64 - SHARD_BITS)) as usize
    }

    /// Reads something of the bucket where a look-up would begin, so that the processor fetches it early.
    #[inline]
    pub fn touch(&self, hash: u64) -> u64 {
        let shard = &self.shards[Self::shard_of(hash)];
        shard.buckets.get(shard.home(hash)).map_or(0, |bucket| bucket.tags)
    }

    /// The first place whose tag fits: mostly the one with this hash, but nothing has been compared.
    #[inline]
    pub fn guess(&self, hash: u64) -> Option<u32> {
        let shard = &self.shards[Self::shard_of(hash)];
        let mut at = shard.home(hash);
        for _ in 0..shard.buckets.len() {
            let bucket = &shard.buckets[at];
            let fitting = bucket.fitting(tag(hash));
            if fitting != 0 {
                return Some(bucket.places[fitting.trailing_zeros() as usize]);
            }
            if bucket.passed == 0 {
                return None;
            }
            at = shard.next(at);
        }
        None
    }

    /// The place with this hash of which `is_it` says so.
    #[inline]
    pub fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let shard = &self.shards[Self::shard_of(hash)];
        let mut at = shard.home(hash);
        for _ in 0..shard.buckets.len() {
            let bucket = &shard.buckets[at];
            let mut fitting = bucket.fitting(tag(hash));
            while fitting != 0 {
                let place = bucket.places[fitting.trailing_zeros() as usize];
                if is_it(place) {
                    return Some(place);
                }
                fitting &= fitting - 1;
            }
            if bucket.passed == 0 {
                return None;
            }
            at = shard.next(at);
        }
        None
    }

    /// Adds a place that is not there yet. `hash_of` says the hash of a place, for when the shard must grow.
    #[inline]
    pub fn insert(&mut self, hash: u64, place: u32, hash_of: impl Fn(u32) -> u64) {
        let number = Self::shard_of(hash);
        if self.shards[number].is_full() {
            self.grow(number, hash_of);
        }
        self.shards[number].put(hash, place);
    }

    /// Adds the places from `first` on whose hashes are in the batch. Stops at one of which `same` says that another, which is
    /// there already, is the same, and returns it.
    pub fn insert_all(
        &mut self,
        first: u32,
        batch: &mut Batch,
        same: impl Fn(u32, u32) -> bool,
        hash_of: impl Fn(u32) -> u64,
    ) -> Option<u32> {
        for window in batch.by_shard(first).chunks(WINDOW) {
            black_box(window.iter().fold(0, |seen, (hash, _)| seen ^ self.touch(*hash)));
            for (hash, place) in window {
                if self.find(*hash, |other| same(other, *place)).is_some() {
                    return Some(*place);
                }
                self.insert(*hash, *place, &hash_of);
            }
        }
        None
    }

    /// Makes room for so many entries at once, in an index that is empty. It has then the sizes to which it would have
    /// grown, or those after them.
    pub fn reserve(&mut self, entries: usize) {
        let mean = entries >> SHARD_BITS;
        let most = mean + 2 * mean.isqrt(); // of nearly all shards: hashes spread
        for (number, shard) in self.shards.iter_mut().enumerate() {
            assert!(shard.used == 0, "room is made in an empty index only");
            let mut size = 0;
            while size * SLOTS * 9 < most * 10 {
                size = size_after(size, number);
            }
            shard.buckets = vec![EMPTY; size];
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, number: usize, hash_of: impl Fn(u32) -> u64) {
        let old = &self.shards[number];
        let size = size_after(old.buckets.len(), number);
        // All hashes before all insertions, so that the cache misses of the former overlap.
        let places: Vec<u32> = old.places().collect();
        let hashes: Vec<u64> = places.iter().map(|place| hash_of(*place)).collect();
        let mut new = Shard { buckets: vec![EMPTY; size], used: 0 };
        for (hash, place) in hashes.into_iter().zip(places) {
            new.put(hash, place);
        }
        self.shards[number] = new;
    }

    /// Takes a place out again.
    pub fn remove(&mut self, hash: u64, place: u32) {
        let shard = &mut self.shards[Self::shard_of(hash)];
        let mut at = shard.home(hash);
        for _ in 0..shard.buckets.len() {
            let bucket = &mut shard.buckets[at];
            let mut fitting = bucket.fitting(tag(hash));
            while fitting != 0 {
                let slot = fitting.trailing_zeros() as usize;
                if bucket.places[slot] == place {
                    bucket.put(slot, 0, 0);
                    shard.used -= 1;
                    return;
                }
                fitting &= fitting - 1;
            }
            bucket.passed -= 1; // it lies further on, so it was counted here
            at = shard.next(at);
        }
        panic!("the index does not have what it is to remove");
    }

    pub fn memory_bytes(&self) -> usize {
        let buckets: usize = self.shards.iter().map(|s| s.buckets.capacity()).sum();
        buckets * size_of::<Bucket>() + self.shards.capacity() * size_of::<Shard>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn hash_of(place: u32) -> u64 {
        Id(u128::from(place).to_be_bytes()).spread(1)
    }

    #[test]
    fn a_bucket_is_one_cache_line() {
        assert_eq!(size_of::<Bucket>(), 64);
    }

    #[test]
    fn what_was_put_is_found_and_nothing_else() {
        let mut index = Index::new();
        for place in 0..100_000 {
            index.insert(hash_of(place), place, hash_of);
        }
        for place in 0..100_000 {
            assert_eq!(index.find(hash_of(place), |p| p == place), Some(place));
            assert_eq!(index.find(hash_of(place + 100_000), |p| p == place + 100_000), None);
        }
    }

    #[test]
    fn room_that_was_made_is_what_is_needed() {
        for entries in [0, 1, 5_000, 100_000, 1_000_000] {
            let (mut grown, mut made) = (Index::new(), Index::new());
            made.reserve(entries as usize);
            let before = made.memory_bytes();
            for place in 0..entries {
                grown.insert(hash_of(place), place, hash_of);
                made.insert(hash_of(place), place, hash_of);
            }
            let (made_bytes, grown_bytes) = (made.memory_bytes(), grown.memory_bytes());
            assert!(made_bytes <= before + before / 50, "{before} for {entries}, but then {made_bytes}");
            assert!(made_bytes <= grown_bytes * 5 / 4, "{made_bytes} for {entries}, not {grown_bytes}");
            assert!((0..entries).all(|place| made.find(hash_of(place), |p| p == place) == Some(place)));
        }
    }

    #[test]
    fn what_was_put_at_once_is_found_and_a_second_one_told() {
        let (mut index, mut batch) = (Index::new(), Batch::default());
        for (first, count) in [(0, 40_000), (40_000, 20_000), (60_000, 30_000)] {
            batch.hashes = (first..first + count).map(hash_of).collect();
            assert_eq!(index.insert_all(first, &mut batch, |a, b| a == b, hash_of), None);
        }
        assert!((0..90_000).all(|place| index.find(hash_of(place), |p| p == place) == Some(place)));
        let same = |a: u32, b: u32| a % 90_000 == b % 90_000;
        batch.hashes = (0..10).map(|n| hash_of(if n == 7 { 42 } else { 200_000 + n })).collect();
        assert_eq!(index.insert_all(90_035, &mut batch, same, hash_of), Some(90_042));
    }

    #[test]
    fn removal_in_any_order_leaves_the_rest() {
        let mut index = Index::new();
        for place in 0..50_000 {
            index.insert(hash_of(place), place, hash_of);
        }
        for place in (0..50_000).filter(|p| p % 3 == 0) {
            index.remove(hash_of(place), place);
        }
        for place in 0..50_000 {
            assert_eq!(index.find(hash_of(place), |p| p == place).is_some(), place % 3 != 0);
        }
    }

    #[test]
    fn equal_hashes_are_told_apart() {
        let mut index = Index::new();
        for place in 0..200 {
            index.insert(42, place, |_| 42);
        }
        index.remove(42, 7);
        for place in 0..200 {
            assert_eq!(index.find(42, |p| p == place).is_some(), place != 7);
        }
    }
}
