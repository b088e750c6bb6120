//! Events: fixed records of 80 bytes. `engine.py` documents the format.

use crate::id::Id;

/// The size of an event, in bytes.
pub const EVENT_SIZE: usize = 80;
/// The only flag: the event forms a chain with the one after it.
pub const LINKED: u8 = 1;

/// An event as it travels.
pub(crate) type Raw = [u8; EVENT_SIZE];

/// What an event asks for; the last four are written by engines only.
#[allow(non_camel_case_types, missing_docs, clippy::upper_case_acronyms)]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Type {
    ACCOUNT = 1,
    TRANSFER = 2,
    HOLD = 3,
    CAPTURE = 4,
    RELEASE = 5,
    SWEEP = 6,
    FREEZE = 7,
    UNFREEZE = 8,
    CLOSE = 9,
    ALLOWANCE = 10,
    USE = 11,
    RESTORE = 12,
    CLAIM = 13,
    TIME = 14,
    EXPIRE_HOLD = 15,
    EXPIRE_CLAIMS = 16,
    REFUSED = 17,
}

impl Type {
    const ALL: [Type; 17] = [
        Type::ACCOUNT,
        Type::TRANSFER,
        Type::HOLD,
        Type::CAPTURE,
        Type::RELEASE,
        Type::SWEEP,
        Type::FREEZE,
        Type::UNFREEZE,
        Type::CLOSE,
        Type::ALLOWANCE,
        Type::USE,
        Type::RESTORE,
        Type::CLAIM,
        Type::TIME,
        Type::EXPIRE_HOLD,
        Type::EXPIRE_CLAIMS,
        Type::REFUSED,
    ];

    /// The type with this number, if there is one.
    #[inline]
    pub fn of(number: u8) -> Option<Type> {
        Type::ALL.get(usize::from(number).wrapping_sub(1)).copied()
    }

    /// Whether an event of this type moves or reserves money, and so can name a chain.
    #[inline]
    pub fn moves(self) -> bool {
        matches!(self, Type::TRANSFER | Type::HOLD | Type::CAPTURE | Type::RELEASE | Type::SWEEP)
    }

    /// Whether the event's `debit` and `credit` are accounts.
    #[inline]
    pub(crate) fn names_accounts(self) -> bool {
        matches!(self, Type::TRANSFER | Type::HOLD | Type::SWEEP)
    }
}

/// One event, unpacked. `kind` is free, a `Side` or a `Period`; `aux` a currency, a timeout or a period's number.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Event {
    pub type_: u8,
    pub flags: u8,
    pub kind: u16,
    pub aux: u32,
    pub amount: u64,
    pub id: Id,
    pub debit: Id,
    pub credit: Id,
    pub reference: Id,
}

impl Event {
    /// Unpacks an event.
    #[inline]
    pub fn of(raw: &[u8; EVENT_SIZE]) -> Event {
        Event {
            type_: raw[0],
            flags: raw[1],
            kind: u16::from_le_bytes([raw[2], raw[3]]),
            aux: u32::from_le_bytes(part(raw, 4)),
            amount: u64::from_le_bytes(part(raw, 8)),
            id: Id(part(raw, 16)),
            debit: Id(part(raw, 32)),
            credit: Id(part(raw, 48)),
            reference: Id(part(raw, 64)),
        }
    }

    /// Packs the event.
    pub fn pack(&self) -> [u8; EVENT_SIZE] {
        let mut raw = [0; EVENT_SIZE];
        raw[0] = self.type_;
        raw[1] = self.flags;
        raw[2..4].copy_from_slice(&self.kind.to_le_bytes());
        raw[4..8].copy_from_slice(&self.aux.to_le_bytes());
        raw[8..16].copy_from_slice(&self.amount.to_le_bytes());
        for (at, id) in [(16, self.id), (32, self.debit), (48, self.credit), (64, self.reference)] {
            raw[at..at + 16].copy_from_slice(&id.0);
        }
        raw
    }
}

/// `N` bytes at `at`; the compiler sees that they are there.
#[inline]
pub(crate) fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut taken = [0; N];
    taken.copy_from_slice(&bytes[at..at + N]);
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_survives_packing() {
        let mut raw = [0; EVENT_SIZE];
        for (i, b) in raw.iter_mut().enumerate() {
            *b = i as u8 + 1;
        }
        assert_eq!(Event::of(&raw).pack(), raw);
    }

    #[test]
    fn types_are_numbered_from_one() {
        assert_eq!(Type::of(0), None);
        assert_eq!(Type::of(18), None);
        for number in 1..=17 {
            assert_eq!(Type::of(number).map(|t| t as u8), Some(number));
        }
    }
}
