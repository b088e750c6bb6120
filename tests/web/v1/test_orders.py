"""Orders over HTTP, as a merchant uses them."""

from __future__ import annotations

import httpx

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
