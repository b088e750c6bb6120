"""One mechanism: what is decided is told the ledger once and completed once, whatever fails in between."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection

from feiqian.db import BankDb
from feiqian.errors import LedgerStopped
from feiqian.ledger_intents import service
from feiqian.ledger_intents.errors import IntentPending, IntentRefused
from feiqian.ledger_intents.model import MAX_PAYLOAD, MAX_SUBJECT, IntentKind, LedgerIntent
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.runtime.work import Work
from feiqian.testing.clock import ManualClock
from feiqian.testing.empty_bank import empty_bank


class Order(msgspec.Struct, frozen=True):
    """What is to be booked."""

    amount: int
    text: str = ""


class Books:
    """A kind of intents: a ledger in memory that knows each id once, and what was completed, in order."""

    def __init__(self, db: BankDb, work: Work) -> None:
        self.db, self.clock = db, ManualClock()
        self.intents = LedgerIntents(db, self.clock, work)
        self.intents.declare(IntentKind("order", Order, self.post, self.complete, self.committed, self.refuse))
        self.ledger: dict[str, int] = {}
        self.told: list[str] = []
        self.taken_up = asyncio.Event()
        self.fails: dict[str, Exception] = {}  # by step and subject

    async def post(self, intent: LedgerIntent) -> None:
        self.step("ledger", intent)
        await asyncio.sleep(0)
        self.ledger.setdefault(intent.id, intent.payload.amount)

    def complete(self, _: Connection, intent: LedgerIntent, now: int) -> None:
        self.step("complete", intent)
        self.told.append(f"completed {intent.subject}")

    def committed(self, intent: LedgerIntent) -> None:
        self.told.append(f"committed {intent.subject}")
        self.taken_up.set()

    def refuse(self, _: Connection, intent: LedgerIntent, why: str, now: int) -> None:
        self.told.append(f"refused {intent.subject}: {why}")

    def step(self, name: str, intent: LedgerIntent) -> None:
        if error := self.fails.pop(f"{name} {intent.subject}", None):
            raise error

    def put(self, subject: str = "a", amount: int = 5, *, instead: bool = False) -> LedgerIntent:
        self.clock.advance(0.002)
        with self.db.write() as connection:
            return self.intents.put(connection, "order", subject, Order(amount), instead=instead)

    def pending(self, subject: str = "a") -> LedgerIntent | None:
        with self.db.read() as connection:
            return self.intents.pending(connection, "order", subject)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(work)


@pytest.fixture
def books(url: str, tmp_path: Path) -> Iterator[Books]:
    db, work = empty_bank(tmp_path, url), Work()
    yield Books(db, work)
    work.close()
    db.close()


def test_an_intent_is_read_as_it_was_written(books: Books) -> None:
    intent = books.put()
    assert books.pending() == intent
    assert (intent.payload, intent.created_at) == (Order(5), books.clock.now())
    assert books.pending("b") is None


def test_what_is_decided_is_posted_completed_and_taken_up_once(books: Books) -> None:
    intent = books.put()
    assert [books.run(books.intents.finish("order", "a")) for _ in range(2)] == [True, False]
    assert books.ledger == {intent.id: 5}
    assert books.told == ["completed a", "committed a"]


@pytest.mark.parametrize("step", ["ledger", "complete"])
def test_what_failed_at_any_step_is_finished_by_the_sweep_once(books: Books, step: str) -> None:
    intent = books.put()
    books.fails[f"{step} a"] = KeyError("the power went")
    with pytest.raises(KeyError):
        books.run(books.intents.finish("order", "a"))
    assert (books.pending(), books.told) == (intent, [])
    assert bool(books.ledger) == (step == "complete")
    assert [books.run(books.intents.sweep()) for _ in range(2)] == [1, 0]
    assert books.ledger == {intent.id: 5}
    assert books.told == ["completed a", "committed a"]


def test_of_one_kind_and_subject_a_second_is_refused_or_takes_the_place_of_the_first(books: Books) -> None:
    first = books.put()
    with pytest.raises(IntentPending):
        books.put(amount=6)
    assert books.pending() == first
    books.put("b", 7)
    second = books.put(amount=6, instead=True)
    assert books.pending() == second
    books.run(books.intents.sweep())
    assert sorted(books.ledger.values()) == [6, 7]


def test_a_second_that_is_refused_leaves_the_rest_of_the_transaction(books: Books) -> None:
    books.put()
    with books.db.write() as connection:
        books.intents.put(connection, "order", "b", Order(1))
        with pytest.raises(IntentPending):
            books.intents.put(connection, "order", "a", Order(1))
    assert books.pending("b") is not None


def test_what_is_carried_out_and_swept_at_once_is_done_once(books: Books) -> None:
    intent = books.put()

    async def all_at_once() -> list[Any]:
        ways = [books.intents.finish("order", "a"), books.intents.sweep(), books.intents.finish("order", "a")]
        return await asyncio.gather(*ways, books.intents.sweep())

    assert sum(books.run(all_at_once())) == 1
    assert books.ledger == {intent.id: 5}
    assert books.told == ["completed a", "committed a"]


def test_what_the_ledger_refuses_for_good_ends_and_is_told_why(books: Books) -> None:
    books.put()
    books.fails["ledger a"] = IntentRefused("no such wallet")
    books.run(books.intents.finish("order", "a"))
    assert (books.pending(), books.ledger) == (None, {})
    assert books.told == ["refused a: no such wallet"]


def test_what_cannot_be_carried_out_keeps_no_other(books: Books) -> None:
    for subject in ("a", "b", "c"):
        books.put(subject)
    books.fails["ledger b"] = KeyError("a defect")
    assert books.run(books.intents.sweep()) == 2
    assert [subject for subject in ("a", "b", "c") if books.pending(subject)] == ["b"]


def test_an_alarm_lasts_while_an_intent_fails(books: Books) -> None:
    books.put()
    for failed in (1, 0):
        if failed:
            books.fails["ledger a"] = KeyError("a defect")
        books.run(books.intents.sweep())
        assert (books.intents.failed, books.intents.alarm.on) == (failed, bool(failed))


def test_a_ledger_that_does_not_serve_ends_the_sweep(books: Books) -> None:
    for subject in ("a", "b"):
        books.put(subject)
    books.fails["ledger a"] = LedgerStopped("the disk is gone")
    with pytest.raises(LedgerStopped):
        books.run(books.intents.sweep())
    assert books.told == []
    assert books.run(books.intents.sweep()) == 2


def test_the_sweep_goes_on_after_a_ledger_that_did_not_serve(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "EVERY_SECONDS", 0)
    books.put()
    books.fails["ledger a"] = LedgerStopped("the disk is gone")

    async def until_committed() -> None:
        sweeping = asyncio.create_task(books.intents.run())
        await asyncio.wait_for(books.taken_up.wait(), 60)
        sweeping.cancel()

    books.run(until_committed())
    assert books.told == ["completed a", "committed a"]


def test_what_is_taken_back_is_not_done(books: Books) -> None:
    books.put()
    with books.db.write() as connection:
        taken = [books.intents.withdraw(connection, "order", "a") for _ in range(2)]
    assert taken == [True, False]
    assert books.run(books.intents.sweep()) == 0
    assert books.ledger == {}


def test_the_oldest_is_carried_out_first(books: Books) -> None:
    for subject in ("c", "a", "b"):
        books.put(subject)
    books.run(books.intents.sweep())
    assert [told for told in books.told if told.startswith("completed")] == [f"completed {s}" for s in "cab"]


def test_a_payload_and_a_subject_are_bounded_and_a_kind_is_declared_once(books: Books) -> None:
    with books.db.write() as connection, pytest.raises(ValueError, match="payload"):
        books.intents.put(connection, "order", "a", Order(1, "x" * MAX_PAYLOAD))
    with books.db.write() as connection, pytest.raises(ValueError, match="subject"):
        books.intents.put(connection, "order", "a" * (MAX_SUBJECT + 1), Order(1))
    with pytest.raises(ValueError, match="declared already"):
        books.intents.declare(IntentKind("order", Order, books.post, books.complete))
