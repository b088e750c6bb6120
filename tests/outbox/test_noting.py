"""How sendings ended is noted in few transactions, and none that cannot be noted keeps another back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sending import BOTH, Bank, Scripted
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from feiqian.outbox.errors import NotSent
from feiqian.outbox.model import Claimed, Ended
from feiqian.outbox.noting import Notes
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import TooBusy


@pytest.fixture
def writes(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One for each transaction that is begun."""
    begun: list[None] = []
    write = bank.db.write

    def counted() -> Any:
        begun.append(None)
        return write()

    monkeypatch.setattr(bank.db, "write", counted)
    return begun


def states(bank: Bank) -> dict[str, tuple[str, str]]:
    return {kind: (state, why) for kind, state, why in bank.rows("kind, state, why")}


@BOTH
def test_what_ends_together_is_noted_in_one_transaction(bank: Bank, writes: list[None]) -> None:
    bank.build(Scripted(script={"c": [NotSent("down")]}), at_once=8)
    for receiver in "abcdef":
        bank.add(f"to {receiver}", receiver)
    writes.clear()
    assert bank.deliver() == 6
    assert len(writes) == 2, "one that claims, and one that notes"
    assert states(bank).pop("to c") == ("queued", "down")
    assert [state for state, _ in states(bank).values()].count("sent") == 5


@BOTH
def test_a_sending_that_cannot_be_noted_is_sent_again_and_all_others_are_noted(bank: Bank) -> None:
    def noted(connection: Connection, claimed: Claimed, ended: Ended) -> None:
        if claimed.kind == "to c" and claimed.attempts == 1:
            raise ValueError("nobody thought of this")

    bank.build(at_once=8, noted=noted)
    for receiver in "abcdef":
        bank.add(f"to {receiver}", receiver)
    bank.deliver()
    assert states(bank).pop("to c") == ("queued", "")
    assert [state for state, _ in states(bank).values()].count("sent") == 5
    bank.clock.advance(3_600)  # the lease is over
    bank.deliver()
    assert {state for state, _ in states(bank).values()} == {"sent"}
    assert bank.kinds().count("to c") == 2


class Troubled:
    """Transactions in which some changes fail, as a script says; `written` are those that did not."""

    def __init__(self, fails: Callable[[Any], Exception | None]) -> None:
        self.fails, self.asked, self.written = fails, 0, list[int]()

    async def write(self, _: Any, changes: list[int]) -> None:
        self.asked += 1
        for change in changes:
            if (error := self.fails(change)) is not None:
                raise error
        self.written += changes


def outcomes(transactions: Any, changes: list[int]) -> list[str]:
    async def write() -> list[Any]:
        notes: Any = Notes(transactions)
        return await asyncio.gather(*(notes.write(change) for change in changes), return_exceptions=True)

    return [type(one).__name__ for one in asyncio.run(write())]


def test_a_database_that_takes_nothing_is_not_asked_for_each_note() -> None:
    busy = Troubled(lambda _: TooBusy())
    assert outcomes(busy, [1, 2, 3]) == ["TooBusy"] * 3
    assert busy.asked == 1
    locked = Troubled(lambda _: OperationalError("", {}, Exception("database is locked")))
    assert outcomes(locked, [1, 2, 3]) == ["OperationalError"] * 3
    assert locked.asked == 2, "together, and the first alone"


def test_what_one_note_cannot_do_is_told_it_alone() -> None:
    one = Troubled(lambda change: ValueError() if change == 2 else None)
    assert outcomes(one, [1, 2, 3]) == ["NoneType", "ValueError", "NoneType"]
    assert one.written == [1, 3]


def test_who_stops_waiting_keeps_nobody_back(bank: Bank) -> None:
    async def write() -> list[str]:
        notes, done = Notes(Transactions(bank.db, bank.work)), list[str]()
        waits = [asyncio.create_task(notes.write(lambda _, n=n: done.append(n))) for n in ("first", "second")]
        await asyncio.sleep(0)
        waits[0].cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        return done

    assert asyncio.run(write()) == ["first", "second"]
