"""Deliveries: in order for each receiver, at least once, on a schedule; a receiver that is down holds up no other."""

from __future__ import annotations

import asyncio

import pytest
from sending import BOTH, HOUR, Bank, Scripted

from feiqian.clock import MICROSECONDS
from feiqian.outbox import store
from feiqian.outbox.errors import NotResendable, NotSent, RefusedForGood
from feiqian.outbox.model import State
from feiqian.runtime.metrics import Metrics


@BOTH
def test_a_receivers_deliveries_arrive_in_order_and_wait_for_one_that_fails(bank: Bank) -> None:
    bank.sender.script["a"] = [NotSent("HTTP 500"), NotSent("HTTP 500")]
    for kind, receiver in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a"), ("b2", "b")):
        bank.add(kind, receiver)
    assert bank.deliver() == 2  # the first of each
    assert bank.deliver() == 1
    assert bank.kinds() == ["b1", "b2"]
    for seconds in (5, 300):
        bank.clock.advance(seconds - 0.001)
        assert bank.deliver() == 0
        bank.clock.advance(0.001)
        assert bank.deliver() == 1
    while bank.deliver():
        pass
    assert bank.sender.tried == ["a1", "b1", "b2", "a1", "a1", "a2", "a3"]
    assert bank.kinds() == ["b1", "b2", "a1", "a2", "a3"]


def test_what_is_a_receiver_of_its_own_waits_for_nothing(bank: Bank) -> None:
    for kind in ("code 1", "code 2", "code 3"):
        bank.add(kind, receiver="")
    assert bank.deliver() == 3


@BOTH
def test_of_one_receiver_nobody_claims_a_second_while_the_first_is_under_way(bank: Bank) -> None:
    for n in range(6):
        bank.add(f"a{n}", "a")
        bank.add(f"b{n}", "b")
    now = bank.clock.now()

    def claim() -> list[str]:
        with bank.db.write() as connection:
            return [one.kind for one in store.claim(connection, bank.cipher, "hook", 5, now)]

    async def all_at_once() -> list[list[str]]:
        return await asyncio.gather(*(bank.work.db(claim) for _ in range(8)))

    claimed = [kind for some in asyncio.run(all_at_once()) for kind in some]
    assert sorted(claimed) == ["a0", "b0"]


@BOTH
def test_what_was_claimed_by_somebody_who_died_comes_first_when_the_lease_ends(bank: Bank) -> None:
    bank.add("a1")
    bank.add("a2")
    with bank.db.write() as connection:
        assert len(store.claim(connection, bank.cipher, "hook", 8, bank.clock.now())) == 1
    bank.build()
    assert bank.deliver() == 0
    bank.clock.advance(store.LEASE / 1_000_000)
    assert [bank.deliver(), bank.deliver()] == [1, 1]
    assert bank.kinds() == ["a1", "a2"]


def test_a_claim_that_was_lost_to_another_changes_nothing_but_that_it_was_sent(bank: Bank) -> None:
    bank.add("a1")
    with bank.db.write() as connection:
        [lost] = store.claim(connection, bank.cipher, "hook", 8, bank.clock.now())
    bank.clock.advance(store.LEASE / 1_000_000)
    with bank.db.write() as connection:
        [mine] = store.claim(connection, bank.cipher, "hook", 8, bank.clock.now())
    leased = bank.rows("next_at")
    with bank.db.write() as connection:
        store.again(connection, lost, 0, "late")
        store.dead(connection, lost, "late", HOUR, bank.clock.now())
        store.expired(connection, lost, "late", bank.clock.now())
    assert (bank.rows("state"), bank.rows("next_at")) == (["queued"], leased)
    with bank.db.write() as connection:
        store.sent(connection, lost, bank.clock.now())
        store.again(connection, mine, 0, "late")
    assert bank.rows("state") == ["sent"]


def test_receivers_that_are_down_take_half_of_the_places_at_most(bank: Bank) -> None:
    bank.build(at_once=4)
    for n in range(8):
        bank.add(f"down {n}", f"down {n}")
    now = bank.clock.now()
    with bank.db.write() as connection:
        for claimed in store.claim(connection, bank.cipher, "hook", 8, now):
            store.again(connection, claimed, now, "HTTP 500")
    for n in range(8):
        bank.add(f"up {n}", f"up {n}")
    under_way: list[str] = []

    class Slow(Scripted):
        async def send(self, claimed) -> None:
            under_way.append(claimed.receiver)
            if len(under_way) == 4:
                full.set()
            await asyncio.Event().wait()

    full = asyncio.Event()
    bank.build(Slow(), at_once=4)

    async def run() -> None:
        running = asyncio.create_task(bank.outbox.run())
        await full.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    assert sorted(receiver[:2] for receiver in under_way) == ["do", "do", "up", "up"]
    assert bank.sender.closed


def test_what_is_queued_while_it_runs_is_sent_at_once(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit wakes the worker: it does not wait for its next look."""
    monkeypatch.setattr("feiqian.outbox.delivery.LONGEST_PAUSE_SECONDS", 100.0)

    class Telling(Scripted):
        async def send(self, claimed) -> None:
            await super().send(claimed)
            arrived.set()

    arrived = asyncio.Event()
    bank.build(Telling())

    async def run() -> None:
        running = asyncio.create_task(bank.outbox.run())
        for n in range(3):
            arrived.clear()
            await bank.work.db(bank.add, f"a{n}")
            await asyncio.wait_for(arrived.wait(), 60)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(run())
    assert bank.kinds() == ["a0", "a1", "a2"]


def test_nothing_of_a_transaction_that_failed_is_sent(bank: Bank) -> None:
    def add_and_fail() -> None:
        with bank.db.write() as connection:
            bank.outbox.add(connection, bank.delivery("a1"), bank.clock.now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_and_fail()
    assert (bank.deliver(), bank.rows("kind")) == (0, [])


@BOTH
def test_what_is_derived_from_the_same_is_added_once(bank: Bank) -> None:
    assert bank.add("a1", once="journal/7/0/a")
    assert bank.add("a1", once="journal/7/0/a") == ""
    assert bank.add("a2", once="journal/7/1/a")
    bank.deliver()
    assert bank.add("a1", once="journal/7/0/a") == ""  # after it was sent, too
    assert bank.rows("kind") == ["a1", "a2"]


def test_what_expires_holds_up_nothing_and_is_never_sent(bank: Bank) -> None:
    bank.sender.script["a"] = [NotSent("HTTP 500")] * 2
    bank.add("a1", expires_at=bank.clock.now() + 4_000_000)  # before its next attempt
    bank.add("a2", expires_at=bank.clock.now() + 60_000_000)
    bank.add("a3")
    assert bank.deliver() == 1
    assert bank.rows("state, sealed")[0] == ("expired", None)
    bank.deliver()
    bank.clock.advance(60)
    assert bank.deliver() == 1
    assert bank.rows("state") == ["expired", "expired", "sent"]
    assert bank.outbox.counts("hook").expired == 2


def test_the_schedule_is_used_up_then_it_is_a_dead_letter_and_the_next_goes(bank: Bank) -> None:
    bank.sender.script["a"] = [NotSent("HTTP 500")] * 4
    bank.add("a1")
    bank.add("a2")
    for seconds in (5, 300, 1_800):
        assert bank.deliver() == 1
        bank.clock.advance(seconds)
    assert bank.deliver() == 1
    assert bank.rows("state, why") == [("dead", "tried as often as it may be: HTTP 500"), ("queued", "")]
    assert bank.deliver() == 1
    assert bank.kinds() == ["a2"]


def test_no_sooner_than_the_other_side_asks_and_no_later_than_the_schedule_ever_waits(bank: Bank) -> None:
    bank.sender.script["a"] = [NotSent("HTTP 429", 60), NotSent("HTTP 429", 1_000_000)]
    bank.add("a1")
    for seconds in (60, 1_800):
        assert bank.deliver() == 1
        bank.clock.advance(seconds - 1)
        assert bank.deliver() == 0
        bank.clock.advance(1)
    assert bank.deliver() == 1


@BOTH
def test_a_dead_letter_is_kept_listed_and_sent_again_in_its_place(bank: Bank) -> None:
    bank.sender.script["a"] = [RefusedForGood("HTTP 410"), NotSent("HTTP 500")]
    first = bank.add("a1")
    bank.deliver()
    second = bank.add("a2")
    bank.deliver()
    with bank.db.write() as connection:
        [dead] = store.kept(connection, State.DEAD, "hook", 10)
        assert (dead.id, dead.kind, dead.why, dead.attempts, dead.payload_kept) == (first, "a1", "HTTP 410", 1, True)
        assert store.kept(connection, State.DEAD, "sms", 10) == []
        assert [one.id for one in store.kept(connection, State.QUEUED, "", 10)] == [second]
        assert store.resend(connection, first, bank.clock.now()) == "hook"
    bank.clock.advance(5)
    while bank.deliver():
        pass
    assert bank.kinds() == ["a1", "a2"]
    with bank.db.write() as connection, pytest.raises(NotResendable):
        store.resend(connection, first, bank.clock.now())


def test_a_dead_letter_loses_its_payload_when_it_expires_and_its_row_when_its_topic_says(bank: Bank) -> None:
    bank.build(keep_dead=200 * HOUR * 1_000_000)
    bank.sender.script["a"] = [RefusedForGood("HTTP 410")]
    id = bank.add("a1")
    bank.deliver()
    bank.clock.advance(100 * HOUR)
    bank.look()
    assert bank.rows("state, sealed") == [("dead", None)]
    with bank.db.write() as connection, pytest.raises(NotResendable):
        store.resend(connection, id, bank.clock.now())
    bank.clock.advance(100 * HOUR)
    bank.look()
    assert bank.rows("id") == []


def test_whoever_hears_of_a_dead_letter_does_in_the_transaction_that_notes_it(bank: Bank) -> None:
    def noted(connection, claimed, ended) -> None:
        heard.append((claimed.kind, ended.state, ended.error.why))
        raise OSError("disk")

    heard: list[tuple[str, str, str]] = []
    bank.build(noted=noted)
    bank.sender.script["a"] = [RefusedForGood("HTTP 410")]
    bank.add("a1")
    bank.deliver()
    assert (heard, bank.rows("state")) == ([("a1", "dead", "HTTP 410")], ["queued"])


def test_the_metrics_and_alarms_of_a_topic(bank: Bank) -> None:
    metrics = Metrics()
    bank.outbox.measure(metrics)
    bank.sender.script["a"] = [NotSent("HTTP 500"), None]
    bank.add("a1")
    bank.add("b1", "b")
    bank.deliver()
    bank.clock.advance(4)
    bank.look()
    shown = metrics.render().decode()
    for name, value in (("sent_total", 1), ("retried_total", 1), ("queued", 1), ("oldest_seconds", 4)):
        assert f'feiqian_outbox_{name}{{topic="hook"}} {value}.0' in shown
    bank.clock.advance(601)
    bank.look()
    assert "feiqian_alarm_outbox_stalled 1.0" in metrics.render().decode()
    bank.deliver()
    bank.look()
    for n in range(10):
        bank.sender.script[f"c{n}"] = [RefusedForGood("no")]
        bank.add("c", f"c{n}")
    while bank.deliver():
        pass
    bank.look()
    shown = metrics.render().decode()
    assert "feiqian_alarm_outbox_stalled 0.0" in shown
    assert "feiqian_alarm_outbox_dead_letters 1.0" in shown


def test_what_is_sent_later_is_not_sent_before_and_is_no_alarm(bank: Bank) -> None:
    bank.add("a1", not_before=bank.clock.now() + HOUR * MICROSECONDS)
    bank.clock.advance(HOUR - 1)
    bank.look()
    assert (bank.deliver(), bank.outbox.stalled.on, bank.outbox.waiting["hook"].queued) == (0, False, 1)
    bank.clock.advance(1)
    assert bank.deliver() == 1
    assert bank.rows("state") == ["sent"]


def test_a_lane_that_stands_still_is_no_alarm(bank: Bank) -> None:
    bank.build(lane_places=2)
    bank.sender.script["a"] = [NotSent("HTTP 500")] * 3
    bank.add("a1", lane="shop")
    for n in range(10):
        bank.sender.script[f"c{n}"] = [RefusedForGood("no")]
        bank.add("c", f"c{n}", lane="shop")
    while bank.deliver():
        pass
    bank.clock.advance(1_000)
    bank.look()
    assert (bank.outbox.stalled.on, bank.outbox.dying.on) == (False, False)


def test_nothing_of_what_is_sent_is_in_reprs_or_in_the_clear_in_the_table(bank: Bank) -> None:
    bank.add("a1")
    bank.deliver()
    bank.add("a2")
    assert "secret" not in repr(bank.sender.taken) + repr(bank.delivery("a3")) + repr(bank.rows("sealed"))
