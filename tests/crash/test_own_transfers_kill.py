"""The server is killed while customers move money between wallet and account: each transfer is made once or never."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import random
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest
from served_bank import BALANCE, WAIT_SECONDS, ServedBank
from sqlalchemy import Connection

from feiqian import app
from feiqian.auth.sessions.model import Opened
from feiqian.ids import CustomerNumber
from feiqian.money import CNY
from feiqian.services import Services
from feiqian.subjects import Role, Subject, customer
from feiqian.testing.sessions import open_session

KILLS = max(2, int(os.environ.get("KILLS") or 30) // 10)
HOLDERS, PATH = 4, "/v1/me/transfers"


@dataclass
class Holder:
    """A customer with a session (`key`) and an account. Every transfer is written down before it is sent."""

    key: str
    account: str
    asked: dict[str, bytes] = field(default_factory=dict)
    told: dict[str, dict[str, Any]] = field(default_factory=dict)

    def next(self, dice: random.Random) -> tuple[str, bytes]:
        """Sometimes more than there is."""
        number, places = f"T{len(self.asked)}", ["wallet", self.account]
        dice.shuffle(places)
        wanted = {"number": number, "source": places[0], "target": places[1], "currency": "CNY"}
        body = json.dumps(wanted | {"amount": dice.randint(1, BALANCE)}).encode()
        self.asked[number] = body
        return number, body


def opened(services: Services, number: CustomerNumber) -> Holder:
    async def both() -> tuple[str, Opened]:
        account = await services.deposits.open(number, CNY.number, "current", Subject(Role.STAFF, 0))

        def session(connection: Connection) -> Opened:
            return open_session(services.sessions, connection, customer(number), services.clock.now())

        return account, await services.transactions.write(session)

    account, session = asyncio.run(both())
    return Holder(session.token, account)


@pytest.fixture
def holders(bank: ServedBank) -> list[Holder]:
    built = app.build(bank.settings)
    found = [opened(built.services, CustomerNumber(number)) for number in range(1, HOLDERS + 1)]
    assert built.close()
    return found


def send(bank: ServedBank, connection: http.client.HTTPConnection, holder: Holder, body: bytes) -> dict[str, Any]:
    status, answer = bank.request(connection, "POST", PATH, holder, body)  # type: ignore[arg-type]
    assert status == 200, answer
    told: dict[str, Any] = json.loads(answer)
    return told


def test_abuse_25_a_server_killed_under_load_makes_each_own_transfer_once_or_never(
    bank: ServedBank, holders: list[Holder]
) -> None:
    dice = random.Random(11)
    bank.start()
    for _ in range(KILLS):
        came = threading.Semaphore(0)

        def work(holder: Holder, dice: random.Random, came: threading.Semaphore = came) -> None:
            connection = bank.connect()
            while True:
                number, body = holder.next(dice)
                try:
                    holder.told[number] = send(bank, connection, holder, body)
                except (OSError, http.client.HTTPException):
                    return  # killed: whether this one happened, nobody knows
                came.release()

        threads = [
            threading.Thread(target=work, args=(holder, random.Random(dice.random())), daemon=True)
            for holder in holders
        ]
        for thread in threads:
            thread.start()
        for _ in range(dice.randrange(5, 60)):
            assert came.acquire(timeout=WAIT_SECONDS)
        bank.kill()
        for thread in threads:
            thread.join(WAIT_SECONDS)
        bank.start()
        for holder in holders:
            for number, body in holder.asked.items():
                again = send(bank, bank.connect(), holder, body)
                assert holder.told.setdefault(number, again) == again
    assert {told["status"] for holder in holders for told in holder.told.values()} == {"succeeded", "declined"}
    for holder in holders:
        in_account = sum(moved(told, holder.account) for told in holder.told.values())
        held = {one["id"]: one["balance"] for one in bank.ask("/v1/me/accounts", holder)["data"]}  # type: ignore[arg-type]
        assert held == {"wallet": BALANCE - in_account, holder.account: in_account}
    assert bank.kill(15) == 0
    assert bank.command("project").wait(WAIT_SECONDS) == 0
    assert bank.command("audit").wait(WAIT_SECONDS) == 0, "feiqian audit has findings"


def moved(told: dict[str, Any], account: str) -> int:
    """What a transfer brought to the account, or took from it."""
    if told["status"] != "succeeded":
        return 0
    amount: int = told["amount"]
    return amount if told["target"] == account else -amount
