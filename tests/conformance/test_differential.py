"""The specification against the native engine: random histories, every answer and the whole state compared.

`make differential OPS=1000000 SEED=7` tells longer histories. A failure names its seed and the shortest history that
shows it.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from itertools import islice

import pytest
from histories import Batch, History

from feiqian.ledger.engine import EVENT, Engine, Refusal, Type
from feiqian.ledger.native import NativeEngine
from feiqian.ledger.spec import SpecEngine

OPERATIONS = int(os.environ.get("OPS") or 200_000)
SEED = int(os.environ.get("SEED") or 20261124)
PER_HISTORY = 4_000  # operations, before another begins
LOOK_EVERY = 40  # batches between looks at the whole state


class Different(AssertionError):
    """The engines do not agree."""


class Pair:
    """Both engines, told the same."""

    def __init__(self, seed: int) -> None:
        self.spec: Engine = SpecEngine()
        self.native: Engine = NativeEngine(seed)
        self.history, self.records = History(seed), bytearray()
        self._random = random.Random(seed)

    def tell(self, batch: Batch) -> bytes:
        results, records = self.spec.apply(*batch)
        native_results, native_records = self.native.apply(*batch)
        same("results", results, native_results)
        same("records", records, native_records)
        self.records += records
        return results

    def compare(self) -> None:
        """Everything that can be asked."""
        spec, native = self.spec, self.native
        for ask in ("counts", "totals", "digest"):
            same(ask, getattr(spec, ask)(), getattr(native, ask)())
        same("moment", spec.moment, native.moment)
        same("dump", b"".join(spec.dump()), b"".join(native.dump()))
        for _ in range(20):
            for ask, id in (
                ("account", self.history.account_id()),
                ("used", self.history.allowance_id()),
                ("remembered", self.history.transfer_id()),
                ("claimed", self.history.claim_id()),
            ):
                same(f"{ask} of {id.hex()}", getattr(spec, ask)(id), getattr(native, ask)(id))
        spec.check()
        native.check()

    def replay(self) -> None:
        """What was accepted, told to fresh engines, leads to the same state."""
        again: tuple[Engine, Engine] = SpecEngine(), NativeEngine(self._random.getrandbits(64))
        for engine in again:
            engine.replay(bytes(self.records))
            same("replayed", self.spec.digest(), engine.digest())

    def change_places(self) -> None:
        """Each loads the other's dump in pieces, and goes on from there: a load must leave nothing out."""
        dump = b"".join(self.native.dump())
        spec, native = SpecEngine(), NativeEngine(self._random.getrandbits(64))
        native.load(self.spec.dump())
        size = self._random.choice((7, 64, 1000))
        spec.load(dump[at : at + size] for at in range(0, len(dump), size))
        self.spec, self.native = spec, native
        self.compare()


def same(what: str, spec: object, native: object) -> None:
    if spec != native:
        raise Different(f"{what}: the specification says {shown(spec)}, native says {shown(native)}")


def shown(value: object) -> str:
    return value.hex(" ")[:4000] if isinstance(value, bytes) else repr(value)[:2000]


def tell_history(seed: int, batches: int | None = None, look_every: int = LOOK_EVERY) -> Counter[int]:
    """Tells one history; returns how often each answer was given. Raises Different, with the number of the batch."""
    pair, answered, told = Pair(seed), Counter[int](), 0
    when = random.Random(seed)
    for number, batch in enumerate(islice(pair.history, batches)):
        try:
            results = pair.tell(batch)
            if number % look_every == 0:
                pair.compare()
            if when.randrange(400) == 0:
                pair.replay()
            if when.randrange(400) == 0:
                pair.change_places()
        except Exception as error:
            error.add_note(f"seed {seed}, batch {number}")
            error.number = number  # type: ignore[attr-defined]
            raise
        answered.update(results)
        told += len(results)
        if told >= PER_HISTORY:
            pair.replay()
            pair.compare()
            return answered
    return answered


def explain(seed: int, number: int) -> str:
    """The shortest prefix of the history that shows the difference: its last batch, cut after the first bad chain."""
    try:
        tell_history(seed, number + 1, look_every=1)
        first = number
    except Exception as error:
        first = error.number  # type: ignore[attr-defined]
    *before, last = islice(History(seed), first + 1)
    chains = last.chains()
    for length in range(len(chains) + 1):
        pair = Pair(seed)
        for batch in before:
            pair.tell(batch)
        try:
            pair.tell(last._replace(events=b"".join(chains[:length])))
            pair.compare()
        except Exception as error:
            listing = "\n".join(described(event) for event in chains[:length] for event in events_of(event))
            return f"SEED={seed}: after {first} batches, at {last.seconds} on {last.day}: {error}\n{listing}"
    return f"SEED={seed}: the difference at batch {first} shows in a replay or a load only"


def events_of(chain: bytes) -> list[tuple]:
    return list(EVENT.iter_unpack(chain))


def described(event: tuple) -> str:
    type_, flags, kind, aux, amount, *ids = event
    name = Type(type_).name if type_ in list(Type) else f"type {type_}"
    id, debit, credit, reference = (i.hex().lstrip("0") or "0" for i in ids)
    return f"  {name} {id} {debit}->{credit} {amount} kind={kind} aux={aux} flags={flags} reference={reference}"


def test_differential_histories() -> None:
    answered, seed = Counter[int](), SEED
    while answered.total() < OPERATIONS:
        try:
            answered += tell_history(seed)
        except Exception as error:
            pytest.fail(f"{error}\n{explain(seed, getattr(error, 'number', 0))}")
        seed += 1
    if OPERATIONS >= 200_000:  # the histories must be about something: every answer is given
        missing = {refusal.name for refusal in Refusal} - {Refusal(code).name for code in answered}
        assert not missing, f"never answered: {sorted(missing)}"
        assert answered[Refusal.OK] > answered.total() // 10
    print({Refusal(code).name: times for code, times in answered.most_common()})


@pytest.mark.parametrize("size", [0, 1, 39, 40, 79, 81])
def test_differential_lengths_that_cannot_be(size: int) -> None:
    for engine in (SpecEngine(), NativeEngine()):
        if size:
            with pytest.raises(ValueError, match=f"{size} bytes are not a whole number"):
                engine.apply(bytes(size), 1, 20260101)
            with pytest.raises(ValueError, match=f"{size} bytes are not a whole number"):
                engine.replay(bytes(size))
        assert engine.moment == (0, 0)


def test_differential_records_that_cannot_be_replayed() -> None:
    """A record at random is accepted by both or refused by both, in the same words, and leaves the same state."""
    r = random.Random(SEED)
    for seed in range(30):
        pair = Pair(seed)
        for batch in islice(pair.history, 60):
            pair.tell(batch)
        for _ in range(40):
            record = bytearray(r.choice(events_bytes(bytes(pair.records))))
            record[0] = r.choice((record[0], *range(20)))
            record[r.randrange(80)] ^= 1 << r.randrange(8)
            said = [replay_answer(engine, bytes(record)) for engine in (pair.spec, pair.native)]
            same("replay", *said)
        pair.compare()


def events_bytes(records: bytes) -> list[bytes]:
    return [records[at : at + 80] for at in range(0, len(records), 80)]


def replay_answer(engine: Engine, record: bytes) -> str:
    try:
        engine.replay(record)
    except ValueError as error:
        return str(error)
    return "ok"
