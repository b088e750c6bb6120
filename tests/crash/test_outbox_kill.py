"""A server that is killed right after it answered that a payment waits tells the customer all the same, once."""

from __future__ import annotations

import json
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

from served_bank import ServedBank, until

from feiqian.demo.seeding import First, Plan

PEOPLE = 12
PLAN = Plan(PEOPLE, 1, 50_000_00, sample_people=True, first=tuple(First(f"Mei {n}", 50_000_00) for n in range(PEOPLE)))


def told(bank: ServedBank) -> Counter[str]:
    with closing(sqlite3.connect(f"file:{bank.settings.data}/bank.db?mode=ro", uri=True)) as database:
        found = database.execute("SELECT about FROM outbox_deliveries WHERE kind = 'payment_waiting'")
        return Counter(about for (about,) in found)


def wait_with_a_payment(bank: ServedBank, customer: int) -> None:
    order = {"payment_code": bank.code(customer), "amount": 2_000_00, "currency": "CNY"}
    body = json.dumps(order | {"merchant_order": f"order-{customer}"}).encode()
    status, answer = bank.request(bank.connect(), "POST", "/v1/payments", bank.merchants[0], body)
    assert (status, json.loads(answer)["status"]) == (200, "needs_verification")


def test_customers_are_told_once_of_what_waits_however_often_the_server_is_killed(tmp_path: Path) -> None:
    with closing(ServedBank(tmp_path / "bank", plan=PLAN)) as bank:
        for first in range(1, PEOPLE + 1, 4):
            bank.start()
            for customer in range(first, first + 4):
                wait_with_a_payment(bank, customer)
            bank.kill()
        bank.start()
        until(lambda: len(told(bank)) == PEOPLE)
        assert bank.kill(signal.SIGTERM) == 0
        assert told(bank) == {f"customer:{number}": 1 for number in range(1, PEOPLE + 1)}
