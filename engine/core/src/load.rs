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
/// For so many entries room is made at once, if the header says that they come: what a damaged one says must not take
/// all memory. Tables of more grow.
const MOST_ROOM: u32 = 1 << 24;

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
        let complete = self.left_of(section) == 0;
        let table = table(&mut self.engine);
        if table.len() - self.indexed < INDEXED_TOGETHER && !complete {
            return Ok(());
        }
        if let Some(place) = table.index_from(self.indexed, &mut self.batch) {
            let back = (table.len() - place as usize) * ENTRY_SIZES[section];
            return Err(DumpInvalid { at: self.at - back as u64, what: twice.into() });
        }
        self.indexed = if complete { 0 } else { table.len() };
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
        let counts = [20, 24, 28, 32, 36].map(|at| u32_at(entry, at));
        let room = counts.map(|count| count.min(MOST_ROOM) as usize);
        self.engine.accounts.reserve(room[0]);
        self.engine.transfers.reserve(room[1]);
        self.engine.allowances.reserve(room[3]);
        self.left = Some(counts);
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
