"""Damaged dumps: what no engine could have written is refused by both engines, which are empty then."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import islice

import pytest
from histories import History

from feiqian.ledger.engine import (
    DUMP_ACCOUNT,
    DUMP_ALLOWANCE,
    DUMP_HEADER,
    DUMP_HOLD,
    DUMP_TRANSFER,
    DumpInvalid,
    Engine,
    InvariantBroken,
)
from feiqian.ledger.native import NativeEngine
from feiqian.ledger.spec import SpecEngine

both = pytest.mark.parametrize("new_engine", [SpecEngine, NativeEngine], ids=["spec", "native"])


def state_of(seed: int, batches: int) -> bytes:
    engine = NativeEngine(seed)
    for batch in islice(History(seed), batches):
        engine.apply(*batch)
    return b"".join(engine.dump())


def loaded(engine: Engine, dump: bytes) -> str:
    """ "" if the dump was taken, else what was said."""
    try:
        engine.load([dump])
    except DumpInvalid as invalid:
        assert engine.counts() == (0, 0, 0, 0)
        assert engine.moment == (0, 0)
        return str(invalid)
    return ""


@both
def test_every_truncation_is_refused(new_engine: Callable[[], Engine]) -> None:
    dump = state_of(5, 30)
    engine = new_engine()
    for length in range(len(dump)):
        assert "at byte" in loaded(engine, dump[:length]), length
    assert "at byte" in loaded(engine, dump + b"\0")
    assert loaded(engine, dump) == ""
    assert b"".join(engine.dump()) == dump


@both
@pytest.mark.parametrize("size", [1, 7, 41, 4096])
def test_chunks_may_end_anywhere(new_engine: Callable[[], Engine], size: int) -> None:
    dump, engine = state_of(5, 120), new_engine()
    engine.load(dump[begin : begin + size] for begin in range(0, len(dump), size))
    assert b"".join(engine.dump()) == dump
    with pytest.raises(DumpInvalid, match=r"goes on after its end|bytes, its header says"):
        new_engine().load([*(dump[begin : begin + size] for begin in range(0, len(dump), size)), b"", b"\0"])


@both
def test_counts_that_cannot_be_do_not_take_all_memory(new_engine: Callable[[], Engine]) -> None:
    dump, counts = state_of(5, 30), 20
    damaged = dump[:counts] + b"\xff" * 20 + dump[counts + 20 :]
    assert "at byte" in loaded(new_engine(), damaged)


@pytest.mark.parametrize(("section", "what"), [(0, "an account"), (1, "a transfer"), (3, "an allowance")])
def test_an_id_that_is_there_twice_is_told_with_its_place(section: int, what: str) -> None:
    dump = state_of(5, 120)
    counts, sizes = DUMP_HEADER.unpack_from(dump)[3:], (DUMP_ACCOUNT.size, DUMP_TRANSFER.size, DUMP_HOLD.size)
    first = DUMP_HEADER.size + sum(count * size for count, size in zip(counts[:section], sizes, strict=False))
    again = first + (counts[section] - 1) * (*sizes, DUMP_ALLOWANCE.size)[section]
    damaged = dump[:again] + dump[first : first + 16] + dump[again + 16 :]
    said = f"{what} is there twice (at byte {again})"
    assert [loaded(SpecEngine(), damaged), loaded(NativeEngine(1), damaged)] == [said, said]


def test_both_engines_take_and_refuse_the_same_flipped_bits() -> None:
    dump, taken = state_of(5, 120), 0
    bits = random.Random(5).sample(range(len(dump) * 8), 4_000)
    for bit in bits:
        damaged = bytearray(dump)
        damaged[bit // 8] ^= 1 << bit % 8
        spec, native = SpecEngine(), NativeEngine(1)
        said = loaded(spec, bytes(damaged)), loaded(native, bytes(damaged))
        assert bool(said[0]) == bool(said[1]), (bit, said)
        if not said[0]:  # another state that could have been: an id, a kind, a cap, an expiry
            taken += 1
            assert b"".join(native.dump()) == b"".join(spec.dump()) == bytes(damaged), bit
    assert 0 < taken < len(bits) * 0.75


def test_a_loaded_engine_never_breaks_down_on_what_comes_after() -> None:
    """Any dump that loads is sound enough for every event: no sum wraps, nothing is missing."""
    dump, r = state_of(6, 200), random.Random(6)
    for _ in range(300):
        damaged = bytearray(dump)
        for _ in range(r.choice((1, 1, 2))):
            damaged[r.randrange(len(dump))] ^= 1 << r.randrange(8)
        native, spec = NativeEngine(1), SpecEngine()
        if not loaded(native, bytes(damaged)) and not loaded(spec, bytes(damaged)):
            for batch in islice(History(6), 150, 260):
                assert native.apply(*batch) == spec.apply(*batch)
            assert native.digest() == spec.digest()


@both
def test_a_dump_is_loaded_into_an_empty_engine_only(new_engine: Callable[[], Engine]) -> None:
    engine = new_engine()
    engine.apply(b"", 0, 20260101)
    with pytest.raises(DumpInvalid, match="empty engine only"):
        engine.load(new_engine().dump())


@both
def test_a_load_that_breaks_off_leaves_the_engine_empty(new_engine: Callable[[], Engine]) -> None:
    dump = state_of(7, 40)

    def broken_off() -> object:
        yield dump[:100]
        raise OSError("the disk is gone")

    engine = new_engine()
    with pytest.raises(OSError, match="gone"):
        engine.load(broken_off())
    engine.load([dump])
    assert b"".join(engine.dump()) == dump


@both
def test_books_that_do_not_balance_are_not_loaded(new_engine: Callable[[], Engine]) -> None:
    dump = bytearray(state_of(8, 60))
    first_account_debits = 40 + 16
    dump[first_account_debits] ^= 1
    assert "differ" in loaded(new_engine(), bytes(dump))


def test_check_says_what_is_broken() -> None:
    engine = SpecEngine()
    for batch in islice(History(9), 60):
        engine.apply(*batch)
    account = engine._account_at[0]
    account.debits_pending += 1
    account.credits_pending += 1
    with pytest.raises(InvariantBroken, match=f"account {account.id.hex()}: pending"):
        engine.check()
