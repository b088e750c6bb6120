"""Abuse cases (docs/ABUSE-CASES.md) of orders, as a client of the API would try them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from structlog.processors import JSONRenderer

from feiqian.runtime.logs import redact
from feiqian.runtime.shares import Places
from feiqian.testing.served import Served
from tests.web.v1.test_abuse import JSON, refused

NOBODYS = "ord_" + "0" * 32
ON_ONE = (
    ("GET", "", None),
    ("GET", "/refunds", None),
    ("POST", "/close", None),
    ("POST", "/void", None),
    ("POST", "/capture", {"amount": 1, "merchant_capture": "c1"}),
    ("POST", "/refunds", {"amount": 1, "merchant_refund": "r1"}),
)


@pytest.fixture
def wanted(served: Served) -> dict[str, Any]:
    return {"merchant_order": served.order()["merchant_order"], "amount": 1250, "currency": "CNY"}


@pytest.fixture
def paid(served: Served, shop: httpx.Client, wanted: dict[str, Any]) -> dict[str, Any]:
    """An order that was paid at a till."""
    order = shop.post("/v1/orders", json=wanted).json()
    assert shop.post("/v1/payments", json=served.order() | {"order": order["id"]}).json()["status"] == "succeeded"
    found: dict[str, Any] = shop.get(f"/v1/orders/{order['id']}").json()
    return found


def test_abuse_5_an_orders_currency_is_the_first_that_was_said(
    served: Served, shop: httpx.Client, wanted: dict[str, Any]
) -> None:
    order = shop.post("/v1/orders", json=wanted).json()
    refused(shop.post("/v1/orders", json=wanted | {"currency": "EUR"}), 422, "id-reused")
    at_a_till = served.order() | {"order": order["id"], "currency": "EUR"}
    refused(shop.post("/v1/payments", json=at_a_till), 422, "invalid-request")
    assert shop.get(f"/v1/orders/{order['id']}").json() == order


@pytest.mark.parametrize("name", ["fee", "net", "paid", "refunded", "price", "fee_basis_points"])
def test_abuse_10_fees_and_prices_are_not_the_shops_to_say(
    shop: httpx.Client, wanted: dict[str, Any], paid: dict[str, Any], name: str
) -> None:
    refused(shop.post("/v1/orders", json=wanted | {name: 0}), 422, "invalid-request")
    of_item = wanted | {"line_items": [{"name": "Tea", "amount": 1250, name: 0}]}
    refused(shop.post("/v1/orders", json=of_item), 422, "invalid-request")
    for what, body in (("capture", {"merchant_capture": "c"}), ("refunds", {"merchant_refund": "r"})):
        answer = shop.post(f"/v1/orders/{paid['id']}/{what}", json={"amount": 1, name: 0} | body)
        refused(answer, 422, "invalid-request")
    beside = wanted | {"merchant_order": "beside", "line_items": [{"name": "Tea", "amount": 1}]}
    refused(shop.post("/v1/orders", json=beside), 422, "invalid-request")


def test_abuse_21_a_retry_gets_the_same_answer_byte_for_byte(
    shop: httpx.Client, wanted: dict[str, Any], paid: dict[str, Any]
) -> None:
    key = {"Idempotency-Key": wanted["merchant_order"]}
    answers = [shop.post("/v1/orders", json=wanted, headers=key) for _ in range(3)]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1
    body = {"amount": 250, "merchant_refund": "r1"}
    refunds = [shop.post(f"/v1/orders/{paid['id']}/refunds", json=body) for _ in range(3)]
    assert len({(answer.status_code, answer.content) for answer in refunds}) == 1
    assert shop.get(f"/v1/orders/{paid['id']}").json()["refunded"] == 250
    closed = [shop.post(f"/v1/orders/{answers[0].json()['id']}/close") for _ in range(3)]
    assert len({(answer.status_code, answer.content) for answer in closed}) == 1


def test_abuse_22_a_number_or_a_key_with_another_body_is_refused(
    shop: httpx.Client, wanted: dict[str, Any], paid: dict[str, Any]
) -> None:
    wanted = wanted | {"merchant_order": f"keyed-{wanted['merchant_order']}"}
    key = {"Idempotency-Key": wanted["merchant_order"]}
    first = shop.post("/v1/orders", json=wanted, headers=key)
    for change in (
        {"amount": 1251},
        {"description": "else"},
        {"expires_in": 901},
        {"capture": "later"},
        {"methods": ["code"]},
        {"metadata": {"a": "b"}},
        {"return_url": "https://shop.example/"},
        {"customer": {"reference": "c-1"}},
        {"line_items": [{"name": "Tea", "amount": 1250}]},
    ):
        refused(shop.post("/v1/orders", json=wanted | change, headers=key), 422, "id-reused")
    refused(shop.post("/v1/orders", json=wanted | {"merchant_order": "another"}, headers=key), 422, "id-reused")
    assert shop.get("/v1/orders", params={"merchant_order": "another"}).json()["data"] == []
    refunds = f"/v1/orders/{paid['id']}/refunds"
    refused(shop.post(refunds, json={"amount": 1, "merchant_refund": "r1"}, headers=key), 422, "id-reused")
    assert shop.post(refunds, json={"amount": 1, "merchant_refund": "r1"}).json()["status"] == "succeeded"
    refused(shop.post(refunds, json={"amount": 2, "merchant_refund": "r1"}), 422, "id-reused")
    assert shop.post("/v1/orders", json=wanted, headers=key).content == first.content


def test_abuse_23_anothers_number_and_key_are_others_and_show_nothing(
    shop: httpx.Client, other_shop: httpx.Client, wanted: dict[str, Any]
) -> None:
    key = {"Idempotency-Key": wanted["merchant_order"]}
    mine = shop.post("/v1/orders", json=wanted | {"description": "canary"}, headers=key).json()
    theirs = other_shop.post("/v1/orders", json=wanted, headers=key)
    assert (theirs.status_code, theirs.json()["version"], "canary" in theirs.text) == (200, 1, False)
    assert theirs.json()["id"] != mine["id"]
    for asked in ({"merchant_order": wanted["merchant_order"]}, {"key": wanted["merchant_order"]}):
        assert [one["id"] for one in other_shop.get("/v1/orders", params=asked).json()["data"]] == [theirs.json()["id"]]


def test_abuse_24_requests_under_way_at_once_are_one_order_and_one_refund(
    shop: httpx.Client, wanted: dict[str, Any], paid: dict[str, Any]
) -> None:
    key, back = {"Idempotency-Key": wanted["merchant_order"]}, {"amount": 1, "merchant_refund": "r1"}
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: shop.post("/v1/orders", json=wanted, headers=key), range(32)))
        backs = list(pool.map(lambda _: shop.post(f"/v1/orders/{paid['id']}/refunds", json=back), range(32)))
    for answers in (made, backs):
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
    now = shop.get(f"/v1/orders/{paid['id']}").json()
    assert (now["refunded"], now["refunds"]) == (1, 1)


def test_abuse_25_a_retry_after_a_restart_gets_the_first_answer(served: Served, wanted: dict[str, Any]) -> None:
    key = {"Idempotency-Key": wanted["merchant_order"]}
    with served.client() as shop:
        first = shop.post("/v1/orders", json=wanted, headers=key)
        till = served.order() | {"order": first.json()["id"]}
        paid = shop.post("/v1/payments", json=till)
        back = {"amount": 250, "merchant_refund": "r1"}
        refund = shop.post(f"/v1/orders/{first.json()['id']}/refunds", json=back)
    served.stop()
    served.start()
    with served.client() as shop:
        assert shop.post("/v1/orders", json=wanted, headers=key).json()["id"] == first.json()["id"]
        assert shop.post("/v1/payments", json=till).content == paid.content
        assert shop.post(f"/v1/orders/{first.json()['id']}/refunds", json=back).content == refund.content
        refused(shop.post("/v1/orders", json=wanted | {"merchant_order": "x"}, headers=key), 422, "id-reused")
        now = shop.get(f"/v1/orders/{first.json()['id']}").json()
        assert (now["paid"], now["refunded"], len(now["taken"])) == (1250, 250, 1)


def test_abuse_28_anothers_order_is_not_there_and_asking_is_logged(
    paid: dict[str, Any], other_shop: httpx.Client, logged: list[dict[str, Any]]
) -> None:
    for method, rest, body in ON_ONE:
        theirs, nobodys = (
            other_shop.request(method, f"/v1/orders/{id}{rest}", json=body) for id in (paid["id"], NOBODYS)
        )
        refused(theirs, 404, "not-found")
        assert theirs.content == nobodys.content, (method, rest)
    seen = [entry for entry in logged if entry["event"] == "order_not_found" and entry["order"] == paid["id"]]
    assert [entry["merchant"] for entry in seen] == [2] * len(ON_ONE)


def test_abuse_30_anothers_order_is_not_refunded(
    shop: httpx.Client, other_shop: httpx.Client, paid: dict[str, Any]
) -> None:
    body = {"amount": 1250, "merchant_refund": "r1"}
    refused(other_shop.post(f"/v1/orders/{paid['id']}/refunds", json=body), 404, "not-found")
    refused(other_shop.post(f"/v1/payments/{paid['payment']}/refunds", json=body), 404, "not-found")
    assert shop.get(f"/v1/orders/{paid['id']}").json() == paid


def test_abuse_34_cursors_and_exports_of_another_merchant_show_nothing(
    shop: httpx.Client, other_shop: httpx.Client, wanted: dict[str, Any]
) -> None:
    marked = wanted | {"description": "canary"}
    ids = [shop.post("/v1/orders", json=marked | {"merchant_order": f"{n}-mine"}).json()["id"] for n in range(3)]
    for path in ("/v1/orders", "/v1/orders/export"):
        for cursor in ids:
            answer = other_shop.get(path, params={"cursor": cursor})
            assert (answer.status_code, "canary" in answer.text) == (200, False)
            assert not [id for id in ids if id in answer.text]
        refused(other_shop.get(path, params={"cursor": "1 OR 1=1"}), 422, "invalid-request")
    assert "canary" not in other_shop.get("/v1/orders/export").text
    assert "canary" in shop.get("/v1/orders/export").text


def test_abuse_35_a_key_of_the_other_mode_does_nothing_with_orders(
    served: Served, paid: dict[str, Any], wanted: dict[str, Any]
) -> None:
    live = served.merchants[0].key.replace("fq_test_", "fq_live_")
    with httpx.Client(base_url=served.url, headers={"authorization": f"Bearer {live}"}, timeout=60) as other:
        asked = [other.post("/v1/orders", json=wanted)]
        asked += [other.request(method, f"/v1/orders/{paid['id']}{rest}", json=body) for method, rest, body in ON_ONE]
        paths = ("/v1/orders", "/v1/orders/export", "/v1/checkout/return-secret", "/v1/webhook-endpoints")
        asked += [other.get(path) for path in paths]
    told = {(answer.status_code, answer.json()["type"]) for answer in asked}
    assert told == {(401, "/problems/key-of-other-mode")}


def test_abuse_60_what_is_said_twice_is_refused(shop: httpx.Client, served: Served, paid: dict[str, Any]) -> None:
    before = served.position
    twice = b'{"merchant_order":"twice","amount":1,"currency":"CNY","amount":1250}'
    nested = b'{"merchant_order":"twice","amount":1,"currency":"CNY","metadata":{"a":"1","a":"2"}}'
    hidden = b'{"merchant_order":"twice","amount":1,"amount":2,"amount":3,"amount":4,"amount":5,"currency":"CNY"}'
    for body in (twice, nested, hidden):
        refused(shop.post("/v1/orders", content=body, headers=JSON), 400, "malformed-json")
    back = b'{"amount":1,"merchant_refund":"r1","amount":1250}'
    refused(shop.post(f"/v1/orders/{paid['id']}/refunds", content=back, headers=JSON), 400, "malformed-json")
    for query in ("status=paid&status=open", "limit=1&limit=2", "cursor=a&cursor=b"):
        refused(shop.get(f"/v1/orders?{query}"), 400, "malformed-request")
    keys = [("Idempotency-Key", "a"), ("Idempotency-Key", "b"), *JSON.items()]
    one = b'{"merchant_order":"twice","amount":1,"currency":"CNY"}'
    refused(shop.post("/v1/orders", content=one, headers=keys), 400, "malformed-request")
    assert served.position == before


def test_abuse_63_what_is_asked_for_makes_no_line_of_its_own_in_the_log(
    shop: httpx.Client, logged: list[dict[str, Any]]
) -> None:
    for false in ('ord_1%0A{"event":"order_paid"}', 'ord_1","event":"order_paid', "ord_1%1B[31m"):
        refused(shop.get(f"/v1/orders/{false}"), 400, "malformed-request")
    assert not [one for one in logged if "ord_1" in str(one)]
    for false in ("ord_1;event=order_paid", "ord_1%E2%80%A8event=order_paid"):
        refused(shop.get(f"/v1/orders/{false}"), 404, "not-found")
    entries = [one for one in logged if one["event"] == "order_not_found" and one["order"].startswith("ord_1")]
    assert len(entries) == 2
    for entry in entries:  # as `logs.configure` has them
        line = JSONRenderer()(None, "warning", redact(None, "warning", dict(entry)))
        assert len(str(line).splitlines()) == 1
        assert json.loads(line)["event"] == "order_not_found"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A bank that answers few questions a second."""
    bank = Served(tmp_path_factory.mktemp("strict"), polls_per_second=1, polls_burst=20)
    yield bank
    bank.stop()


def test_abuse_67_a_storm_of_questions_about_an_order_is_throttled_and_it_is_paid(strict: Served) -> None:
    wanted = {"merchant_order": "storm-1", "amount": 1250, "currency": "CNY"}
    with strict.client() as shop, strict.client(1) as other, ThreadPoolExecutor(8) as pool:
        order = shop.post("/v1/orders", json=wanted).json()["id"]
        polls = list(pool.map(lambda _: shop.get(f"/v1/orders/{order}"), range(100)))
        assert sum(answer.status_code == 429 for answer in polls) >= 70
        assert {answer.status_code for answer in polls} == {200, 429}
        assert shop.post("/v1/payments", json=strict.order(order=order)).json()["status"] == "succeeded"
        assert shop.post("/v1/orders", json=wanted).json()["status"] == "paid"
        theirs = other.post("/v1/orders", json=wanted).json()["id"]
        assert other.get(f"/v1/orders/{theirs}").status_code == 200


def test_abuse_67_questions_that_wait_are_bounded_and_the_others_are_answered_as_it_is(
    strict: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiters = strict.bank.services.orders.waiters
    monkeypatch.setattr(waiters, "places", Places(8, 2))
    with strict.client() as shop, strict.client(1) as other, ThreadPoolExecutor(6) as pool:
        order = other.post("/v1/orders", json={"merchant_order": "w-1", "amount": 1250, "currency": "CNY"}).json()["id"]
        asked = [pool.submit(other.get, f"/v1/orders/{order}", params={"wait": 30}) for _ in range(6)]
        strict.until(lambda: waiters.places.refused == 4)
        assert strict.inside(lambda: waiters.places.total) == 2
        assert shop.post("/v1/payments", json=strict.order()).json()["status"] == "succeeded"
        assert other.post("/v1/payments", json=strict.order(order=order)).json()["status"] == "succeeded"
        assert sorted(one.result().json()["status"] for one in asked) == ["open"] * 4 + ["paid"] * 2
