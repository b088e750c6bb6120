"""The demo's doors: whoever is chosen is signed in, and newcomers who may pay are given play money once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from feiqian.accounts.errors import NoWallet
from feiqian.demo.doors import Doors
from feiqian.money import CNY
from feiqian.policy.load import load_policy

SETTLED = 3


class Wallets:
    """Corrections are remembered; a wallet that is not open yet refuses."""

    def __init__(self) -> None:
        self.open: set[int] = set()
        self.given: list[tuple[int, int, int, str]] = []

    async def adjust(self, number: int, currency: int, amount: int, reference: str) -> None:
        if number not in self.open:
            raise NoWallet("not yet")
        self.given.append((number, currency, amount, reference))


def sample_people(standings: dict[int, int]) -> tuple[Doors, Wallets]:
    wallets = Wallets()
    customers = SimpleNamespace(count=max(standings), standing=lambda number: standings[number])
    services: Any = SimpleNamespace(customers=customers, policy=load_policy("cn"), accounts=wallets)
    return Doors(services, SETTLED), wallets


def look(doors: Doors, times: int) -> None:
    async def run() -> None:
        task = asyncio.create_task(doors.give())
        for _ in range(times):
            await asyncio.sleep(0)
        task.cancel()

    asyncio.run(run())


def test_a_newcomer_who_may_pay_is_given_money_once() -> None:
    doors, wallets = sample_people({1: 2, 2: 0, 3: 1, 4: 1, 5: 0})
    wallets.open = {1, 3, 4}
    look(doors, 5)
    look(doors, 5)
    assert wallets.given == [(4, CNY.number, 500_00, "play-money-4")]


def test_who_has_no_wallet_yet_is_given_it_later() -> None:
    doors, wallets = sample_people({1: 2, 2: 2, 3: 2, 4: 1})
    look(doors, 5)
    assert wallets.given == []
    wallets.open = {4}
    look(doors, 5)
    assert [number for number, *_ in wallets.given] == [4]
