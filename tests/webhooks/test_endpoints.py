"""Endpoints under /v1: whose they are, what is refused, secrets, and what is sent to which."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from feiqian.testing.served import Served
from feiqian.webhooks import endpoints
from tests.webhooks.receiving import HookedBank, Receiver

PATH = "/v1/webhook-endpoints"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("bank")
    bank = Served(folder)
    yield bank
    bank.stop()


@pytest.fixture
def shop(served: Served) -> Iterator[httpx.Client]:
    with served.client() as shop:
        for one in shop.get(PATH).json()["data"]:
            shop.post(f"{PATH}/{one['id']}/delete")
        yield shop


def made(shop: httpx.Client, **fields: Any) -> Any:
    answer = shop.post(PATH, json={"url": "https://shop.example/hooks", "events": ["payment.*"]} | fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_endpoint_is_made_changed_disabled_enabled_and_deleted(shop: httpx.Client) -> None:
    endpoint = made(shop, description="Web shop", email="ops@shop.example", language="zh")
    place = f"{PATH}/{endpoint['id']}"
    assert (endpoint["enabled"], endpoint["checks_signatures"]) == (True, None)
    changed = shop.post(place, json={"events": ["payment.succeeded", "refund.*"], "enabled": False}).json()
    assert changed["events"] == ["payment.succeeded", "refund.*"]
    assert (changed["enabled"], changed["disabled_because"], changed["description"]) == (False, "merchant", "Web shop")
    assert shop.post(f"{place}/test").status_code == 409
    assert shop.post(place, json={"enabled": True}).json()["enabled"]
    assert shop.post(f"{place}/test").json()["delivery"].startswith("dlv_")
    assert shop.post(f"{place}/delete").json() == {"id": endpoint["id"], "deleted": True}
    assert shop.get(place).status_code == 404


def test_a_secret_is_shown_when_it_is_made_and_never_again(shop: httpx.Client) -> None:
    endpoint = made(shop)
    secret = endpoint["secret"]
    place = f"{PATH}/{endpoint['id']}"
    assert secret.startswith("whsec_")
    assert secret not in shop.get(place).text + shop.get(PATH).text + shop.post(place, json={"email": ""}).text
    rotated = shop.post(f"{place}/rotate", json={"overlap_hours": 1}).json()
    assert rotated["secret"] != secret
    assert rotated["old_secret_until"] > rotated["created_at"]
    assert shop.post(f"{place}/rotate", json={"overlap_hours": 0}).json()["old_secret_until"] is None


def test_abuse_62_secrets_are_sealed_where_they_are_kept(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, secret = bank.endpoint(receiver.url)
    [new] = bank.run(bank.webhooks.endpoints.rotate(bank.shop.number, endpoint.id, 24))
    bank.run(bank.happens(1), bank.send())
    files = Path(bank.settings.data).glob("bank.db*")
    kept = b"".join(file.read_bytes() for file in files)
    assert [one for one in (secret, new) if one.removeprefix("whsec_").encode() in kept] == []


def test_while_a_secret_is_replaced_both_sign(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, old = bank.endpoint(receiver.url)
    [new] = bank.run(bank.webhooks.endpoints.rotate(bank.shop.number, endpoint.id, 1))
    bank.run(bank.happens(1), bank.send())
    bank.clock.advance(3_600)
    bank.run(bank.happens(2), bank.send())
    assert [(got.signed_by(old), got.signed_by(new)) for got in receiver.got] == [(True, True), (False, True)]


def test_a_secret_that_is_replaced_again_meanwhile_takes_none_away_that_a_receiver_may_have(
    bank: HookedBank, receiver: Receiver
) -> None:
    """The answer with the second one was lost, so the receiver still has the first, and asks again."""
    endpoint, first = bank.endpoint(receiver.url)
    asked = [bank.webhooks.endpoints.rotate(bank.shop.number, endpoint.id, 1) for _ in range(2)]
    known = [first, *bank.run(*asked)]
    bank.run(bank.happens(1), bank.send())
    assert [receiver.got[-1].signed_by(one) for one in known] == [True, True, True]
    bank.clock.advance(1_800)
    more = [bank.webhooks.endpoints.rotate(bank.shop.number, endpoint.id, 1) for _ in range(2)]
    known += bank.run(*more)
    bank.run(bank.happens(2), bank.send())
    assert [receiver.got[-1].signed_by(one) for one in known] == [False, True, True, True, True]  # so many at most
    bank.clock.advance(3_600)
    known += bank.run(bank.webhooks.endpoints.rotate(bank.shop.number, endpoint.id, 1))
    bank.run(bank.happens(3), bank.send())
    assert [receiver.got[-1].signed_by(one) for one in known] == [False, False, False, False, True, True]
    known += bank.run(bank.webhooks.endpoints.rotate(bank.shop.number, endpoint.id, 0))  # it has leaked
    bank.run(bank.happens(4), bank.send())
    assert [receiver.got[-1].signed_by(one) for one in known] == [False] * 6 + [True]


def test_abuse_28_another_merchants_endpoints_and_deliveries_are_as_if_there_were_none(
    served: Served, shop: httpx.Client
) -> None:
    place = f"{PATH}/{made(shop)['id']}"
    delivery = shop.post(f"{place}/test").json()["delivery"]
    of_time = {"since": "2026-01-01T00:00:00Z", "until": "2036-01-01T00:00:00Z"}
    with served.client(1) as other:
        answers = [
            other.get(place),
            other.post(place, json={"url": "https://thief.example/"}),
            other.post(f"{place}/delete"),
            other.post(f"{place}/rotate", json={}),
            other.post(f"{place}/test"),
            other.post(f"{place}/replay", json=of_time),
            other.get(f"{place}/deliveries"),
            other.get(f"/v1/webhook-deliveries/{delivery}"),
            other.post(f"/v1/webhook-deliveries/{delivery}/replay"),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert other.get(PATH).json()["data"] == []
    assert shop.get(f"/v1/webhook-deliveries/{delivery}").status_code == 200


def test_abuse_34_a_cursor_of_another_merchant_shows_nothing_of_it(served: Served, shop: httpx.Client) -> None:
    place = f"{PATH}/{made(shop)['id']}"
    deliveries = [shop.post(f"{place}/test").json()["delivery"] for _ in range(3)]
    page = shop.get(f"{place}/deliveries", params={"limit": 2}).json()
    assert [one["id"] for one in page["data"]] == deliveries[:0:-1]
    rest = shop.get(f"{place}/deliveries", params={"limit": 2, "cursor": page["next"]}).json()
    assert [one["id"] for one in rest["data"]] == deliveries[:1]
    assert rest["next"] is None
    with served.client(1) as other:
        own = made(other)
        found = other.get(f"{PATH}/{own['id']}/deliveries", params={"cursor": page["next"]}).json()
        assert found == {"data": [], "next": None}
        other.post(f"{PATH}/{own['id']}/delete")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": "http://shop.example/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"events": ["payment.nothing"]}, "events"),
        ({"events": ["wallet.*"]}, "events"),
        ({"events": ["payments"]}, "events"),
        ({"events": []}, "events"),
        ({"email": "nobody"}, "email"),
        ({"language": "fr"}, "language"),
        ({"secret": "whsec_AAAA"}, "secret"),
    ],
)
def test_abuse_29_what_an_endpoint_cannot_be_is_refused_by_its_field(
    shop: httpx.Client, fields: dict[str, Any], field: str
) -> None:
    answer = shop.post(PATH, json={"url": "https://shop.example/hooks", "events": ["payment.*"]} | fields)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_abuse_60_a_field_that_is_there_twice_is_refused(shop: httpx.Client) -> None:
    body = b'{"url": "https://shop.example/", "url": "https://thief.example/", "events": ["*"]}'
    answer = shop.post(PATH, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert shop.get(PATH).json()["data"] == []


def test_one_address_once_and_so_many_endpoints_at_most(shop: httpx.Client) -> None:
    made(shop)
    body = {"url": "https://shop.example/hooks", "events": ["*"]}
    assert shop.post(PATH, json=body).status_code == 409
    for number in range(1, endpoints.MOST):
        made(shop, url=f"https://shop.example/hooks/{number}")
    assert shop.post(PATH, json=body | {"url": "https://shop.example/more"}).status_code == 409


def test_abuse_35_a_key_of_the_other_mode_makes_no_endpoint(served: Served) -> None:
    headers = {"authorization": "Bearer fq_live_" + "0" * 32}
    assert httpx.get(f"{served.url}{PATH}", headers=headers, timeout=60).status_code == 401


def test_each_endpoint_is_told_what_it_asks_for_of_its_own_merchant(bank: HookedBank, receiver: Receiver) -> None:
    other, all_of_it = Receiver(), Receiver()
    try:
        bank.endpoint(receiver.url, "refund.*", "payment.declined")
        bank.endpoint(all_of_it.url, "*")
        bank.endpoint(other.url, "*", merchant=bank.other_shop)
        [paid] = bank.run(bank.pay())
        bank.run(bank.refund(paid.id, 1_00), bank.pay(merchant=bank.other_shop))
        while bank.after(0):
            pass
        assert receiver.types == ["refund.succeeded"]
        assert sorted(all_of_it.types) == ["payment.succeeded", "refund.succeeded"]
        assert other.types == ["payment.succeeded"]
        assert other.got[0].json["data"]["id"] not in {got.json["data"]["id"] for got in all_of_it.got}
    finally:
        other.close()
        all_of_it.close()


def test_what_happened_before_an_endpoint_was_made_or_while_it_was_disabled_is_not_sent_to_it(
    bank: HookedBank, receiver: Receiver
) -> None:
    bank.run(bank.pay())
    bank.clock.advance(1)
    endpoint, _ = bank.endpoint(receiver.url)
    bank.run(bank.send(), bank.webhooks.endpoints.disable(bank.shop.number, endpoint.id), bank.pay(), bank.send())
    bank.run(bank.webhooks.endpoints.enable(bank.shop.number, endpoint.id), bank.send())
    assert receiver.types == []


def test_disabling_gives_up_what_waits_and_the_log_says_so(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, _ = bank.endpoint(receiver.url)
    bank.run(bank.happens(1), bank.webhooks.endpoints.disable(bank.shop.number, endpoint.id), bank.send())
    [delivery] = bank.deliveries(endpoint)
    assert (receiver.got, delivery.state, delivery.why) == ([], "dead", endpoints.ENDED)


def test_the_audit_log_says_what_a_merchant_did_with_an_endpoint(bank: HookedBank, receiver: Receiver) -> None:
    endpoint, _ = bank.endpoint(receiver.url)
    theirs = bank.webhooks.endpoints
    bank.run(theirs.rotate(bank.shop.number, endpoint.id, 1), theirs.delete(bank.shop.number, endpoint.id))
    with bank.bank.db.read() as connection:
        entries = sorted(bank.services.audit_log.of(connection, endpoint.id), key=lambda entry: entry.position)
    acts = [(entry.action, str(entry.actor), entry.about) for entry in entries]
    names = ("webhook_created", "webhook_rotated", "webhook_deleted")
    assert acts == [(name, f"merchant:{bank.shop.number}", endpoint.id) for name in names]


def test_a_merchant_without_endpoints_costs_its_payments_nothing_in_the_database(bank: HookedBank) -> None:
    bank.endpoint("https://other.example/", "*", merchant=bank.other_shop)
    follower = bank.services.follower
    bank.run(bank.send(), bank.pay())
    assert follower._kept == []
