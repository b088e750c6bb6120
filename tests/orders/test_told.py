"""What merchants are told of orders by webhook: the object that a query gives, in its versions, in their order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feiqian.testing.served import Served
from feiqian.webhooks.service import OF_ONE_ENDPOINT
from tests.webhooks.receiving import Receiver
from tests.webhooks.receiving import receiver as receiver


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("bank")
    bank = Served(folder, webhook_loopback=True)
    yield bank
    bank.stop()


def wanted(number: str, **more: Any) -> dict[str, Any]:
    return {"merchant_order": number, "amount": 1250, "currency": "CNY"} | more


def test_each_version_arrives_as_the_query_showed_it(served: Served, receiver: Receiver) -> None:
    with served.client() as shop:
        shop.post("/v1/webhook-endpoints", json={"url": receiver.url, "events": ["order.*"]})
        made = shop.post("/v1/orders", json=wanted("told-1")).json()
        shop.post("/v1/payments", json=served.order(order=made["id"]))
        paid = shop.get(f"/v1/orders/{made['id']}").json()
        shop.post(f"/v1/orders/{made['id']}/refunds", json={"amount": 500, "merchant_refund": "r"})
        refunded = shop.get(f"/v1/orders/{made['id']}").json()
        receiver.wait(3)
    told = [(got.json["type"], got.json["data"]) for got in receiver.got]
    assert told == [("order.created", made), ("order.paid", paid), ("order.refunded", refunded)]


def test_an_attempt_is_told_as_a_payment_too(served: Served, receiver: Receiver) -> None:
    with served.client(1) as shop:
        shop.post("/v1/webhook-endpoints", json={"url": receiver.url, "events": ["payment.*"]})
        now = shop.post("/v1/orders", json=wanted("told-2")).json()
        later = shop.post("/v1/orders", json=wanted("told-3", capture="later")).json()
        paid = [shop.post("/v1/payments", json=served.order(order=one["id"])).json() for one in (now, later)]
        receiver.wait(2)
    told = {got.json["data"]["id"]: got.json["type"] for got in receiver.got}
    assert told == {paid[0]["id"]: "payment.succeeded", paid[1]["id"]: "payment.authorised"}


def test_abuse_61_a_receiver_that_hangs_holds_up_no_order_and_no_other_receiver(
    served: Served, receiver: Receiver
) -> None:
    slow, free = Receiver(), threading.Event()
    slow.hold = free.wait
    try:
        with served.client() as shop, served.client(1) as other:
            for client, url in ((shop, slow.url), (shop, receiver.url), (other, receiver.url)):
                client.post("/v1/webhook-endpoints", json={"url": url, "events": ["order.*"]})
            for number in range(12):
                for client in (shop, other):
                    order = client.post("/v1/orders", json=wanted(f"slow-{number}")).json()["id"]
                    paid = client.post("/v1/payments", json=served.order(order=order)).json()
                    assert paid["status"] == "succeeded"
            receiver.wait(48)
            assert sorted(set(receiver.types)) == ["order.created", "order.paid"]
            assert len(slow.got) <= OF_ONE_ENDPOINT < 24, "its own places, and no more"
    finally:
        free.set()
        slow.close()
