"""The whole way: an endpoint made under /v1, a payment over HTTP, a signed POST at the receiver, and its log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feiqian.outbox.store import waiting
from feiqian.testing.served import Served
from tests.webhooks.receiving import Receiver

ABOVE = 1_200_00  # fen: waits for its customer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("bank")
    bank = Served(folder, webhook_loopback=True)
    yield bank
    bank.stop()


def wait_for_the_note(served: Served) -> None:
    """What has arrived is noted a moment later."""
    for _ in range(10_000):
        if not served.wait_for(served.bank.services.transactions.read(waiting)).get("webhooks"):
            return
    raise AssertionError("it was never noted")


def of_type(receiver: Receiver, type: str) -> Any:
    [found] = [got.json["data"] for got in receiver.got if got.type == type]
    return found


def test_a_payment_arrives_signed_and_stands_in_the_log(served: Served, receiver: Receiver) -> None:
    with served.client() as shop:
        made = shop.post("/v1/webhook-endpoints", json={"url": receiver.url, "events": ["payment.*"]}).json()
        secret = made.pop("secret")
        assert shop.get(f"/v1/webhook-endpoints/{made['id']}").json() == made
        payment = shop.post("/v1/payments", json=served.order()).json()
        assert payment["status"] == "succeeded"
        receiver.wait()
        [got] = receiver.got
        assert got.signed_by(secret)
        assert got.json == {"type": "payment.succeeded", "timestamp": payment["created_at"], "data": payment}
        wait_for_the_note(served)
        [delivery] = shop.get(f"/v1/webhook-endpoints/{made['id']}/deliveries").json()["data"]
        assert (delivery["status"], delivery["event"], delivery["object"]) == ("delivered", got.id, payment["id"])
        told = shop.get(f"/v1/webhook-deliveries/{delivery['id']}").json()
        assert told["body"].encode() == got.body
        assert [(one["http_status"], one["answer"]) for one in told["tries"]] == [(200, "thanks")]


def test_payments_and_refunds_are_told_as_the_api_shows_them(served: Served, receiver: Receiver) -> None:
    with served.client(1) as shop:
        shop.post("/v1/webhook-endpoints", json={"url": receiver.url, "events": ["payment.*", "refund.*"]})
        paid = shop.post("/v1/payments", json=served.order()).json()
        waits = shop.post("/v1/payments", json=served.order(served.rich_customer(ABOVE), amount=ABOVE)).json()
        poor = shop.post("/v1/payments", json=served.order(amount=600_00)).json()
        assert [one["status"] for one in (paid, waits, poor)] == ["succeeded", "needs_verification", "declined"]
        refunded = shop.post(f"/v1/payments/{paid['id']}/refunds", json={"amount": 5_00, "merchant_refund": "r"}).json()
        cancelled = shop.post(f"/v1/payments/{waits['id']}/cancel").json()
        receiver.wait(5)
        assert of_type(receiver, "payment.succeeded") == paid
        assert of_type(receiver, "payment.waiting") == waits
        assert of_type(receiver, "payment.declined") == poor
        assert of_type(receiver, "payment.cancelled") == cancelled
        assert of_type(receiver, "refund.succeeded") == refunded
        personal = ("cus_", "dev_", "wallet")
        assert not [word for got in receiver.got for word in personal if word.encode() in got.body]
