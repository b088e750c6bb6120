"""Who is told what, how often, and that nobody pays for pages that are not open."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from fakes import ALICE, CAFE
from litestar.testing import TestClient

from feiqian.demo.pages.till import _events as till_events
from feiqian.demo.people import Shops
from feiqian.events import (
    PaymentCancelled,
    PaymentConfirmed,
    PaymentDecided,
    PaymentExpired,
    PaymentRefused,
    PersonTransferDecided,
    PersonTransferEnded,
    RefundDecided,
    encode_fact,
)
from feiqian.ids import CustomerNumber
from feiqian.payments.pages import live
from feiqian.payments.pages.wallet import _state
from feiqian.web import streams
from feiqian.web.site import Site
from feiqian.web.streams import Hub, Rates, TooManyStreams, message


def payment(customer: int, merchant: int = 1, number: int = 1) -> PaymentDecided:
    return PaymentDecided(
        id=f"pay_{number}",
        transfer=bytes(16),
        status="succeeded",
        reason=None,
        merchant=merchant,
        customer=customer,
        amount=100,
        currency=156,
        fee=0,
        merchant_order=str(number),
        description="",
        store="",
        terminal="",
        created_at=1,
    )


def test_only_those_concerned_are_woken() -> None:
    async def run() -> None:
        hub = Hub()
        alice, bob, shop = hub.watch(("customer", 1)), hub.watch(("customer", 2)), hub.watch(("merchant", 7))
        hub.on_rows(5, [encode_fact(payment(1, 7))])
        assert [fact.id for fact in await anext(aiter(alice)) or []] == ["pay_1"]
        assert [fact.id for fact in await anext(aiter(shop)) or []] == ["pay_1"]
        assert alice.position == shop.position == 5
        assert bob.position == 0

    asyncio.run(run())


def test_facts_are_not_even_read_while_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "decode_fact", lambda _: pytest.fail("decoded for nobody"))
    hub = Hub()
    hub.on_rows(1, [b"fact"])
    with hub.watch(("bank", 0)):  # which looks by itself
        hub.on_rows(2, [b"fact"])


def test_a_slow_page_keeps_the_newest_facts_only() -> None:
    async def run() -> None:
        hub = Hub()
        watcher = hub.watch(("customer", 1))
        for number in range(100):
            hub.on_rows(number, [encode_fact(payment(1, number=number))])
        facts = await anext(aiter(watcher))
        assert facts is not None
        assert [fact.id for fact in facts] == [f"pay_{number}" for number in range(92, 100)]
        assert watcher.position == 99

    asyncio.run(run())


def test_refunds_and_cancellations_wake_too() -> None:
    async def run() -> None:
        hub = Hub()
        watcher = hub.watch(("customer", 1))
        refund = RefundDecided("ref_1", bytes(16), "pay_1", "succeeded", None, 7, 1, 50, 156, "R", 1)
        hub.on_rows(1, [encode_fact(refund)])
        assert await anext(aiter(watcher)) == [refund]
        hub.on_rows(2, [encode_fact(PaymentCancelled("pay_1", 1))])
        assert await anext(aiter(watcher)) == []

    asyncio.run(run())


def test_money_between_people_wakes_both_sides_and_nobody_else() -> None:
    async def run() -> None:
        hub = Hub()
        alice, bob, carol = (hub.watch(("customer", number)) for number in (1, 2, 3))
        sides = {"sender": 1, "receiver": 2, "debit": b"", "credit": b"", "note": "", "number": "T1", "created_at": 1}
        sent = PersonTransferDecided("pst_1", bytes(16), "succeeded", None, amount=50, currency=156, **sides)
        hub.on_rows(1, [encode_fact(sent)])
        assert [await anext(aiter(one)) for one in (alice, bob)] == [[], []]
        hub.on_rows(2, [encode_fact(PersonTransferEnded("pst_1", "returned", 1, 2, 9))])
        assert (alice.position, bob.position, carol.position) == (2, 2, 0)

    asyncio.run(run())


def test_who_is_told_something_looks_again_from_whatever_thread_it_is_kept_in() -> None:
    async def run() -> None:
        hub = Hub()
        hub.look_again(CustomerNumber(1))  # while nobody watches
        alice, bob = (hub.watch(("customer", number)) for number in (1, 2))
        await asyncio.to_thread(hub.look_again, CustomerNumber(1))
        assert await anext(aiter(alice)) == []
        assert not bob._woken.is_set()

    asyncio.run(run())


def test_how_a_waiting_payment_ended_wakes_those_concerned_to_look_again() -> None:
    whose = ("pay_1", 7, 1)  # merchant 7, customer 1
    ends = [
        PaymentConfirmed(*whose, 100, 156, 1, "chl_1", ("pin",), "", 5),
        PaymentRefused(*whose, 100, 156, "refused_by_customer", 5),
        PaymentCancelled("pay_1", 5, merchant=7, customer=1),
        PaymentExpired(*whose, 5),
    ]

    async def run() -> None:
        hub = Hub()
        phone, till = hub.watch(("customer", 1)), hub.watch(("merchant", 7))
        others = [hub.watch(("customer", 7)), hub.watch(("merchant", 1))]
        for position, fact in enumerate(ends, start=1):
            hub.on_rows(position, [encode_fact(fact)])
            assert await anext(aiter(phone)) == await anext(aiter(till)) == []
            assert phone.position == till.position == position
        assert [other.position for other in others] == [0, 0]

    asyncio.run(run())


def test_a_heartbeat_comes_when_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.001)

    async def run() -> None:
        assert await anext(aiter(Hub().watch(("customer", 1)))) is None

    asyncio.run(run())


def test_there_are_only_so_many_streams_and_leaving_frees_them() -> None:
    hub = Hub(max_streams=2)
    with hub.watch(("customer", 1)), hub.watch(("customer", 1)):
        with pytest.raises(TooManyStreams):
            hub.watch(("customer", 1))
        assert hub.places.total == 2
        assert hub.places.refused == 1
    assert hub.places.total == 0


def test_abuse_72_one_persons_streams_end_one_by_one_for_others_and_nobody_elses() -> None:
    hub = Hub(max_streams=4)
    greedy = [hub.watch(("customer", 1)) for _ in range(4)]
    others = [hub.watch(("customer", 2)), hub.watch(("merchant", 7))]
    assert [watcher.closed for watcher in greedy] == [True, True, False, False]
    with pytest.raises(TooManyStreams):
        hub.watch(("customer", 1))
    newest = hub.watch(("customer", 3))  # who has none is given one of somebody who has more
    assert [watcher.closed for watcher in greedy] == [True, True, True, False]
    assert not any(watcher.closed for watcher in (*others, newest))
    assert hub.places.total == 4
    for watcher in (*greedy, *others, newest):  # as their pages do when they end
        hub.leave(watcher)
    assert hub.places.total == 0


def test_abuse_72_one_person_has_so_many_streams_and_then_the_oldest_ends() -> None:
    hub = Hub()
    mine = [hub.watch(("customer", 1)) for _ in range(300)]
    assert [watcher.closed for watcher in mine] == [True] * 294 + [False] * 6
    assert hub.places.total == streams.MAX_STREAMS_OF_ONE == 6


def test_abuse_72_one_person_opens_so_many_streams_at_once_and_a_few_a_second_after_that() -> None:
    seconds = 0.0
    hub = Hub(now=lambda: seconds)
    for _ in range(streams.OPENED_AT_ONCE):
        hub.opening(1)
    with pytest.raises(TooManyStreams):
        hub.opening(1)
    hub.opening(2)
    seconds = 1.0
    for _ in range(streams.OPENED_PER_SECOND):
        hub.opening(1)
    with pytest.raises(TooManyStreams):
        hub.opening(1)


def test_abuse_72_a_wallet_that_is_opened_too_fast_is_told_to_come_later(alice: TestClient[Any], site: Site) -> None:
    page_for = re.search(r'name="page_for" value="([^"]+)"', alice.get("/wallet").text)
    assert page_for is not None
    for _ in range(streams.OPENED_AT_ONCE):
        site.hub.opening(ALICE.number)
    answer = alice.get("/wallet/events", params={"page_for": page_for[1]})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert site.hub.places.total == 0


def test_an_ended_stream_tells_its_page_no_more() -> None:
    async def run() -> None:
        hub = Hub(max_streams=2)
        first, _, other = (hub.watch(("customer", number)) for number in (1, 1, 2))
        hub.on_rows(5, [encode_fact(payment(1))])
        assert [facts async for facts in first] == []
        assert not other.closed

    asyncio.run(run())


def test_closing_ends_every_stream_at_once() -> None:
    async def run() -> None:
        hub = Hub()
        watcher = hub.watch(("customer", 1))
        hub.close()
        assert [facts async for facts in watcher] == []
        with pytest.raises(TooManyStreams):
            hub.watch(("customer", 1))

    asyncio.run(run())


def test_the_phone_is_sent_what_changed(site: Site) -> None:
    async def run() -> None:
        events = live.events(site, ALICE.number, site.hub.watch(("customer", 1)), _state)
        first = await anext(events)
        assert b'"sheet":null' in first
        site.hub.on_rows(3, [encode_fact(payment(1))])
        then = await anext(events)
        assert then.startswith(b"event: state\ndata: ")
        assert "Paid ¥1.00".encode() in then
        await events.aclose()
        assert site.hub.places.total == 0

    asyncio.run(run())


def test_the_till_is_sent_its_state_at_once_and_when_a_payment_ends(site: Site) -> None:
    async def run() -> None:
        till = Shops(site.services).by_id(CAFE.id)
        events = till_events(site, till, site.hub.watch(("merchant", CAFE.number)))
        first = await anext(events)
        assert b"event: state" in first
        assert b"takings" in first
        refused = PaymentRefused("pay_1", CAFE.number, 1, 100, 156, "refused_by_customer", 5)
        site.hub.on_rows(3, [encode_fact(refused)])
        assert (await anext(events)).startswith(b"event: state")
        await events.aclose()
        assert site.hub.places.total == 0

    asyncio.run(run())


def test_rates_are_counted_by_whole_seconds() -> None:
    now = [100.0]
    rates = Rates(seconds=4, now=lambda: now[0])
    rates.add(3)
    rates.add(2)
    assert rates.history() == [0, 0, 0, 0]  # the second is not over
    now[0] = 101.5
    assert rates.history() == [0, 0, 0, 5]
    now[0] = 103.0
    assert rates.history() == [0, 5, 0, 0]
    now[0] = 900.0
    assert rates.history() == [0, 0, 0, 0]


def test_a_message_never_breaks_its_line() -> None:
    assert message("state", {"text": "a\nb\r\n"}).count(b"\n") == 3
