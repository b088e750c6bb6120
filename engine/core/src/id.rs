//! Ids: 16 opaque bytes, ordered as bytes; how they are hashed, and how references are folded.

/// An id: 16 opaque bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Id(pub [u8; 16]);

impl std::hash::Hash for Id {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write(&self.0); // without the length, which never differs
    }
}

/// All-zero is no id.
pub const NO_ID: Id = Id([0; 16]);

impl Id {
    fn halves(&self) -> (u64, u64) {
        let whole = u128::from_le_bytes(self.0);
        (whole as u64, (whole >> 64) as u64)
    }

    /// Where the id lies in an index. The seed keeps outsiders, who can choose what ids are derived from, from piling
    /// them up in one place; it changes nothing that can be seen.
    #[inline]
    pub(crate) fn spread(&self, seed: u64) -> u64 {
        let (low, high) = self.halves();
        mix(mix(low ^ seed) ^ high)
    }

    /// The 32 bits by which a remembered transfer keeps its reference: its four words, xor-ed.
    #[inline]
    pub(crate) fn fold(&self) -> u32 {
        let (low, high) = self.halves();
        let both = low ^ high;
        (both ^ (both >> 32)) as u32
    }
}

/// The finaliser of MurmurHash3: a bijection in which every input bit reaches every output bit.
#[inline]
fn mix(mut x: u64) -> u64 {
    x ^= x >> 33;
    x = x.wrapping_mul(0xff51_afd7_ed55_8ccd);
    x ^= x >> 33;
    x = x.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fold_is_the_xor_of_the_four_words() {
        let mut bytes = [0; 16];
        for (i, b) in bytes.iter_mut().enumerate() {
            *b = (i * 37 + 5) as u8;
        }
        let words: Vec<u32> = bytes.chunks(4).map(|w| u32::from_le_bytes(w.try_into().unwrap())).collect();
        assert_eq!(Id(bytes).fold(), words[0] ^ words[1] ^ words[2] ^ words[3]);
    }

    #[test]
    fn sequential_ids_spread_over_the_high_bits() {
        let mut seen = std::collections::HashSet::new();
        for owner in 0..1000u64 {
            let mut bytes = [0; 16];
            bytes[8..].copy_from_slice(&owner.to_be_bytes());
            seen.insert(Id(bytes).spread(0) >> 44);
        }
        assert!(seen.len() > 990);
    }
}
