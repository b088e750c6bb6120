//! The whole state in canonical form, in chunks. `engine.py` documents the format.

use crate::accounts::Account;
use crate::allowances::Allowance;
use crate::engine::Engine;
use crate::id::Id;
use crate::transfers::Transfer;

/// A chunk ends with the entry that reaches this many bytes.
pub const CHUNK_BYTES: usize = 1 << 20;

pub(crate) const MAGIC: &[u8; 8] = b"FQDUMP01";
pub(crate) const HEADER_SIZE: usize = 40;
/// Bytes of an account, a transfer, an open hold, an allowance and a claim.
pub(crate) const ENTRY_SIZES: [usize; 5] = [64, 40, 12, 40, 24];

impl Engine {
    fn dump_sizes(&self) -> [u64; 5] {
        let [accounts, transfers, allowances, claims] = self.counts();
        [accounts, transfers, self.holds.len() as u64, allowances, claims]
    }

    /// How many entries a dump has, its header included.
    pub fn dump_len(&self) -> u64 {
        1 + self.dump_sizes().iter().sum::<u64>()
    }

    /// Adds the chunk that begins with entry `from` (0 is the header); returns the entry after it.
    pub fn dump(&self, from: u64, chunk: &mut Vec<u8>) -> u64 {
        let mut at = from;
        let mut base = 1;
        if at == 0 {
            self.dump_header(chunk);
            at = 1;
        }
        for (section, size) in self.dump_sizes().into_iter().enumerate() {
            if at < base + size && chunk.len() < CHUNK_BYTES {
                let room = (CHUNK_BYTES - chunk.len()).div_ceil(ENTRY_SIZES[section]) as u64;
                let to = size.min(at - base + room);
                self.dump_section(section, at - base, to, chunk);
                at = base + to;
            }
            base += size;
        }
        at
    }

    fn dump_header(&self, chunk: &mut Vec<u8>) {
        chunk.extend_from_slice(MAGIC);
        chunk.extend_from_slice(&self.seconds.to_le_bytes());
        chunk.extend_from_slice(&self.day.to_le_bytes());
        for size in self.dump_sizes() {
            let size = u32::try_from(size).expect("a dump counts in 32 bits");
            chunk.extend_from_slice(&size.to_le_bytes());
        }
    }

    fn dump_section(&self, section: usize, from: u64, to: u64, chunk: &mut Vec<u8>) {
        let places = from as u32..to as u32;
        let (skip, take) = (from as usize, (to - from) as usize);
        match section {
            0 => places.for_each(|place| dump_account(self.accounts.get(place), chunk)),
            1 => places.for_each(|place| dump_transfer(self.transfers.get(place), chunk)),
            2 => self.holds.iter().skip(skip).take(take).for_each(|(place, expires)| {
                chunk.extend_from_slice(&place.to_le_bytes());
                chunk.extend_from_slice(&expires.to_le_bytes());
            }),
            3 => places.for_each(|place| dump_allowance(self.allowances.get(place), chunk)),
            _ => self.dump_claims(skip, take, chunk),
        }
    }

    fn dump_claims(&self, mut skip: usize, mut take: usize, chunk: &mut Vec<u8>) {
        for (until, ids) in self.claims.by_time() {
            if skip >= ids.len() {
                skip -= ids.len();
                continue;
            }
            let mut sorted: Vec<Id> = ids.to_vec();
            sorted.sort_unstable();
            for id in sorted.into_iter().skip(skip).take(take) {
                chunk.extend_from_slice(&until.to_le_bytes());
                chunk.extend_from_slice(&id.0);
                take -= 1;
            }
            skip = 0;
            if take == 0 {
                return;
            }
        }
    }
}

fn dump_account(a: &Account, chunk: &mut Vec<u8>) {
    chunk.extend_from_slice(&a.id.0);
    for sum in [a.debits_posted, a.credits_posted, a.debits_pending, a.credits_pending, a.overdraft] {
        chunk.extend_from_slice(&sum.to_le_bytes());
    }
    chunk.extend_from_slice(&a.kind.to_le_bytes());
    chunk.extend_from_slice(&a.currency.to_le_bytes());
    chunk.extend_from_slice(&[a.stops, 0, 0, 0]);
}

fn dump_transfer(t: &Transfer, chunk: &mut Vec<u8>) {
    chunk.extend_from_slice(&t.id.0);
    chunk.extend_from_slice(&t.amount.to_le_bytes());
    for word in [t.debit, t.credit, t.fold] {
        chunk.extend_from_slice(&word.to_le_bytes());
    }
    chunk.extend_from_slice(&t.kind.to_le_bytes());
    chunk.extend_from_slice(&[t.type_, t.status]);
}

fn dump_allowance(w: &Allowance, chunk: &mut Vec<u8>) {
    chunk.extend_from_slice(&w.id.0);
    chunk.extend_from_slice(&w.cap.to_le_bytes());
    chunk.extend_from_slice(&w.used.to_le_bytes());
    chunk.extend_from_slice(&w.number.to_le_bytes());
    chunk.extend_from_slice(&[w.period, 0, 0, 0]);
}
