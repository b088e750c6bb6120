//! Taking a dump into an empty engine. Nothing in it is trusted: what no engine could have written is refused.

use std::fmt;

use crate::accounts::{Account, CLOSED, CREDIT, DEBIT};
use crate::allowances::Allowance;
use crate::dump::{ENTRY_SIZES, HEADER_SIZE, MAGIC};
use crate::engine::Engine;
use crate::event::{part, Type};
use crate::id::{Id, NO_ID};
use crate::index::Batch;
use crate::refusal::Refusal;
use crate::table::{Keyed, Table};
use crate::transfers::{HoldState, Transfer};

/// So many entries are taken into an index together: enough to fill each part of it in one go, few enough for the
/// memory that this takes meanwhile.
const INDEXED_TOGETHER: usize = 1 << 18;
/// For so many entries room is made at once, if the header says that they come and the first of them have come: what a
/// damaged one says must not take all memory. Tables of more grow.
const MOST_ROOM: usize = 1 << 24;

/// A dump that cannot be loaded: what is wrong, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpInvalid {
    /// The offset of the entry that is wrong.
    pub at: u64,
    /// What is wrong with it.
    pub what: String,
}

impl fmt::Display for DumpInvalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.what, self.at)
    }
}

/// Loads a dump chunk by chunk; the engine is there only when all of it was good.
pub struct Loader {
    engine: Engine,
    pending: Vec<u8>,
    at: u64,
    /// How many entries of each section are still to come; None before the header.
    left: Option<[u32; 5]>,
    /// How many entries of the section under way are in its index.
    indexed: usize,
    batch: Batch,
    open_holds: u64,
    last_hold: Option<u32>,
    last_claim: Option<(u64, Id)>,
}

impl Loader {
    /// A loader; the seed is that of the engine to come.
    pub fn new(seed: u64) -> Self {
        Loader {
            engine: Engine::new(seed),
            pending: Vec::new(),
            at: 0,
            left: None,
            indexed: 0,
            batch: Batch::default(),
            open_holds: 0,
            last_hold: None,
            last_claim: None,
        }
    }

    /// Takes the next chunk.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), DumpInvalid> {
        let mut rest = chunk;
        if !self.pending.is_empty() {
            rest = self.complete_pending(chunk)?;
        }
        while let Some((section, size)) = self.next_entry() {
            let whole = rest.len() / size;
            if whole == 0 {
                self.pending.extend_from_slice(rest);
                return Ok(());
            }
            let count = section.map_or(1, |section| whole.min(self.left_of(section)));
            let (entries, after) = rest.split_at(count * size);
            self.load(section, entries)?;
            rest = after;
        }
        if rest.is_empty() {
            return Ok(());
        }
        Err(self.invalid("the dump goes on after its end"))
    }

    /// Loads the entry of which the chunks before had the beginning, if this one has its end. Returns what comes after.
    fn complete_pending<'a>(&mut self, chunk: &'a [u8]) -> Result<&'a [u8], DumpInvalid> {
        let Some((section, size)) = self.next_entry() else {
            return Ok(chunk);
        };
        let missing = (size - self.pending.len()).min(chunk.len());
        self.pending.extend_from_slice(&chunk[..missing]);
        if self.pending.len() == size {
            let entry = std::mem::take(&mut self.pending);
            self.load(section, &entry)?;
        }
        Ok(&chunk[missing..])
    }

    /// The engine, if the dump is complete and the books in it balance.
    pub fn finish(self) -> Result<Engine, DumpInvalid> {
        if self.next_entry().is_some() {
            return Err(self.invalid("the dump ends too early"));
        }
        if self.open_holds != self.engine.holds.len() as u64 {
            return Err(self.invalid("not every open hold is among the holds"));
        }
        if let Err(broken) = self.engine.check() {
            return Err(self.invalid(&broken));
        }
        Ok(self.engine)
    }

    fn invalid(&self, what: &str) -> DumpInvalid {
        DumpInvalid { at: self.at, what: what.into() }
    }

    fn left_of(&self, section: usize) -> usize {
        self.left.map_or(0, |left| left[section] as usize)
    }

    /// The section and size of the next entry; None at the end.
    fn next_entry(&self) -> Option<(Option<usize>, usize)> {
        let Some(left) = self.left else {
            return Some((None, HEADER_SIZE));
        };
        let section = left.iter().position(|n| *n > 0)?;
        Some((Some(section), ENTRY_SIZES[section]))
    }

    /// Loads the header, or entries of one section.
    fn load(&mut self, section: Option<usize>, entries: &[u8]) -> Result<(), DumpInvalid> {
        match section {
            None => self.one(HEADER_SIZE, |loader| loader.load_header(entries)),
            Some(0) => {
                self.each(entries, 0, Self::load_account)?;
                self.index(0, "an account is there twice", |engine| &mut engine.accounts)
            }
            Some(1) => {
                self.each(entries, 1, Self::load_transfer)?;
                self.index(1, "a transfer is there twice", |engine| &mut engine.transfers)
            }
            Some(2) => self.each(entries, 2, Self::load_hold),
            Some(3) => {
                self.each(entries, 3, Self::load_allowance)?;
                self.index(3, "an allowance is there twice", |engine| &mut engine.allowances)
            }
            Some(section) => self.each(entries, section, Self::load_claim),
        }
    }

    #[inline]
    fn each(
        &mut self,
        entries: &[u8],
        section: usize,
        load: impl Fn(&mut Self, &[u8]) -> Result<(), &'static str>,
    ) -> Result<(), DumpInvalid> {
        let size = ENTRY_SIZES[section];
        for entry in entries.chunks_exact(size) {
            self.one(size, |loader| load(loader, entry))?;
            if let Some(left) = &mut self.left {
                left[section] -= 1;
            }
        }
        Ok(())
    }

    /// Takes a table's entries into its index when there are enough of them, or no more come.
    fn index<T: Keyed>(
        &mut self,
        section: usize,
        twice: &str,
        table: impl Fn(&mut Engine) -> &mut Table<T>,
    ) -> Result<(), DumpInvalid> {
        let to_come = self.left_of(section);
        let table = table(&mut self.engine);
        if table.len() - self.indexed < INDEXED_TOGETHER && to_come > 0 {
            return Ok(());
        }
        if self.indexed == 0 {
            table.reserve((table.len() + to_come).min(MOST_ROOM));
        }
        if let Some(place) = table.index_from(self.indexed, &mut self.batch) {
            let back = (table.len() - place as usize) * ENTRY_SIZES[section];
            return Err(DumpInvalid { at: self.at - back as u64, what: twice.into() });
        }
        self.indexed = if to_come > 0 { table.len() } else { 0 };
        Ok(())
    }

    #[inline]
    fn one(
        &mut self,
        size: usize,
        load: impl FnOnce(&mut Self) -> Result<(), &'static str>,
    ) -> Result<(), DumpInvalid> {
        load(self).map_err(|what| self.invalid(what))?;
        self.at += size as u64;
        Ok(())
    }

    fn load_header(&mut self, entry: &[u8]) -> Result<(), &'static str> {
        if &entry[..8] != MAGIC {
            return Err("not a dump: it does not begin with FQDUMP01");
        }
        self.engine.seconds = u64::from_le_bytes(part(entry, 8));
        self.engine.day = u32_at(entry, 16);
        self.left = Some([20, 24, 28, 32, 36].map(|at| u32_at(entry, at)));
        Ok(())
    }

    fn load_account(&mut self, entry: &[u8]) -> Result<(), &'static str> {
        let [debits_posted, credits_posted, debits_pending, credits_pending, overdraft] =
            [16, 24, 32, 40, 48].map(|at| u64::from_le_bytes(part(entry, at)));
        let account = Account {
            id: Id(part(entry, 0)),
            debits_posted,
            credits_posted,
            debits_pending,
            credits_pending,
            overdraft,
            kind: u16_at(entry, 56),
            currency: u16_at(entry, 58),
            stops: entry[60],
        };
        require(account.id != NO_ID, "an account's id is zero")?;
        require((1..1000).contains(&account.currency), "an account's currency is invalid")?;
        require(account.stops <= DEBIT | CREDIT | CLOSED, "an account's stops are invalid")?;
        require(entry[61..] == [0; 3], "an account's padding is not zero")?;
        require(
            debits_posted.checked_add(debits_pending).is_some()
                && credits_posted.checked_add(credits_pending).is_some(),
            "an account's sums overflow",
        )?;
        self.engine.accounts.append(account);
        Ok(())
    }

    fn load_transfer(&mut self, entry: &[u8]) -> Result<(), &'static str> {
        let transfer = Transfer {
            id: Id(part(entry, 0)),
            amount: u64::from_le_bytes(part(entry, 16)),
            debit: u32_at(entry, 24),
            credit: u32_at(entry, 28),
            fold: u32_at(entry, 32),
            kind: u16_at(entry, 36),
            type_: entry[38],
            status: entry[39],
        };
        require(transfer.id != NO_ID, "a transfer's id is zero")?;
        self.require_sound(&transfer)?;
        let is_hold = transfer.type_ == Type::HOLD as u8;
        self.open_holds += u64::from(is_hold && transfer.status == HoldState::OPEN as u8);
        self.engine.transfers.append(transfer);
        Ok(())
    }

    fn require_sound(&self, t: &Transfer) -> Result<(), &'static str> {
        let accounts = self.engine.accounts.len() as u32;
        let places = t.debit < accounts && t.credit < accounts && t.debit != t.credit;
        let (places, status) = match Type::of(t.type_) {
            Some(Type::TRANSFER | Type::SWEEP) => (places, t.status == 0),
            Some(Type::HOLD) => (places, t.status <= HoldState::EXPIRED as u8),
            Some(Type::CAPTURE) => (t.credit == 0 && self.ends_hold(t, HoldState::CAPTURED), t.status == 0),
            Some(Type::RELEASE) => (t.credit == 0 && self.ends_hold(t, HoldState::RELEASED), t.status == 0),
            Some(Type::REFUSED) => {
                let empty = (t.debit, t.credit, t.amount, t.kind, t.fold) == (0, 0, 0, 0, 0);
                (empty, Refusal::of(t.status.into()).is_some_and(Refusal::remembered))
            }
            _ => return Err("a transfer's type is invalid"),
        };
        require(places, "a transfer names what cannot be its accounts or hold")?;
        require(status, "a transfer's status is invalid")
    }

    fn ends_hold(&self, t: &Transfer, state: HoldState) -> bool {
        if t.debit as usize >= self.engine.transfers.len() {
            return false;
        }
        let hold = self.engine.transfers.get(t.debit);
        hold.type_ == Type::HOLD as u8 && hold.status == state as u8 && t.amount <= hold.amount
    }

    fn load_hold(&mut self, entry: &[u8]) -> Result<(), &'static str> {
        let place = u32_at(entry, 0);
        require(self.last_hold.is_none_or(|last| last < place), "the holds are not in order")?;
        require((place as usize) < self.engine.transfers.len(), "a hold has no transfer")?;
        let hold = self.engine.transfers.get(place);
        let open = hold.type_ == Type::HOLD as u8 && hold.status == HoldState::OPEN as u8;
        require(open, "a hold's transfer is not an open hold")?;
        self.engine.holds.put(place, u64::from_le_bytes(part(entry, 4)));
        self.last_hold = Some(place);
        Ok(())
    }

    fn load_allowance(&mut self, entry: &[u8]) -> Result<(), &'static str> {
        let allowance = Allowance {
            id: Id(part(entry, 0)),
            cap: u64::from_le_bytes(part(entry, 16)),
            used: u64::from_le_bytes(part(entry, 24)),
            number: u32_at(entry, 32),
            period: entry[36],
        };
        require(allowance.id != NO_ID, "an allowance's id is zero")?;
        require((1..=4).contains(&allowance.period), "an allowance's period is invalid")?;
        require(entry[37..] == [0; 3], "an allowance's padding is not zero")?;
        self.engine.allowances.append(allowance);
        Ok(())
    }

    fn load_claim(&mut self, entry: &[u8]) -> Result<(), &'static str> {
        let claim = (u64::from_le_bytes(part(entry, 0)), Id(part(entry, 8)));
        require(claim.1 != NO_ID, "a claim's id is zero")?;
        require(self.last_claim.is_none_or(|last| last < claim), "the claims are not in order")?;
        require(self.engine.claims.put(claim.1, claim.0), "a claim is there twice")?;
        self.last_claim = Some(claim);
        Ok(())
    }
}

fn require(good: bool, what: &'static str) -> Result<(), &'static str> {
    good.then_some(()).ok_or(what)
}

fn u32_at(entry: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(part(entry, at))
}

fn u16_at(entry: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(part(entry, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_header_says_takes_no_memory_before_it_comes() {
        let mut header = MAGIC.to_vec();
        header.resize(HEADER_SIZE, 0xff);
        let (mut loader, none) = (Loader::new(1), Engine::new(1).memory());
        assert_eq!(loader.feed(&header), Ok(()));
        assert_eq!(loader.feed(&[1; 63]), Ok(()));
        let taken = loader.engine.memory();
        assert_eq!((taken.account_index, taken.transfer_index), (none.account_index, none.transfer_index));
        assert_eq!(taken.allowances, none.allowances);
    }

    /// A dump of allowances with these numbers, and with this count in its header.
    fn allowances(count: u32, numbers: impl Iterator<Item = usize>) -> Vec<u8> {
        let mut dump = MAGIC.to_vec();
        dump.resize(HEADER_SIZE, 0);
        dump[32..36].copy_from_slice(&count.to_le_bytes());
        for number in numbers {
            dump.extend((number as u128).to_be_bytes());
            dump.extend([0; 20]);
            dump.extend([1, 0, 0, 0]);
        }
        dump
    }

    #[test]
    fn what_a_header_says_takes_no_more_than_the_most_room_when_it_begins_to_come() {
        let mut loader = Loader::new(1);
        assert_eq!(loader.feed(&allowances(u32::MAX, 1..=INDEXED_TOGETHER)), Ok(()));
        assert!(loader.engine.memory().allowances < 16 * MOST_ROOM);
    }

    #[test]
    fn one_that_was_there_long_before_is_told_with_its_place() {
        let all = INDEXED_TOGETHER + 1000;
        let dump = allowances(all as u32, (1..all).chain([1]));
        let mut loader = Loader::new(1);
        let told = dump.chunks(10_000).try_for_each(|chunk| loader.feed(chunk));
        let at = (dump.len() - ENTRY_SIZES[3]) as u64;
        assert_eq!(told, Err(DumpInvalid { at, what: "an allowance is there twice".into() }));
    }
}
