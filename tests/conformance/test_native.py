"""The native engine's own: its library, its memory, its buffers, and which engine is chosen."""

from __future__ import annotations

import logging
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from notation import encode

from feiqian.ledger import engines, native
from feiqian.ledger.engine import EVENT, EVENT_SIZE, NO_ID, UNLIMITED, Refusal, Type
from feiqian.ledger.native import EngineStopped, EngineUnavailable, NativeEngine, load_library
from feiqian.ledger.spec import SpecEngine

MILLION = 1_000_000
BATCH = 8_190


def account_events(first: int, number: int) -> bytes:
    """Accounts with ids as the chart of accounts makes them: alike but for their ends."""
    ids = (
        (7).to_bytes(2, "big") + (156).to_bytes(2, "big") + bytes(4) + n.to_bytes(8, "big")
        for n in range(first, number)
    )
    return b"".join(EVENT.pack(Type.ACCOUNT, 0, 7, 156, UNLIMITED, id, NO_ID, NO_ID, NO_ID) for id in ids)


def test_a_million_accounts_and_transfers_keep_to_their_memory() -> None:
    """At most 128 bytes an account and 48 bytes a remembered transfer, the index included; also when loaded."""
    engine, r = NativeEngine(seed=1), random.Random(1)
    accounts_opened = account_events(0, MILLION)
    engine.apply(accounts_opened, 1, 20260101)
    debit, credit = (account_events(n, n + 1)[16:32] for n in (1, 2))
    for _ in range(0, MILLION, BATCH):
        ids = (r.getrandbits(128).to_bytes(16, "big") for _ in range(BATCH))
        events = (EVENT.pack(Type.TRANSFER, 0, 1, 0, 1, id, debit, credit, NO_ID) for id in ids)
        engine.apply(b"".join(events), 1, 20260101)
    loaded = NativeEngine(seed=2)
    loaded.load(engine.dump())
    assert loaded.digest() == engine.digest()
    for one in (engine, loaded):
        accounts, transfers, _, _ = one.counts()
        used = one.memory_bytes()
        assert accounts == MILLION
        assert transfers >= MILLION
        assert (used["accounts"] + used["account_index"]) / accounts <= 128
        assert (used["transfers"] + used["transfer_index"]) / transfers <= 48
    assert set(loaded.apply(accounts_opened, 1, 20260101)[0]) == {Refusal.EXISTS}  # the index has every one


def test_what_was_handed_out_stays_as_it_was() -> None:
    engine = NativeEngine()
    first = engine.apply(encode("account A1 CNY"), 1, 20260101)
    kept = bytes(first[0]), bytes(first[1])
    engine.apply(encode("account A2 CNY") * 100, 2, 20260101)
    assert first == kept


def test_a_change_during_a_dump_is_refused() -> None:
    engine = NativeEngine()
    engine.apply(account_events(0, 20_000), 1, 20260101)
    chunks = engine.dump()
    next(chunks)
    engine.apply(encode("account A1 CNY"), 1, 20260101)
    with pytest.raises(RuntimeError, match="changed"):
        next(chunks)


def test_a_dump_comes_in_chunks() -> None:
    engine = NativeEngine()
    engine.apply(account_events(0, 50_000), 1, 20260101)
    sizes = [len(chunk) for chunk in engine.dump()]
    assert len(sizes) == 4
    assert max(sizes) < (1 << 20) + EVENT_SIZE
    again = SpecEngine()
    again.load(engine.dump())
    assert again.digest() == engine.digest()


@pytest.mark.parametrize(("seconds", "day"), [(-1, 1), (1 << 64, 1), (1, -1), (1, 1 << 32)])
def test_a_moment_out_of_range_is_refused(seconds: int, day: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        NativeEngine().apply(b"", seconds, day)


@pytest.mark.parametrize("id", [b"", b"short", bytes(17)])
def test_an_id_has_16_bytes(id: bytes) -> None:
    engine = NativeEngine()
    for ask in (engine.account, engine.used, engine.remembered, engine.claimed):
        with pytest.raises(ValueError, match="16 bytes"):
            ask(id)


def test_the_end_of_time_is_no_overflow() -> None:
    for engine in (NativeEngine(), SpecEngine()):
        events = b"".join(
            encode(row)
            for row in ("account A1 CNY overdraft=max", "account A2 CNY", "hold H1 A1->A2 1 timeout=4294967295")
        )
        results, _ = engine.apply(events, UNLIMITED - 1, 20260101)
        assert results == bytes(3)
        engine.apply(b"", UNLIMITED, 20260101)
        assert engine.account(encode("close A1")[16:32]).debits_pending == 0


def test_a_missing_library_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="make engine"):
        load_library(tmp_path / "_engine.so")


def compiled(folder: Path, source: str) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    assert compiler, "a C compiler is needed: install gcc"
    (folder / "stale.c").write_text(source)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", folder / "stale.so", folder / "stale.c"], check=True)
    return folder / "stale.so"


def test_a_library_of_another_interface_is_refused(tmp_path: Path) -> None:
    stale = compiled(tmp_path, 'unsigned fq_abi(void) { return 0; }\nconst char *fq_refusals(void) { return "OK"; }\n')
    with pytest.raises(EngineUnavailable, match=f"interface 0, this version needs {native.ABI}: run `make engine`"):
        load_library(stale)


def test_a_library_with_other_refusals_is_refused(tmp_path: Path) -> None:
    ours = native.shared_library().fq_refusals().decode()
    swapped = ours.replace("OK 0 0\nEXISTS 1 0\n", "EXISTS 1 0\nOK 0 0\n")
    others = swapped, ours.replace(" 43 1", " 44 1"), ours.replace(" 43 1", " 43 0"), ours.replace("CLAIMED", "TAKEN")
    for place, other in enumerate(others):
        assert other != ours
        abi = f"unsigned fq_abi(void) {{ return {native.ABI}; }}\n"
        refusals = 'const char *fq_refusals(void) { return "' + other.replace("\n", "\\n") + '"; }\n'
        (folder := tmp_path / str(place)).mkdir()
        with pytest.raises(EngineUnavailable, match="other refusals"):
            load_library(compiled(folder, abi + refusals))


def test_a_library_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="not the native engine"):
        load_library(compiled(tmp_path, "int something;\n"))


def test_after_a_panic_the_engine_answers_nothing() -> None:
    """No event can bring a panic about; a code of the library that nobody knows stands for one."""
    engine = NativeEngine()
    assert isinstance(engine._failure(7), EngineStopped)
    assert isinstance(engine._failure(99), EngineStopped)


def test_native_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FEIQIAN_ENGINE", raising=False)
    assert isinstance(engines.new_engine(), NativeEngine)


def test_either_engine_can_be_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEIQIAN_ENGINE", "spec")
    assert isinstance(engines.new_engine(), SpecEngine)
    monkeypatch.setenv("FEIQIAN_ENGINE", "native")
    assert isinstance(engines.new_engine(), NativeEngine)
    monkeypatch.setenv("FEIQIAN_ENGINE", "fast")
    with pytest.raises(ValueError, match="native or spec"):
        engines.new_engine()


def no_library() -> NativeEngine:
    raise EngineUnavailable("the native engine is not built")


def test_without_the_library_the_specification_serves_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("FEIQIAN_ENGINE", raising=False)
    monkeypatch.setattr(engines, "NativeEngine", no_library)
    with caplog.at_level(logging.WARNING):
        assert isinstance(engines.new_engine(), SpecEngine)
    assert "not built" in caplog.text
    monkeypatch.setenv("FEIQIAN_ENGINE", "native")
    with pytest.raises(EngineUnavailable):
        engines.new_engine()


def test_the_seed_changes_nothing_that_can_be_seen() -> None:
    digests = set()
    for seed in (0, 1, UNLIMITED):
        engine = NativeEngine(seed)
        results, _ = engine.apply(account_events(0, 1000), 1, 20260101)
        assert set(results) == {Refusal.OK}
        digests.add(engine.digest())
    assert len(digests) == 1
