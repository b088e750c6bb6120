//! What is remembered of every id that moved money, or was refused.

use crate::id::Id;
use crate::table::Keyed;

/// What became of a hold.
#[allow(non_camel_case_types, missing_docs, clippy::upper_case_acronyms)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum HoldState {
    OPEN = 0,
    CAPTURED = 1,
    RELEASED = 2,
    EXPIRED = 3,
}

/// A remembered id. `debit` and `credit` are places of accounts; of a CAPTURE or RELEASE, `debit` is its hold's place.
#[allow(missing_docs)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub id: Id,
    pub amount: u64,
    pub debit: u32,
    pub credit: u32,
    pub fold: u32,
    pub kind: u16,
    /// A `Type`.
    pub type_: u8,
    /// A `Refusal` if the type is REFUSED, a `HoldState` if it is HOLD.
    pub status: u8,
}

impl Keyed for Transfer {
    #[inline]
    fn id(&self) -> &Id {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_transfer_has_40_bytes() {
        assert_eq!(size_of::<Transfer>(), 40);
    }
}
