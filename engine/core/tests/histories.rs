//! Short histories through the public interface. The conformance table and the differential tests, in Python, say more.

use feiqian_core::{Engine, Event, Id, Loader, Refusal, Type, EVENT_SIZE, LINKED, UNLIMITED};

const NOW: (u64, u32) = (1_000, 20260101);

fn id(name: &str) -> Id {
    let mut bytes = [b'.'; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    Id(bytes)
}

fn account(name: &str, overdraft: u64) -> Event {
    Event { type_: Type::ACCOUNT as u8, aux: 156, amount: overdraft, id: id(name), ..Event::default() }
}

fn between(type_: Type, name: &str, debit: &str, credit: &str, amount: u64) -> Event {
    let (debit, credit) = (id(debit), id(credit));
    Event { type_: type_ as u8, amount, id: id(name), debit, credit, ..Event::default() }
}

fn linked(event: Event) -> Event {
    Event { flags: LINKED, ..event }
}

struct Told {
    engine: Engine,
    records: Vec<u8>,
}

impl Told {
    fn new() -> Told {
        let mut told = Told { engine: Engine::new(7), records: vec![] };
        told.tell(&[account("BANK", UNLIMITED), account("A1", 0), account("A2", 0)]);
        told.tell(&[between(Type::TRANSFER, "T1", "BANK", "A1", 100)]);
        told
    }

    fn tell(&mut self, events: &[Event]) -> Vec<Refusal> {
        let raw: Vec<[u8; EVENT_SIZE]> = events.iter().map(Event::pack).collect();
        let mut results = vec![];
        self.engine.apply(&raw, NOW.0, NOW.1, &mut results, &mut self.records);
        results.into_iter().filter_map(|code| Refusal::of(code.into())).collect()
    }
}

fn dump(engine: &Engine) -> Vec<u8> {
    let (mut whole, mut at) = (vec![], 0);
    while at < engine.dump_len() {
        let mut chunk = vec![];
        at = engine.dump(at, &mut chunk);
        whole.extend(chunk);
    }
    whole
}

#[test]
fn a_refused_chain_changes_nothing_but_its_name() {
    let mut told = Told::new();
    let before = told.engine.account(&id("A1")).copied();
    let chain = [
        linked(between(Type::HOLD, "H1", "A1", "A2", 60)),
        linked(Event { debit: id("H1"), amount: 50, ..between(Type::CAPTURE, "C1", ".", ".", 0) }),
        between(Type::TRANSFER, "X1", "A1", "A2", 51),
    ];
    let failed = Refusal::LINKED_EVENT_FAILED;
    assert_eq!(told.tell(&chain), [failed, failed, Refusal::INSUFFICIENT_FUNDS]);
    assert_eq!(told.engine.account(&id("A1")).copied(), before);
    assert!(told.engine.remembered(&id("X1")).is_none());
    assert_eq!(told.tell(&[between(Type::HOLD, "H1", "A1", "A2", 1)]), [Refusal::INSUFFICIENT_FUNDS]);
    assert_eq!(told.engine.check(), Ok(()));
}

#[test]
fn money_is_never_made_by_wrapping() {
    let mut told = Told::new();
    assert_eq!(told.tell(&[between(Type::TRANSFER, "X1", "BANK", "A2", UNLIMITED)]), [Refusal::OVERFLOW]);
    assert_eq!(told.tell(&[between(Type::TRANSFER, "X2", "BANK", "A2", UNLIMITED - 100)]), [Refusal::OK]);
    assert_eq!(told.tell(&[between(Type::SWEEP, "X3", "BANK", "A1", 1)]), [Refusal::OVERFLOW]);
    assert_eq!(told.engine.check(), Ok(()));
}

#[test]
fn records_lead_to_the_same_state() {
    let mut told = Told::new();
    told.tell(&[between(Type::SWEEP, "S1", "A1", "A2", 999), between(Type::TRANSFER, "X1", "A1", "A2", 1)]);
    let mut again = Engine::new(8);
    assert_eq!(again.replay(told.records.as_chunks().0), Ok(()));
    assert_eq!(dump(&again), dump(&told.engine));
    let twice = again.replay(&told.records.as_chunks().0[1..2]);
    assert_eq!(twice.map_err(|refused| refused.refusal), Err(Refusal::EXISTS));
}

#[test]
fn a_dump_is_loaded_whole_or_not_at_all() {
    let mut told = Told::new();
    told.tell(&[between(Type::HOLD, "H1", "A1", "A2", 10)]);
    let whole = dump(&told.engine);
    for length in 0..=whole.len() {
        let mut loader = Loader::new(9);
        assert_eq!(whole[..length].chunks(33).try_for_each(|chunk| loader.feed(chunk)), Ok(()));
        let loaded = loader.finish();
        assert_eq!(loaded.is_ok(), length == whole.len());
        assert!(loaded.map_or(true, |engine| dump(&engine) == whole));
    }
}

#[test]
fn a_large_dump_comes_in_chunks() {
    let mut told = Told::new();
    for batch in 0..10 {
        let name = |n: u32| format!("account {batch} {n}");
        let accounts: Vec<Event> = (0..4_000).map(|n| account(&name(n), 0)).collect();
        assert!(told.tell(&accounts).iter().all(|answer| *answer == Refusal::OK));
    }
    let mut chunk = vec![];
    let next = told.engine.dump(0, &mut chunk);
    assert!(next < told.engine.dump_len() && chunk.len() < feiqian_core::CHUNK_BYTES + EVENT_SIZE);
    let mut loader = Loader::new(1);
    assert_eq!(loader.feed(&dump(&told.engine)), Ok(()));
    assert!(loader.finish().is_ok_and(|engine| dump(&engine) == dump(&told.engine)));
}
