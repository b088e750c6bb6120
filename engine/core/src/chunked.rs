//! A vector in chunks of a fixed size: it grows without copying what it has, and so without a pause.

const SHIFT: usize = 12;
const CHUNK: usize = 1 << SHIFT;

pub(crate) struct Chunked<T> {
    chunks: Vec<Vec<T>>,
    len: usize,
}

impl<T> Chunked<T> {
    pub fn new() -> Self {
        Chunked { chunks: Vec::new(), len: 0 }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub fn get(&self, at: u32) -> &T {
        &self.chunks[at as usize >> SHIFT][at as usize & (CHUNK - 1)]
    }

    #[inline]
    pub fn get_mut(&mut self, at: u32) -> &mut T {
        &mut self.chunks[at as usize >> SHIFT][at as usize & (CHUNK - 1)]
    }

    #[inline]
    pub fn push(&mut self, value: T) {
        let chunk = self.len >> SHIFT;
        if chunk == self.chunks.len() {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        self.chunks[chunk].push(value);
        self.len += 1;
    }

    /// Takes the last one off; the chunk that it was in stays allocated.
    pub fn pop(&mut self) -> Option<T> {
        self.len = self.len.checked_sub(1)?;
        self.chunks[self.len >> SHIFT].pop()
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }

    /// From this one on.
    pub fn iter_from(&self, first: usize) -> impl Iterator<Item = &T> {
        let chunks = self.chunks.get(first >> SHIFT..).unwrap_or_default();
        chunks.iter().flatten().skip(first & (CHUNK - 1))
    }

    pub fn memory_bytes(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(|c| c.capacity() * size_of::<T>()).sum();
        chunks + self.chunks.capacity() * size_of::<Vec<T>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_and_pops_across_a_chunk_border() {
        let mut all = Chunked::new();
        for i in 0..CHUNK + 2 {
            all.push(i);
        }
        assert_eq!((*all.get(0), *all.get(CHUNK as u32 + 1)), (0, CHUNK + 1));
        for i in (CHUNK - 2..CHUNK + 2).rev() {
            assert_eq!(all.pop(), Some(i));
        }
        all.push(7);
        *all.get_mut(0) = 9;
        assert_eq!((*all.get(CHUNK as u32 - 2), *all.get(0), all.len()), (7, 9, CHUNK - 1));
        assert_eq!(all.iter().count(), all.len());
        for first in [0, 1, CHUNK - 2, CHUNK - 1, CHUNK, 2 * CHUNK] {
            assert!(all.iter_from(first).eq(all.iter().skip(first)));
        }
    }

    #[test]
    fn popping_nothing_is_none() {
        assert_eq!(Chunked::<u8>::new().pop(), None);
    }
}
