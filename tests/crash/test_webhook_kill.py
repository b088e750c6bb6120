"""A server that is killed while a receiver has a webhook, and before its answer is noted, sends it again: the same."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

from served_bank import ServedBank, until

from feiqian.demo.seeding import First, Plan
from tests.webhooks.receiving import Receiver

PLAN = Plan(3, 1, 50_000_00, sample_people=True, first=(First("Mei Lin", 50_000_00),))


def asked(bank: ServedBank, method: str, path: str, body: Any = None) -> Any:
    sent = b"" if body is None else json.dumps(body).encode()
    status, answer = bank.request(bank.connect(), method, path, bank.merchants[0], sent)
    assert status == 200, answer
    return json.loads(answer)


def end_leases(bank: ServedBank) -> None:
    """As if two minutes had passed."""
    with closing(sqlite3.connect(f"{bank.settings.data}/bank.db")) as database:
        database.execute("UPDATE outbox_deliveries SET next_at = 0 WHERE state = 'queued'")
        database.commit()


def test_a_webhook_whose_sender_is_killed_arrives_again_with_the_same_id_and_body(tmp_path: Path) -> None:
    receiver = Receiver()
    with closing(ServedBank(tmp_path / "bank", plan=PLAN, webhook_loopback=True)) as bank:
        try:
            bank.start()
            made = asked(bank, "POST", "/v1/webhook-endpoints", {"url": receiver.url, "events": ["payment.*"]})
            answers = threading.Event()
            receiver.hold = answers.wait
            paid = bank.pay(1)
            until(lambda: receiver.types == ["payment.succeeded"])
            bank.kill()
            answers.set()
            end_leases(bank)
            bank.start()
            until(lambda: receiver.types == ["payment.succeeded"] * 2)
            first, second = (got for got in receiver.got if got.type == "payment.succeeded")
            assert (first.id, first.body) == (second.id, second.body)
            assert second.signed_by(made["secret"])
            assert first.json["data"]["id"] == paid["id"]
        finally:
            receiver.close()
