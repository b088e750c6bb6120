"""The journal's facts become deliveries: each once, whatever ends the process, and whatever becomes of read models."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from following import SUCCEEDS, WAITS, Followed

from feiqian import cli
from feiqian.events import PaymentDecided, RefundDecided, decode_fact
from feiqian.outbox import follower
from feiqian.outbox.model import Delivery, Origin, Outbound
from feiqian.runtime.metrics import Metrics

WAITING = ("customer:1", "payment_waiting")


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Followed]:
    bank = Followed(tmp_path)
    yield bank
    bank.close()


def test_the_customer_of_a_payment_that_waits_is_told_for_as_long_as_it_does(bank: Followed) -> None:
    assert bank.run(bank.pay(), bank.pay(SUCCEEDS), bank.follow(), bank.services.outbox.deliver_due())[0] == (
        "needs_verification"
    )
    assert bank.told() == [WAITING]
    [message] = bank.run(bank.services.notify.inbox(10))[0]
    assert "asks for ¥2,000.00" in message.text
    assert bank.shop.name in message.text
    with bank.bank.db.read() as connection:
        [row] = connection.exec_driver_sql("SELECT created_at, expires_at FROM outbox_deliveries").all()
    assert 0 < row.expires_at - row.created_at <= 300_000_000
    assert bank.position() == bank.durable()


def test_what_was_committed_before_a_crash_and_not_told_is_told_after_it(bank: Followed) -> None:
    bank.run(bank.follow(), bank.pay(), bank.pay(customer=2))
    assert bank.told() == []
    bank.crash()
    bank.run(bank.follow())
    assert bank.told() == [WAITING, ("customer:2", "payment_waiting")]
    bank.crash()
    bank.run(bank.follow())
    assert len(bank.told()) == 2


def test_a_process_that_dies_before_the_commit_of_the_deliveries_has_told_nothing_and_tells_all(bank: Followed) -> None:
    add = bank.services.follower._add

    def dies(connection, facts, end) -> None:
        add(connection, facts, end)
        assert facts
        raise ZeroDivisionError

    bank.run(bank.follow())
    bank.services.follower._add = dies  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        bank.run(bank.pay(), bank.follow())
    assert bank.told() == []
    bank.services.follower._add = add  # type: ignore[method-assign]
    bank.run(bank.follow())  # the same process goes on, too
    assert bank.told() == [WAITING]


def test_a_position_that_is_set_back_tells_nothing_twice(bank: Followed) -> None:
    before = bank.position()
    bank.run(bank.pay(), bank.follow())
    with bank.bank.db.write() as connection:
        connection.exec_driver_sql(f"UPDATE outbox_journal_position SET position = {before}")
    bank.services.follower._behind = True
    bank.run(bank.follow())
    assert bank.told() == [WAITING]
    assert bank.position() == bank.durable()


def test_rebuilding_or_losing_the_read_models_sends_nothing(bank: Followed, tmp_path: Path) -> None:
    bank.run(bank.pay(), bank.follow())
    bank.close()
    assert cli.main(["--data", str(tmp_path), "project"]) == 0
    assert cli.main(["--data", str(tmp_path), "project", "--rebuild"]) == 0
    for file in tmp_path.glob("read.db*"):
        file.unlink()
    bank.open()
    bank.run(bank.follow())
    assert bank.told() == [WAITING]


def test_an_older_bank_db_goes_on_after_its_position(bank: Followed, tmp_path: Path) -> None:
    bank.run(bank.pay(), bank.follow())
    bank.close()
    shutil.copy(tmp_path / "bank.db", tmp_path / "backup.db")
    bank.open()
    bank.run(bank.pay(customer=2), bank.follow())
    bank.close()
    for file in tmp_path.glob("bank.db*"):
        file.unlink()
    shutil.copy(tmp_path / "backup.db", tmp_path / "bank.db")
    bank.open()
    bank.run(bank.follow())
    assert bank.told() == [WAITING, ("customer:2", "payment_waiting")]


def test_a_bank_db_that_knows_no_position_sends_nothing_old(bank: Followed, tmp_path: Path) -> None:
    bank.run(bank.pay())
    bank.close()
    with sqlite3.connect(tmp_path / "bank.db") as database:
        database.execute("DELETE FROM outbox_journal_position")
    bank.open()
    assert bank.position() == bank.durable()
    bank.run(bank.follow())
    assert bank.told() == []
    bank.run(bank.pay(), bank.follow())
    assert bank.told() == [WAITING]


def test_another_journal_is_followed_from_where_it_ends(bank: Followed, tmp_path: Path) -> None:
    bank.run(bank.pay())
    bank.close()
    with sqlite3.connect(tmp_path / "bank.db") as database:
        database.execute("UPDATE outbox_journal_position SET hash = zeroblob(32)")
    bank.open()
    bank.run(bank.follow())
    assert (bank.told(), bank.position()) == ([], bank.durable())


def test_what_becomes_durable_while_it_runs_is_told_without_reading_the_journal(bank: Followed) -> None:
    async def running() -> None:
        await bank.follow()
        bank.services.follower._reader = None  # type: ignore[assignment]
        for amount, customer in ((WAITS, 1), (SUCCEEDS, 2), (WAITS, 2)):
            await bank.pay(amount, customer)
        await bank.follow()

    bank.run(running())
    assert bank.told() == [WAITING, ("customer:2", "payment_waiting")]


def test_the_server_runs_it_and_stores_the_position_at_the_end(bank: Followed) -> None:
    async def running() -> None:
        task = asyncio.create_task(bank.services.follower.run())
        await bank.pay()
        while bank.position() < bank.durable() or bank.services.work.database.under_way:
            await asyncio.sleep(0)
        for _ in range(10):  # until it waits for the next row
            await asyncio.sleep(0)
        await bank.pay(SUCCEEDS)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    bank.run(running())
    assert bank.told() == [WAITING]
    assert bank.position() == bank.durable()


def test_being_cancelled_in_the_middle_loses_nothing(bank: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "AT_ONCE", 1)

    async def cancelled() -> None:
        await bank.follow()
        await bank.pay()
        await bank.pay(customer=2)
        task = asyncio.create_task(bank.follow())
        await asyncio.sleep(0)  # it has taken what was kept, and waits for the database
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await bank.follow()

    bank.run(cancelled())
    assert bank.told() == [WAITING, ("customer:2", "payment_waiting")]


def test_more_than_is_kept_in_memory_is_read_from_the_journal(bank: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "MOST_KEPT", 2)
    monkeypatch.setattr(follower, "AT_ONCE", 1)
    monkeypatch.setattr(follower, "ROWS_AT_ONCE", 1)

    async def running() -> None:
        await bank.follow()
        for customer in (1, 2, 1, 2):
            await bank.pay(customer=customer)
        assert len(bank.services.follower._kept) == 2
        await bank.follow()

    bank.run(running())
    assert [about for about, _ in bank.told()] == [f"customer:{n}" for n in (1, 2, 1, 2)]


class Gifts(Outbound):
    """Fails for a fact as often as it is told to, then sends it to everybody who is concerned."""

    name: ClassVar[str] = "gifts"
    kinds = (PaymentDecided,)

    def __init__(self, bank: Followed, fails: list[Exception], *, looks: bool = True) -> None:
        self.bank, self.fails, self.looks = bank, fails, looks

    def concerns(self, fact: bytes) -> bool:
        if not self.looks:
            raise ZeroDivisionError
        return b"gift" in fact

    def tell(self, connection, fact, origin: Origin, now: int) -> None:
        assert isinstance(fact, PaymentDecided)
        whom = f"customer:{fact.customer}"
        delivery = Delivery(f"gift_{origin}", "sms", "gift", "", whom, b"{}", now + 1_000_000, once=str(origin))
        self.bank.services.outbox.add(connection, delivery, now)
        if self.fails:
            raise self.fails.pop()


class NoGifts(Gifts):
    """Of the same kind, and never concerned."""

    name: ClassVar[str] = "no_gifts"

    def concerns(self, fact: bytes) -> bool:
        return False


class OfRefunds(Gifts):
    """Cannot even be asked about a fact of another kind."""

    name: ClassVar[str] = "of_refunds"
    kinds = (RefundDecided,)

    def concerns(self, fact: bytes) -> bool:
        return decode_fact(fact).payment != ""  # type: ignore[union-attr]


def test_each_is_asked_about_the_facts_of_its_kinds_and_about_no_other(bank: Followed) -> None:
    bank.follows(Gifts(bank, []), NoGifts(bank, []), OfRefunds(bank, []))
    for customer in (1, 2):  # read from the journal, then heard of
        bank.run(bank.pay(SUCCEEDS, customer, "gift"), bank.follow())
    assert bank.told() == [("customer:1", "gift"), ("customer:2", "gift")]


def test_a_fact_that_cannot_be_told_holds_up_no_other_and_is_told_again(bank: Followed) -> None:
    bank.follows(Gifts(bank, [KeyError("a"), ValueError("b")]))
    gifts = [bank.pay(SUCCEEDS, customer, "gift") for customer in (1, 2, 1)]
    bank.run(*gifts, bank.pay(SUCCEEDS, 2, "no present"), bank.follow())
    assert [kind for _, kind in bank.told()] == ["gifts", "gifts", "gift"]  # of nothing that failed anything is left
    assert bank.position() == bank.durable()
    bank.run(bank.services.outbox.deliver_due())
    assert sorted(bank.told())[:3] == [("customer:1", "gift"), ("customer:1", "gift"), ("customer:2", "gift")]
    with bank.bank.db.read() as connection:
        untold = connection.exec_driver_sql("SELECT state FROM outbox_deliveries WHERE topic = 'journal'").all()
    assert [row.state for row in untold] == ["sent", "sent"]


def test_what_cannot_even_say_what_concerns_it_never_stops_the_ledger(bank: Followed) -> None:
    bank.follows(Gifts(bank, [], looks=False))

    async def running() -> None:
        await bank.follow()
        assert await bank.pay(SUCCEEDS) == "succeeded"
        await bank.follow()

    bank.run(running())
    assert bank.services.ledger.stopped is None
    assert bank.told() == [(f"journal/{bank.durable()}/0", "gifts")]


def test_trouble_with_the_database_is_waited_out_and_alarmed(bank: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "STORE_SECONDS", 0.0)
    failures = [OSError("disk"), OSError("disk")]
    add, seen = bank.services.follower._add, []

    def failing(connection, facts, end) -> None:
        if failures:
            raise failures.pop()
        seen.append(bank.services.follower.failing.on)
        add(connection, facts, end)

    bank.services.follower._add = failing  # type: ignore[method-assign]

    async def running() -> None:
        task = asyncio.create_task(bank.services.follower.run())
        await bank.pay()
        while not bank.told() or bank.services.follower.failing.on:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    bank.run(running())
    assert bank.told() == [WAITING]
    assert seen[0] is True


def test_a_bank_where_nothing_happens_writes_nothing(bank: Followed) -> None:
    bank.run(bank.follow())
    written: list[object] = []
    bank.services.follower._add = lambda *args: written.append(args)  # type: ignore[method-assign]
    bank.run(bank.follow(), bank.follow())
    assert written == []
    metrics = Metrics()
    bank.services.follower.measure(metrics)
    assert "feiqian_outbox_journal_rows 0.0" in metrics.render().decode()
