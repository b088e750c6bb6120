"""Orders over HTTP, as a merchant uses them."""

from __future__ import annotations

import base64
import csv
import io

import httpx
import pytest

from feiqian.money import CNY
from feiqian.testing.people import PIN, Person, picture
from feiqian.testing.served import Served


def _wanted(served: Served, **more: object) -> dict[str, object]:
    order = served.order()
    return {"merchant_order": order["merchant_order"], "amount": 1250, "currency": "CNY"} | more


def test_an_order_is_made_paid_at_a_till_queried_and_refunded(served: Served, shop: httpx.Client) -> None:
    wanted = _wanted(served, description="Beans", line_items=[{"name": "Beans", "amount": 1250}])
    made = shop.post("/v1/orders", json=wanted, headers={"Idempotency-Key": "key-1"})
    order = made.json()
    assert (made.status_code, order["status"], order["version"]) == (200, "open", 1), made.text
    path = f"/v1/orders/{order['id']}"
    payment = shop.post("/v1/payments", json=served.order() | {"order": order["id"]}).json()
    assert payment["status"] == "succeeded", payment
    paid = shop.get(path).json()
    assert (paid["status"], paid["paid"], paid["payment"]) == ("paid", 1250, payment["id"])
    assert shop.get("/v1/orders", params={"merchant_order": wanted["merchant_order"]}).json()["data"] == [paid]
    assert shop.get("/v1/orders", params={"key": "key-1"}).json()["data"] == [paid]
    assert paid in shop.get("/v1/orders", params={"status": "paid"}).json()["data"]
    refund = shop.post(f"{path}/refunds", json={"amount": 250, "merchant_refund": "r1"}).json()
    assert refund["status"] == "succeeded"
    assert shop.get(f"{path}/refunds").json() == {"data": [refund]}
    assert shop.get(path).json()["status"] == "partially_refunded"
    refused = shop.post(f"{path}/close")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")


def test_an_order_is_closed_over_http(served: Served, shop: httpx.Client) -> None:
    order = shop.post("/v1/orders", json=_wanted(served)).json()
    assert shop.post(f"/v1/orders/{order['id']}/close").json()["status"] == "closed"


def test_abuse_29_what_is_not_a_merchants_to_say_is_refused(served: Served, shop: httpx.Client) -> None:
    for more in ({"status": "paid"}, {"paid": 1250}, {"version": 9}, {"return_url": "http://shop.example"}):
        refused = shop.post("/v1/orders", json=_wanted(served, **more))
        assert refused.status_code == 422, more
    twice = b'{"merchant_order":"A-1","amount":1,"amount":2,"currency":"CNY"}'
    assert shop.post("/v1/orders", content=twice, headers={"content-type": "application/json"}).status_code == 400
    assert shop.post("/v1/orders", json=_wanted(served), headers={"Idempotency-Key": "a b"}).status_code == 400
    repeated = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    assert shop.post("/v1/orders", json=_wanted(served), headers=repeated).status_code == 400
    assert shop.post("/v1/orders?status=paid", json=_wanted(served)).status_code == 422
    assert shop.post("/v1/orders", content=b"x" * 17_000).status_code == 415
    order = shop.post("/v1/orders", json=_wanted(served)).json()["id"]
    assert shop.post(f"/v1/orders/{order}/close", headers=repeated).status_code == 400


@pytest.fixture
def payer(served: Served, newcomer: Person) -> Person:
    """Registered, checked, and with 1,000.00 yuan."""
    newcomer.register()
    newcomer.post("/v1/me/identity", {"images": [base64.b64encode(picture()).decode()]})
    accounts = served.bank.services.accounts
    served.wait_for(accounts.adjust(newcomer.number, CNY.number, 1_000_00, f"gift-{newcomer.number}"))
    return newcomer


def _prove(payer: Person, order: str) -> str:
    challenge = payer.post(f"/v1/me/orders/{order}/challenge")
    return str(payer.prove("/v1/me/challenges", challenge, ("pin", PIN))["id"])


def test_a_customer_looks_at_an_order_proves_and_pays_it(served: Served, shop: httpx.Client, payer: Person) -> None:
    order = shop.post("/v1/orders", json=_wanted(served, description="Beans")).json()["id"]
    path = f"/v1/me/orders/{order}"
    shown = payer.get(path)
    assert (shown["amount"], shown["description"], shown["status"], shown["paid_before"]) == (
        1250,
        "Beans",
        "open",
        None,
    )
    assert not {"fee", "net", "customer", "metadata", "return_url"} & shown.keys(), "what is the merchant's own"
    challenge = _prove(payer, order)
    paid = payer.post(f"{path}/pay", {"challenge": challenge})
    assert paid["status"] == "succeeded"
    assert payer.post(f"{path}/pay", {"challenge": challenge}) == paid
    assert shop.get(f"/v1/orders/{order}").json()["payment"] == paid["payment"]
    assert payer.get("/v1/me/payments")["data"][0]["id"] == paid["payment"]
    again = shop.post("/v1/orders", json=_wanted(served)).json()["id"]
    assert payer.get(f"/v1/me/orders/{again}")["paid_before"] is not None


def test_abuse_105_an_order_that_is_not_there_shows_nothing(payer: Person, other_shop: httpx.Client) -> None:
    for path in (f"/v1/me/orders/ord_{'0' * 32}", "/v1/me/orders/x"):
        payer.get(path, status=404)
    assert other_shop.get(f"/v1/orders/ord_{'0' * 32}").status_code == 404


def test_money_is_authorised_captured_in_parts_and_voided(served: Served, shop: httpx.Client, payer: Person) -> None:
    order = shop.post("/v1/orders", json=_wanted(served, capture="later")).json()["id"]
    challenge = _prove(payer, order)
    assert payer.post(f"/v1/me/orders/{order}/pay", {"challenge": challenge})["status"] == "authorised"
    path = f"/v1/orders/{order}"
    above = shop.post(f"{path}/capture", json={"amount": 1251, "merchant_capture": "c1"})
    assert (above.status_code, above.json()["type"]) == (422, "/problems/invalid-request")
    part = shop.post(f"{path}/capture", json={"amount": 1000, "merchant_capture": "c2"}).json()
    assert (part["status"], part["paid"], part["authorised"]) == ("authorised", 1000, 250)
    voided = shop.post(f"{path}/void").json()
    assert (voided["status"], voided["paid"], voided["authorised"]) == ("captured", 1000, 0)
    assert shop.get(path).json() == voided
    shown = payer.get("/v1/me/payments")["data"]
    assert [(one["status"], one["amount"]) for one in shown[:2]] == [("succeeded", 1000), ("captured", 1250)]


def test_orders_are_exported_as_a_file_for_spreadsheets(
    served: Served, shop: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feiqian.orders.api.merchants.MOST", 2)
    before = shop.get("/v1/orders", params={"status": "closed"}).json()["data"]
    made = [shop.post("/v1/orders", json=_wanted(served, description="@SUM(A1)")).json()["id"] for _ in range(3)]
    for order in made:
        shop.post(f"/v1/orders/{order}/close")
    rows, cursor = list[list[str]](), {}
    while True:
        answer = shop.get("/v1/orders/export", params={"status": "closed"} | cursor)
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"] == 'attachment; filename="orders.csv"'
        lines = list(csv.reader(io.StringIO(answer.text)))
        rows += lines
        if len(lines) < 2:
            break
        cursor = {"cursor": lines[-1][0]}
    assert rows[0][:3] == ["id", "merchant_order", "status"]
    assert [row[0] for row in rows[1:4]] == made[::-1]
    assert len(rows) == 4 + len(before), "one header"
    assert {row[9] for row in rows[1:4]} == {"'@SUM(A1)"}
