"""In order for each object while the first succeeds; afterwards the newest goes, and says how many it supersedes."""

from __future__ import annotations

import pytest

from feiqian.webhooks.service import OF_ONE_ENDPOINT
from tests.webhooks.receiving import Answer, HookedBank, Receiver

BOTH = pytest.mark.parametrize("bank", ["sqlite", "postgres"], indirect=True)
FAILS = Answer(500)


@BOTH
def test_abuse_59_what_is_of_one_object_arrives_in_order(bank: HookedBank, receiver: Receiver) -> None:
    bank.endpoint(receiver.url, "order.*")
    bank.run(bank.happens(1, 2, 3))
    assert [bank.after(0) for _ in range(4)] == [1, 1, 1, 0]
    assert receiver.versions() == [(1, 0), (2, 0), (3, 0)]


@BOTH
def test_once_the_first_failed_the_newest_goes_and_the_older_ones_are_superseded(
    bank: HookedBank, receiver: Receiver
) -> None:
    endpoint, _ = bank.endpoint(receiver.url, "order.*")
    receiver.script = [FAILS]
    bank.run(bank.happens(1, 2, 3), bank.send())
    assert bank.after(0) == 1, "what is newer does not wait for the next attempt of the one that failed"
    assert receiver.versions() == [(1, 0), (3, 2)]
    assert bank.after(10) == 0
    states = bank.states(endpoint)
    assert states == [("order.paid", "replaced"), ("order.paid", "replaced"), ("order.paid", "sent")]
    assert [one.replaces for one in bank.deliveries(endpoint)] == [2, 0, 0]


def test_what_comes_while_an_older_one_fails_goes_at_once_and_has_a_schedule_of_its_own(
    bank: HookedBank, receiver: Receiver
) -> None:
    bank.endpoint(receiver.url, "order.*")
    receiver.script = [FAILS, FAILS, FAILS]
    bank.run(bank.happens(1), bank.send())
    assert [bank.after(5), bank.after(10)] == [1, 0]  # again in five minutes
    bank.run(bank.happens(2))
    assert [bank.after(0), bank.after(4), bank.after(1)] == [1, 0, 1]
    assert receiver.versions() == [(1, 0), (1, 0), (2, 1), (2, 1)]


def test_a_body_is_the_same_at_each_attempt(bank: HookedBank, receiver: Receiver) -> None:
    bank.endpoint(receiver.url, "order.*")
    receiver.script = [FAILS, FAILS, FAILS]
    bank.run(bank.happens(1, 2), bank.send())
    for seconds in (0, 5, 300):
        assert bank.after(seconds) == 1
    assert [got.json["data"]["version"] for got in receiver.got] == [1, 2, 2, 2]
    assert len({got.body for got in receiver.got[1:]}) == 1
    assert len({got.id for got in receiver.got[1:]}) == 1


def test_other_objects_do_not_wait_for_one_that_fails(bank: HookedBank, receiver: Receiver) -> None:
    bank.endpoint(receiver.url, "order.*")
    receiver.script = [FAILS]
    bank.run(bank.happens(1), bank.send(), bank.happens(1, object="ord_2"), bank.send())
    assert [got.json["data"]["id"] for got in receiver.got] == ["ord_1", "ord_2"]


def test_abuse_59_what_is_told_late_supersedes_nothing_newer(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, _ = bank.endpoint(receiver.url, "order.*")
    receiver.script = [FAILS]
    bank.run(bank.happens(2), bank.send())
    bank._positions -= 2  # a fact that was set aside and is told again
    bank.run(bank.happens(1))
    assert [bank.after(0), bank.after(5)] == [1, 1]
    assert receiver.versions() == [(2, 0), (1, 0), (2, 0)]
    assert {state for _, state in bank.states(endpoint)} == {"sent"}


def test_a_replay_supersedes_nothing_and_is_not_superseded(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, _ = bank.endpoint(receiver.url, "order.*")
    bank.run(bank.happens(1), bank.send())
    receiver.script = [FAILS]
    bank.run(bank.happens(2), bank.send())
    [_, first] = bank.deliveries(endpoint)
    bank.run(bank.webhooks.log.replay(bank.shop.number, first.id))
    assert [bank.after(0), bank.after(5)] == [1, 1]
    assert receiver.versions() == [(1, 0), (2, 0), (1, 0), (2, 0)]


@BOTH
def test_abuse_61_an_endpoint_has_so_many_places_and_the_others_are_served(
    bank: HookedBank, receiver: Receiver
) -> None:
    other = Receiver()
    try:
        bank.endpoint(receiver.url, "order.*")
        bank.endpoint(other.url, "order.*")
        numbers = range(3 * OF_ONE_ENDPOINT)
        bank.run(*(bank.happens(1, object=f"ord_{number}") for number in numbers))
        receiver.script = [FAILS] * 100
        assert bank.after(0) == 2 * OF_ONE_ENDPOINT
        assert bank.after(0) == 1 + OF_ONE_ENDPOINT, "one that failed has one place"
        assert bank.after(0) == 1 + OF_ONE_ENDPOINT
        assert len(other.got) == len(numbers)
    finally:
        other.close()
