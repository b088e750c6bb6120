"""PostgreSQL stopped with SIGSTOP under a real server: the loop runs on, waits end, health tells, service resumes."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from served_bank import WAIT_SECONDS, ServedBank, until

from feiqian.auth.sessions.tokens import new_token
from feiqian.demo.seeding import SeededMerchant
from feiqian.ids import MerchantNumber
from feiqian.testing.postgres import Postgres

SECONDS = 2  # journal_seconds and database_seconds


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture
def new_bank(tmp_path: Path) -> Iterator[Callable[..., ServedBank]]:
    banks: list[ServedBank] = []

    def new(**settings: Any) -> ServedBank:
        banks.append(ServedBank(tmp_path / "bank", 60, journal_seconds=SECONDS, database_seconds=SECONDS, **settings))
        banks[-1].start()
        return banks[-1]

    yield new
    for bank in banks:
        bank.close()


@contextmanager
def standing_still(server: Postgres) -> Iterator[Callable[[], None]]:
    """All processes of this PostgreSQL are stopped; the function lets them go on, as the end does."""
    stopped = threading.Event()

    def go_on() -> None:
        if not stopped.is_set():
            stopped.set()
            for pid in (*children, server_process):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    server_process, *_ = server.processes()
    os.kill(server_process, signal.SIGSTOP)  # first, so that it makes no more children
    children: list[int] = []
    while new := [pid for pid in server.processes()[1:] if pid not in children]:  # one may just have been begun
        for pid in new:
            os.kill(pid, signal.SIGSTOP)
        children += new
    assert len(children) > 3
    try:
        yield go_on
    finally:
        go_on()


def get(bank: ServedBank, path: str) -> tuple[int, bytes]:
    return bank.request(bank.connect(), "GET", path, None)


def told(bank: ServedBank, event: str) -> int:
    """How often the log tells this of the journal."""
    return sum(event in line and "journal_overdue" in line for line in bank.log.read_text().splitlines())


def pay_anew(bank: ServedBank, numbers: Iterator[int]) -> str:
    said = bank.pay(next(numbers))
    return str(said.get("status") if said["http"] == 200 else said["type"])


def test_abuse_79_a_journal_that_stands_still_ends_waits_and_goes_on(
    new_bank: Callable[..., ServedBank], postgres: Postgres
) -> None:
    bank = new_bank(journal_url=postgres.database())
    assert bank.pay(1)["status"] == "succeeded"
    with standing_still(postgres) as go_on, ThreadPoolExecutor(8) as tills:
        paid = [tills.submit(bank.pay, number) for number in range(2, 8)]
        until(lambda: get(bank, "/readyz")[0] == 503)
        assert {said.result()["type"] for said in paid} <= {"/problems/outcome-unknown", "/problems/unavailable"}
        assert b"journal_overdue" in get(bank, "/readyz")[1]
        assert get(bank, "/healthz")[0] == 200
        assert bank.pay(8)["type"] == "/problems/unavailable"
        until(lambda: told(bank, "alarm_began") == 1)
        go_on()
        until(lambda: get(bank, "/readyz")[0] == 200)
        assert {bank.pay(number)["status"] for number in range(2, 9)} == {"succeeded"}  # once each, as the ledger says
    until(lambda: told(bank, "alarm_ended") == 1)
    assert told(bank, "alarm_began") == 1
    assert bank.kill(signal.SIGTERM) == 0
    assert bank.command("project").wait(WAIT_SECONDS) == 0
    assert bank.command("audit").wait(WAIT_SECONDS) == 0


def test_abuse_79_an_idle_server_notices_that_its_journal_stands_still(
    new_bank: Callable[..., ServedBank], postgres: Postgres
) -> None:
    bank = new_bank(journal_url=postgres.database())
    with standing_still(postgres) as go_on:
        until(lambda: b"journal_overdue" in get(bank, "/readyz")[1])  # nobody has paid
        assert get(bank, "/healthz")[0] == 200
        assert bank.pay(1)["type"] == "/problems/unavailable"
        go_on()
        until(lambda: get(bank, "/readyz")[0] == 200)
        assert bank.pay(1)["status"] == "succeeded"


def test_abuse_79_a_server_ends_although_its_journal_stands_still(
    new_bank: Callable[..., ServedBank], postgres: Postgres
) -> None:
    bank = new_bank(journal_url=postgres.database())
    with standing_still(postgres):
        assert bank.pay(1)["type"] in ("/problems/outcome-unknown", "/problems/unavailable")
        assert bank.kill(signal.SIGTERM) == 70
    bank.start()
    assert bank.pay(1)["status"] == "succeeded"


def test_abuse_79_a_bank_database_that_stands_still_leaves_the_loop_running(
    new_bank: Callable[..., ServedBank], postgres: Postgres
) -> None:
    numbers = count(1)
    bank = new_bank(bank_url=postgres.database())
    assert pay_anew(bank, numbers) == "succeeded"
    with standing_still(postgres) as go_on:
        until(lambda: b"merchants_unknown" in get(bank, "/readyz")[1])
        assert get(bank, "/healthz")[0] == 200
        assert pay_anew(bank, numbers) == "/problems/unavailable"
        whoever = SeededMerchant(MerchantNumber(0), "", new_token())
        answers = [bank.request(bank.connect(), "GET", "/v1/me", whoever)[0] for _ in range(6)]
        assert set(answers) == {503}
        assert bank.request(bank.connect(), "GET", "/v1/me", bank.merchants[0])[0] == 401  # no customer's token
        go_on()
        until(lambda: get(bank, "/readyz")[0] == 200)
        assert pay_anew(bank, numbers) == "succeeded"


def test_abuse_79_a_read_model_that_stands_still_leaves_payments_going(
    new_bank: Callable[..., ServedBank], postgres: Postgres
) -> None:
    numbers = iter(range(1, 60))
    bank = new_bank(read_url=postgres.database())
    assert pay_anew(bank, numbers) == "succeeded"
    until(lambda: len(bank.payments(bank.merchants[0])) == 1)
    with standing_still(postgres) as go_on:
        assert pay_anew(bank, numbers) == "succeeded"
        assert bank.request(bank.connect(), "GET", "/v1/payments", bank.merchants[0])[0] == 503
        assert pay_anew(bank, numbers) == "succeeded"
        assert get(bank, "/healthz")[0] == get(bank, "/readyz")[0] == 200
        go_on()

        def listed() -> bool:
            return bank.request(bank.connect(), "GET", "/v1/payments", bank.merchants[0])[0] == 200

        until(listed)
        assert len(bank.payments(bank.merchants[0])) == 3
