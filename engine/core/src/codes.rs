//! Payment codes: 17 digits that are a keyed permutation of an issuing device's number and the tag of a slot.
//!
//! `src/feiqian/payments/permutation.py` is the specification. Knows no time, no devices and no customers.

use crate::blake2s::{Block, Keyed};

/// Numbers that issuing devices may have: 0 to this, exclusive.
pub const DEVICES: u64 = 1_000_000_000;
/// Tags of a slot: 0 to this, exclusive.
pub const TAGS: u64 = 100_000_000;
/// How many 17-digit codes there are.
pub const CODES: u64 = DEVICES * TAGS;
/// The most slots that a code is compared with at once.
pub const MOST_SLOTS: u32 = 64;

const ROUNDS: u32 = 10;

/// One version of the key, split in two.
pub struct CodeKey {
    round: Keyed,
    tag: Keyed,
}

impl CodeKey {
    /// `version` keeps two versions apart even if they should have the same secret.
    pub fn new(secret: &[u8; 32], version: u8) -> Self {
        let salt = u64::from(version).to_le_bytes();
        CodeKey {
            round: Keyed::new(secret, 8, salt, *b"fq-perm2"),
            tag: Keyed::new(secret, 8, salt, *b"fq-tag-2"),
        }
    }

    /// The 17 digits of a device in a slot, or nothing if the device's number is too large.
    pub fn issue(&self, device: u64, slot: u64) -> Option<u64> {
        (device < DEVICES).then(|| self.permute(device, (slot % TAGS + self.offset(device)) % TAGS))
    }

    /// The device, and how many slots before `newest` the code's slot is, if it is one of the `count` newest.
    ///
    /// Nothing if the digits or the count are too large. What is wrong costs the same work as what is right.
    pub fn read(&self, digits: u64, newest: u64, count: u32) -> Option<(u64, Option<u32>)> {
        if digits >= CODES || count > MOST_SLOTS {
            return None;
        }
        let (device, tag) = self.unpermute(digits);
        let slot = (tag + TAGS - self.offset(device)) % TAGS;
        let back = (newest % TAGS + TAGS - slot) % TAGS;
        let held = back < u64::from(count) && back <= newest;
        Some((device, held.then_some(back as u32)))
    }

    fn permute(&self, mut device: u64, mut tag: u64) -> u64 {
        for round in (0..ROUNDS).step_by(2) {
            device = (device + self.mask(round, tag) % DEVICES) % DEVICES;
            tag = (tag + self.mask(round + 1, device) % TAGS) % TAGS;
        }
        device * TAGS + tag
    }

    fn unpermute(&self, digits: u64) -> (u64, u64) {
        let (mut device, mut tag) = (digits / TAGS, digits % TAGS);
        for round in (0..ROUNDS).step_by(2).rev() {
            tag = (tag + TAGS - self.mask(round + 1, device) % TAGS) % TAGS;
            device = (device + DEVICES - self.mask(round, tag) % DEVICES) % DEVICES;
        }
        (device, tag)
    }

    /// What a round adds to one half, from the other half.
    fn mask(&self, round: u32, half: u64) -> u64 {
        number_of(&self.round, [round, half as u32])
    }

    /// What a device's tags are ahead of the slots.
    fn offset(&self, device: u64) -> u64 {
        number_of(&self.tag, [device as u32, 0]) % TAGS
    }
}

/// The pseudo-random function of two words, as a number.
fn number_of(prf: &Keyed, words: [u32; 2]) -> u64 {
    let mut block: Block = [0; 16];
    [block[0], block[1]] = words;
    let digest = prf.digest(&block, 8);
    u64::from(digest[0]) | u64::from(digest[1]) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> CodeKey {
        CodeKey::new(&std::array::from_fn(|i| i as u8), 3)
    }

    #[test]
    fn a_code_is_read_in_the_slots_that_it_is_compared_with() {
        let key = key();
        for device in [0, 1, 42, 999_999_999] {
            let code = key.issue(device, 1000).unwrap();
            for (newest, back) in [(1000, Some(0)), (1005, Some(5)), (1006, None), (999, None)] {
                assert_eq!(key.read(code, newest, 6), Some((device, back)));
            }
        }
    }

    #[test]
    fn every_code_is_the_image_of_one_device_and_tag() {
        let key = key();
        for n in 0..10_000 {
            let digits = (n * 9_999_999_999_971) % CODES;
            let (device, tag) = key.unpermute(digits);
            assert!(device < DEVICES && tag < TAGS);
            assert_eq!(key.permute(device, tag), digits);
        }
    }

    #[test]
    fn what_is_out_of_range_is_nothing() {
        let key = key();
        assert_eq!(key.issue(DEVICES, 0), None);
        assert_eq!(key.read(CODES, 0, 6), None);
        assert_eq!(key.read(0, 0, MOST_SLOTS + 1), None);
        assert!(key.issue(0, u64::MAX).is_some());
        assert!(key.read(CODES - 1, 0, MOST_SLOTS).is_some(), "slots below 0 are not looked at");
    }
}
