//! The ledger engine: accounts, transfers, allowances and claims in memory; and the permutation of payment codes.
//!
//! Pure and deterministic: no clock, no I/O, no randomness. `src/feiqian/ledger/spec.py` says what it must do, and
//! `engine.py` beside it documents the format of events and dumps; names here are the names there.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod accounts;
mod allowances;
mod apply;
mod blake2s;
mod check;
mod chunked;
mod claims;
mod codes;
mod dump;
mod engine;
mod event;
mod holds;
mod id;
mod index;
mod load;
mod money;
mod refusal;
mod replay;
mod table;
mod time;
mod transfers;
mod undo;
mod warm;

pub use accounts::{Account, CLOSED, CREDIT, DEBIT, UNLIMITED};
pub use allowances::Allowance;
pub use check::Totals;
pub use codes::CodeKey;
pub use dump::CHUNK_BYTES;
pub use engine::{Engine, Memory};
pub use event::{Event, Type, EVENT_SIZE, LINKED};
pub use id::{Id, NO_ID};
pub use load::{DumpInvalid, Loader};
pub use refusal::Refusal;
pub use replay::ReplayRefused;
pub use transfers::{HoldState, Transfer};
