"""Moments in both engines: those that no record can hold change nothing, and records may set time back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from notation import encode

from feiqian.ledger.engine import EVENT, NO_ID, UNLIMITED, Engine, Refusal, Type
from feiqian.ledger.native import NativeEngine
from feiqian.ledger.spec import SpecEngine

ENGINES = [SpecEngine, lambda: NativeEngine(seed=1)]
LARGEST_DAY = 2**32 - 1
OUTSIDE = [(-1, 20260101), (2**64, 20260101), (-(2**64), 1), (2**200, 1), (1, -1), (1, 2**32), (-1, -1), (2**64, 2**32)]


def begun(new_engine: Callable[[], Engine]) -> Engine:
    engine = new_engine()
    engine.apply(encode("account A1 CNY overdraft=max") + encode("account A2 CNY"), 100, 20260101)
    engine.apply(encode("hold H1 A1->A2 5 timeout=10") + encode("claim K1 until=105"), 100, 20260101)
    return engine


@pytest.mark.parametrize("new_engine", ENGINES, ids=["spec", "native"])
@pytest.mark.parametrize("moment", OUTSIDE)
@pytest.mark.parametrize("events", [b"", encode("account A3 CNY"), b"not whole"])
def test_abuse_88_a_moment_that_no_record_can_hold_is_refused_and_changes_nothing(
    new_engine: Callable[[], Engine], moment: tuple[int, int], events: bytes
) -> None:
    engine = begun(new_engine)
    before = engine.digest(), engine.moment
    with pytest.raises(ValueError, match="out of range"):
        engine.apply(events, *moment)
    assert (engine.digest(), engine.moment) == before
    assert engine.apply(encode("account A3 CNY"), 100, 20260101)[0] == bytes([Refusal.OK])
    engine.check()


@pytest.mark.parametrize("new_engine", ENGINES, ids=["spec", "native"])
@pytest.mark.parametrize("moment", [(1.5, 20260101), (100, 20260101.0), (None, 1), ("1", 1)])
def test_a_moment_that_is_not_whole_is_refused_and_changes_nothing(
    new_engine: Callable[[], Engine], moment: tuple[int, int]
) -> None:
    engine = begun(new_engine)
    before = engine.digest()
    with pytest.raises(TypeError):
        engine.apply(b"", *moment)
    assert engine.digest() == before


def test_the_largest_moments_are_decided_alike() -> None:
    spec, native = (begun(new_engine) for new_engine in ENGINES)
    events = encode("hold H2 A1->A2 5 timeout=10") + encode("claim K2 until=max")
    for moment in ((2**63, 20260102), (UNLIMITED - 1, LARGEST_DAY), (UNLIMITED, 0), (0, LARGEST_DAY)):
        assert spec.apply(events, *moment) == native.apply(events, *moment)
        assert b"".join(spec.dump()) == b"".join(native.dump())
    assert spec.moment == native.moment == (UNLIMITED, LARGEST_DAY)


def test_a_record_sets_the_time_back_in_both_alike() -> None:
    spec, native = (begun(new_engine) for new_engine in ENGINES)
    back = EVENT.pack(Type.TIME, 0, 0, 20260101, 90, NO_ID, NO_ID, NO_ID, NO_ID)
    late = encode("claim K2 until=900") + encode("hold H2 A1->A2 5 timeout=10")
    steps = [(late, 500, 20270101), (late, 95, 20260101), (encode("claim K3 until=96"), 97, 20260101), (b"", 2000, 1)]
    for at, (events, *moment) in enumerate(steps):
        if at == 1:
            spec.replay(back)
            native.replay(back)
        assert spec.apply(events, *moment) == native.apply(events, *moment)
        assert b"".join(spec.dump()) == b"".join(native.dump())
    for engine in (spec, native):
        again = type(engine)()
        again.load(engine.dump())
        assert again.digest() == engine.digest()
