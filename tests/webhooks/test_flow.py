"""The whole way: an endpoint made under /v1, a payment over HTTP, a signed POST at the receiver, and its log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.outbox.store import waiting
from feiqian.testing.served import Served
from tests.webhooks.receiving import Receiver


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
