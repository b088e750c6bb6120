//! BLAKE2s with a key (RFC 7693), for messages of one block: the pseudo-random function of payment codes.
//!
//! The key's own block is compressed once, when the key is taken up; a message then costs one compression.

const IV: [u32; 8] =
    [0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19];

const BLOCK_BYTES: u64 = 64;

/// A message of at most one block, as the words of its block, padded with zeros.
pub type Block = [u32; 16];

/// The function under one key, ready for messages.
#[derive(Clone)]
pub struct Keyed {
    state: [u32; 8],
}

impl Keyed {
    /// `digest_bytes` is 1 to 32. Salt and personalisation tell apart what the same key is used for.
    pub fn new(key: &[u8; 32], digest_bytes: u8, salt: [u8; 8], person: [u8; 8]) -> Self {
        let mut state = started(digest_bytes, 32, salt, person);
        let mut block = [0; 16];
        for (word, bytes) in block.iter_mut().zip(key.chunks_exact(4)) {
            *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        compress(&mut state, &block, BLOCK_BYTES, false);
        Keyed { state }
    }

    /// The digest's words of a message of `len` bytes, 1 to 64. Beyond the digest's length they mean nothing.
    #[inline(always)]
    pub fn digest(&self, block: &Block, len: u64) -> [u32; 8] {
        let mut state = self.state;
        compress(&mut state, block, BLOCK_BYTES + len, true);
        state
    }
}

/// The state before the first block: the parameters of RFC 7693, 2.5, with salt and personalisation of the reference.
fn started(digest_bytes: u8, key_bytes: u8, salt: [u8; 8], person: [u8; 8]) -> [u32; 8] {
    let mut state = IV;
    state[0] ^= 0x0101_0000 | u32::from(key_bytes) << 8 | u32::from(digest_bytes);
    for (at, bytes) in [(4, salt), (6, person)] {
        state[at] ^= u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        state[at + 1] ^= u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
    }
    state
}

/// The function F of RFC 7693, 3.2. `count` is how many bytes there have been, this block's included.
#[inline(always)]
fn compress(state: &mut [u32; 8], block: &Block, count: u64, last: bool) {
    let mut v = [0; 16];
    v[..8].copy_from_slice(state);
    v[8..].copy_from_slice(&IV);
    v[12] ^= count as u32;
    v[13] ^= (count >> 32) as u32;
    if last {
        v[14] = !v[14];
    }
    // Written out, so that every place is known when it is compiled, and zeros of a short message cost nothing.
    round(&mut v, block, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    round(&mut v, block, [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3]);
    round(&mut v, block, [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4]);
    round(&mut v, block, [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8]);
    round(&mut v, block, [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13]);
    round(&mut v, block, [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9]);
    round(&mut v, block, [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11]);
    round(&mut v, block, [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10]);
    round(&mut v, block, [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5]);
    round(&mut v, block, [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0]);
    for i in 0..8 {
        state[i] ^= v[i] ^ v[i + 8];
    }
}

/// One of the ten rounds, with the words of the block in this order.
#[inline(always)]
fn round(v: &mut [u32; 16], block: &Block, s: [usize; 16]) {
    mix(v, [0, 4, 8, 12], block[s[0]], block[s[1]]);
    mix(v, [1, 5, 9, 13], block[s[2]], block[s[3]]);
    mix(v, [2, 6, 10, 14], block[s[4]], block[s[5]]);
    mix(v, [3, 7, 11, 15], block[s[6]], block[s[7]]);
    mix(v, [0, 5, 10, 15], block[s[8]], block[s[9]]);
    mix(v, [1, 6, 11, 12], block[s[10]], block[s[11]]);
    mix(v, [2, 7, 8, 13], block[s[12]], block[s[13]]);
    mix(v, [3, 4, 9, 14], block[s[14]], block[s[15]]);
}

#[inline(always)]
fn mix(v: &mut [u32; 16], [a, b, c, d]: [usize; 4], x: u32, y: u32) {
    v[a] = v[a].wrapping_add(v[b]).wrapping_add(x);
    v[d] = (v[d] ^ v[a]).rotate_right(16);
    v[c] = v[c].wrapping_add(v[d]);
    v[b] = (v[b] ^ v[c]).rotate_right(12);
    v[a] = v[a].wrapping_add(v[b]).wrapping_add(y);
    v[d] = (v[d] ^ v[a]).rotate_right(8);
    v[c] = v[c].wrapping_add(v[d]);
    v[b] = (v[b] ^ v[c]).rotate_right(7);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(words: [u32; 8]) -> String {
        words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("{byte:02x}")).collect()
    }

    fn key() -> [u8; 32] {
        std::array::from_fn(|i| i as u8)
    }

    #[test]
    fn abc_of_rfc_7693_appendix_b() {
        let mut state = started(32, 0, [0; 8], [0; 8]);
        let mut block = [0; 16];
        block[0] = u32::from_le_bytes(*b"abc\0");
        compress(&mut state, &block, 3, true);
        assert_eq!(hex(state), "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
    }

    /// From the known answers of the reference implementation (blake2s-kat.txt): inputs 00 and 00 01 … 3f.
    #[test]
    fn known_answers_with_a_key() {
        let keyed = Keyed::new(&key(), 32, [0; 8], [0; 8]);
        let expected = "40d15fee7c328830166ac3f918650f807e7e01e177258cdc0a39b11f598066f1";
        assert_eq!(hex(keyed.digest(&[0; 16], 1)), expected);
        let whole = std::array::from_fn(|i| u32::from_le_bytes(std::array::from_fn(|j| (4 * i + j) as u8)));
        let expected = "8975b0577fd35566d750b362b0897a26c399136df07bababbde6203ff2954ed4";
        assert_eq!(hex(keyed.digest(&whole, 64)), expected);
    }
}
