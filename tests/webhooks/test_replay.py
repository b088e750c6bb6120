"""Sending again: one, or all of a time; and what a crash or a restored backup sends again, with the same id."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from feiqian.events import PaymentCancelled, PaymentConfirmed, PaymentDecided, PaymentExpired, PaymentRefused
from feiqian.outbox import store
from feiqian.webhooks import log
from feiqian.webhooks.endpoints import Wanted
from feiqian.webhooks.errors import DeliveryNotFound, EndpointBusy, EndpointDisabled
from tests.webhooks.receiving import WAITS, Answer, HookedBank, Receiver

BOTH = pytest.mark.parametrize("bank", ["sqlite", "postgres"], indirect=True)


def test_abuse_55_a_replay_has_the_same_id_and_body_and_a_fresh_time(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, secret = bank.endpoint(receiver.url)
    bank.run(bank.happens(1), bank.send())
    bank.clock.advance(1_000)
    [delivery] = bank.deliveries(endpoint)
    [again] = bank.run(bank.webhooks.log.replay(bank.shop.number, delivery.id))
    bank.run(bank.send())
    first, second = receiver.got
    assert (second.id, second.body) == (first.id, first.body)
    assert int(second.headers["webhook-timestamp"]) == int(first.headers["webhook-timestamp"]) + 1_000
    assert second.signed_by(secret)
    assert [one.id for one in bank.deliveries(endpoint)] == [again, delivery.id]


def test_a_range_sends_again_what_has_not_arrived_or_all_of_it(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, _ = bank.endpoint(receiver.url, "order.*")
    bank.run(bank.happens(1), bank.send())
    middle = bank.clock.now()
    bank.clock.advance(1)
    receiver.script = [Answer(410)]
    bank.run(bank.happens(2, object="ord_2"), bank.send())
    bank.run(bank.happens(3, object="ord_3"))
    replay = bank.webhooks.log.replay_range
    with pytest.raises(EndpointDisabled):
        bank.run(replay(bank.shop.number, endpoint.id, 0, 2**60, undelivered=True))
    bank.run(bank.webhooks.endpoints.enable(bank.shop.number, endpoint.id))
    [(ids, rest)] = bank.run(replay(bank.shop.number, endpoint.id, 0, 2**60, undelivered=True))
    assert (len(ids), rest) == (2, 0), "what happened while it was disabled is kept, too"
    while bank.after(0):
        pass
    assert sorted(receiver.versions()) == [(1, 0), (2, 0), (2, 0), (3, 0)]
    [(ids, _)] = bank.run(replay(bank.shop.number, endpoint.id, 0, middle + 1, undelivered=False))
    bank.run(bank.send())
    assert (len(ids), receiver.versions()[-1]) == (1, (1, 0))


def test_a_long_range_is_sent_in_parts_that_leave_nothing_out(
    bank: HookedBank, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "AT_ONCE", 3)
    endpoint, _ = bank.endpoint(receiver.url, "order.*")
    for number in range(7):
        bank.run(bank.happens(number, object=f"ord_{number}"))
        bank.clock.advance(number % 2)  # two at each moment
    since, found = 1, 0
    while since:
        [(ids, since)] = bank.run(
            bank.webhooks.log.replay_range(bank.shop.number, endpoint.id, since, 2**60, undelivered=False)
        )
        found += len(ids)
    assert found == 7


def test_another_endpoint_gets_with_a_range_what_happened_before_it_was_made(
    bank: HookedBank, receiver: Receiver
) -> None:
    bank.endpoint("http://127.0.0.1:1/", "order.*")
    bank.run(bank.happens(1))
    bank.clock.advance(1)
    endpoint, _ = bank.endpoint(receiver.url, "order.*")
    bank.run(bank.webhooks.log.replay_range(bank.shop.number, endpoint.id, 0, 2**60, undelivered=True), bank.send())
    assert receiver.versions() == [(1, 0)]


def test_nothing_is_sent_again_while_so_much_waits(
    bank: HookedBank, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MOST_WAITING", 3)
    endpoint, _ = bank.endpoint(receiver.url, "order.*")
    bank.run(bank.happens(1), bank.send())
    [delivery] = bank.deliveries(endpoint)
    replay = bank.webhooks.log.replay
    bank.run(*(replay(bank.shop.number, delivery.id) for _ in range(3)))
    with pytest.raises(EndpointBusy):
        bank.run(replay(bank.shop.number, delivery.id))
    bank.run(bank.send(), replay(bank.shop.number, delivery.id))


def test_what_is_of_nobody_cannot_be_sent_again(bank: HookedBank) -> None:
    with pytest.raises(DeliveryNotFound):
        bank.run(bank.webhooks.log.replay(bank.shop.number, "dlv_nothing"))


# --- crashes and backups ---------------------------------------------------------------------------------------------


@BOTH
def test_a_process_that_dies_after_sending_and_before_noting_it_sends_it_again_with_the_same_id(
    bank: HookedBank, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise OSError("killed")

    endpoint, _ = bank.endpoint(receiver.url)
    bank.run(bank.pay())
    with monkeypatch.context() as patched:
        patched.setattr(store, "sent", dies)
        bank.run(bank.send())
    assert len(receiver.got) == 1
    bank.crash()  # a minute later
    assert bank.after(0) == 0, "its lease is not over"
    assert bank.after(store.LEASE / 1_000_000) == 1
    assert bank.after(1_000) == 0
    first, second = receiver.got
    assert (second.id, second.body) == (first.id, first.body)
    assert [one.state for one in bank.deliveries(endpoint)] == ["sent"]


def test_what_was_paid_before_a_crash_and_not_told_is_told_after_it(bank: HookedBank, receiver: Receiver) -> None:
    bank.endpoint(receiver.url)
    [paid] = bank.run(bank.pay())
    bank.crash()
    bank.run(bank.send())
    assert [got.json["data"]["id"] for got in receiver.got] == [paid.id]


def test_a_restored_backup_sends_what_came_after_it_again_with_the_same_ids(
    bank: HookedBank, receiver: Receiver
) -> None:
    folder = Path(bank.settings.data)
    bank.endpoint(receiver.url)
    bank.run(bank.pay(), bank.send())
    bank.close()
    shutil.copy(folder / "bank.db", folder / "backup.db")
    bank.open()
    bank.run(bank.pay(), bank.send())
    bank.close()
    for file in folder.glob("bank.db*"):
        file.unlink()
    shutil.copy(folder / "backup.db", folder / "bank.db")
    bank.clock.advance(60)
    bank.open()
    bank.run(bank.send())
    assert len(receiver.got) == 3
    assert receiver.got[2].id == receiver.got[1].id
    assert receiver.got[2].body == receiver.got[1].body


def test_an_event_that_is_told_twice_is_sent_once(bank: HookedBank, receiver: Receiver) -> None:
    bank.endpoint(receiver.url)
    bank.run(bank.happens(1))
    bank._positions -= 1
    bank.run(bank.happens(1))
    assert [bank.after(0), bank.after(0)] == [1, 0]


# --- payments that waited --------------------------------------------------------------------------------------------


def test_the_end_of_a_payment_that_waited_says_what_it_was(bank: HookedBank, receiver: Receiver) -> None:
    bank.run(bank.pay(WAITS), bank.send())  # before anybody has an endpoint
    [fact] = [fact for fact in bank.facts() if isinstance(fact, PaymentDecided)]
    mine = fact.id, fact.merchant, fact.customer
    ends = (
        PaymentConfirmed(*mine, fact.amount, fact.currency, 7, "chl_1", ("pin",), "", fact.created_at + 1),
        PaymentRefused(*mine, fact.amount, fact.currency, "insufficient_funds", fact.created_at + 2),
        PaymentCancelled(fact.id, fact.created_at + 3, fact.merchant, fact.customer),
        PaymentExpired(*mine, fact.created_at + 4),
    )
    [told] = [one for one in bank.services.follower._outbounds.values() if one.name == "payment_events"]
    with bank.bank.db.read() as connection:
        events = [event for end in ends for event in told.events_of(connection, end)]  # type: ignore[attr-defined]
    shown = [(event.type, event.data.merchant_order, event.data.fee, event.data.net) for event in events]
    paid = fact.amount
    assert shown == [
        ("payment.succeeded", "order-1", 7, paid - 7),
        ("payment.declined", "order-1", 0, 0),
        ("payment.cancelled", "order-1", 0, 0),
        ("payment.expired", "order-1", 0, 0),
    ]
    assert [event.data.reason for event in events] == [None, "insufficient_funds", None, None]
    assert [event.at - fact.created_at for event in events] == [1, 2, 3, 4]


def test_a_change_of_the_address_counts_for_what_waits(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, _ = bank.endpoint("http://127.0.0.1:1/", "order.*")
    bank.run(bank.happens(1), bank.send())
    wanted = Wanted(receiver.url, ("order.*",))
    bank.run(bank.webhooks.endpoints.change(bank.shop.number, endpoint.id, wanted))
    assert bank.after(5) == 1
    assert receiver.versions() == [(1, 0)]
