"""What listeners are told: everything once, in order, from where they were; and whose it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from feiqian.clock import MICROSECONDS
from feiqian.testing.served import Served
from feiqian.webhooks import listening
from feiqian.webhooks.listening import START, Heard
from tests.webhooks.receiving import HookedBank, Receiver

PATH = "/v1/webhook-events"
BOTH = pytest.mark.parametrize("bank", ["sqlite", "postgres"], indirect=True)
DAY_SECONDS = 24 * 3_600


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("bank")
    bank = Served(folder)
    yield bank
    bank.stop()


def listen(bank: HookedBank, place: str | None, limit: int = 20, merchant: Any = None) -> Heard:
    found: Heard = bank.run(bank.webhooks.listening.after((merchant or bank.shop).number, place, limit, 0))[0]
    return found


def versions(bank: HookedBank, place: str | None, limit: int = 20) -> list[bytes]:
    return [one.data for one in listen(bank, place, limit).events]


@BOTH
def test_a_listener_hears_what_happens_from_now_on_in_order_and_goes_on_where_it_was(bank: HookedBank) -> None:
    bank.run(bank.happens(1))
    place = listen(bank, None).place
    assert (place, listen(bank, place).events) == (START, [])
    bank.run(bank.happens(2, 3), bank.happens(1, object="ord_2"))
    first = listen(bank, place, limit=2)
    assert [one.data for one in first.events] == [b'{"id":"ord_1","version":2}', b'{"id":"ord_1","version":3}']
    assert [one.data for one in listen(bank, first.place).events] == [b'{"id":"ord_2","version":1}']
    assert listen(bank, first.place) == listen(bank, first.place)  # as often as it asks
    assert listen(bank, None).place == listen(bank, first.place).place  # another begins behind all that


def test_a_listener_goes_on_after_a_crash_of_the_bank(bank: HookedBank) -> None:
    place = listen(bank, None).place
    bank.run(bank.happens(1))
    bank.crash()
    bank.run(bank.happens(2))
    assert versions(bank, place) == [b'{"id":"ord_1","version":1}', b'{"id":"ord_1","version":2}']


def test_what_is_told_to_a_listener_is_what_an_endpoint_is_sent(bank: HookedBank, receiver: Receiver) -> None:
    bank.endpoint(receiver.url, "payment.*")
    place = listen(bank, None).place
    bank.run(bank.pay(), bank.send())
    [got] = [got for got in receiver.got if got.type == "payment.succeeded"]
    [one] = listen(bank, place).events
    assert (one.id, one.type) == (got.id, "payment.succeeded")


def test_a_fact_that_is_told_again_is_heard_once(bank: HookedBank) -> None:
    place = listen(bank, None).place
    bank.run(bank.pay(), bank.send())
    with bank.bank.db.write() as connection:
        connection.exec_driver_sql("UPDATE outbox_journal_position SET position = 0")
    bank.services.follower._behind = True
    bank.run(bank.send())
    assert len(listen(bank, place).events) == 1


def test_abuse_28_a_listener_hears_nothing_of_another_merchants(bank: HookedBank) -> None:
    listen(bank, None)
    theirs = listen(bank, None, merchant=bank.other_shop).place
    bank.run(bank.pay(), bank.send())
    [mine] = listen(bank, START).events
    assert listen(bank, theirs, merchant=bank.other_shop).events == []
    assert listen(bank, mine.id, merchant=bank.other_shop) == Heard([], mine.id, missed=True)


def test_nothing_is_kept_for_who_does_not_listen_and_for_so_long_for_who_did(bank: HookedBank) -> None:
    bank.run(bank.pay(), bank.send())
    assert bank.rows("SELECT * FROM webhooks_events") == []
    place = listen(bank, None).place
    bank.run(bank.pay(), bank.send())
    bank.clock.advance(listening.KEEP // MICROSECONDS - 60)
    bank.run(bank.pay(), bank.send(), bank.webhooks.look())
    assert len(listen(bank, place).events) == 2
    bank.clock.advance(DAY_SECONDS)
    bank.run(bank.webhooks.look())
    assert len(listen(bank, place).events) == 1  # the older one is too old
    bank.clock.advance(listening.KEEP // MICROSECONDS)
    bank.run(bank.webhooks.look(), bank.pay(), bank.send())
    assert listen(bank, place).events == []
    assert bank.webhooks.listening.merchants == {bank.shop.number}  # who has just asked again


def test_a_place_that_is_no_longer_kept_is_said_to_be_missed(bank: HookedBank) -> None:
    listen(bank, None)
    bank.run(bank.happens(1))
    [old] = listen(bank, START).events
    bank.clock.advance(listening.KEEP // MICROSECONDS - 60)
    listen(bank, None)
    bank.clock.advance(60)
    bank.run(bank.webhooks.look(), bank.happens(2))
    found = listen(bank, old.id)
    assert (found.missed, [one.data for one in found.events]) == (True, [b'{"id":"ord_1","version":2}'])


def test_that_somebody_listens_is_in_the_audit_log_once(bank: HookedBank) -> None:
    for _ in range(3):
        listen(bank, None)
        bank.clock.advance(2 * DAY_SECONDS)
    assert len(bank.rows("SELECT 1 FROM trail_entries WHERE action = 'webhook_listened'")) == 1


def test_who_waits_is_answered_when_it_happens(served: Served) -> None:
    with served.client() as shop:
        place = shop.get(PATH).json()["next"]

        async def both() -> Any:
            headers = {"authorization": f"Bearer {served.merchants[0].key}"}
            async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=60) as other:
                waits = [other.get(PATH, params={"after": place, "wait": 30}) for _ in range(2)]
                tasks = [asyncio.ensure_future(one) for one in waits]
                places = served.bank.services.webhooks.listening.waiters.places
                await asyncio.to_thread(served.until, lambda: places.total == 2)
                paid = await other.post("/v1/payments", json=served.order())
                return paid.json(), [answer.json() for answer in await asyncio.gather(*tasks)]

        paid, heard = asyncio.run(both())
        assert heard[0] == heard[1]
        [event] = heard[0]["data"]
        assert (event["type"], event["id"]) == ("payment.succeeded", heard[0]["next"])
        assert paid["id"] in event["body"]
        assert shop.get(PATH, params={"after": heard[0]["next"]}).json()["data"] == []


def test_more_than_so_many_of_one_merchant_are_answered_at_once(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = served.bank.services.webhooks.listening.waiters.places
    monkeypatch.setattr(places, "of_one", 0)
    with served.client() as shop:
        answer = shop.get(PATH, params={"after": START, "wait": 30})
        assert answer.status_code == 200
    assert places.total == 0


@pytest.mark.parametrize("query", [{"wait": 31}, {"limit": 0}, {"after": "a b"}, {"unknown": 1}])
def test_abuse_29_a_question_that_is_wrong_is_refused(served: Served, query: dict[str, Any]) -> None:
    with served.client() as shop:
        assert shop.get(PATH, params=query).status_code == 422
