"""A bank whose mixed operations are done by one child after another; all but the last are killed at some moment."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from feiqian import app
from feiqian.accounts.kinds import AccountKind
from feiqian.demo.seeding import Plan, seed
from feiqian.deposits.model import DepositAccount
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.engine import Refusal
from feiqian.money import CNY
from feiqian.payments.code_keys import KeyFile, KeyRing
from feiqian.payments.permutation import SECRET_BYTES
from feiqian.settings import Settings
from feiqian.subjects import Role, Subject
from feiqian.testing.clock import zone_at_noon
from feiqian.testing.crash import Killable
from feiqian.testing.mixed.kinds import Mix, mix
from feiqian.testing.mixed.witness import Witness

SEED = int(os.environ.get("SEED") or 20261127)
KILLS = max(3, int(os.environ.get("KILLS") or 60) // 20)  # `make long`: 50
WALLET, DEPOSITS = 2_000_00, (1_500_00, 500_00)
AGAIN = 5  # of those that were told, so many are asked again after each kill
START_SECONDS = 3.0  # in which some kills come
OPERATOR = Subject(Role.STAFF, 0)


class Worker(Killable):
    """The child. `outcomes` are told as durable."""

    def __init__(self, settings: Settings, of: Mix, numbers: list[int]) -> None:
        command = [sys.executable, "-m", "feiqian.testing.mixed.child", *map(str, of)]
        self.outcomes: dict[int, str] = {}
        super().__init__(command, {**os.environ, **settings.environment()}, "\n".join(map(str, numbers)))

    @property
    def count(self) -> int:
        return len(self.outcomes)

    def hear(self, line: bytes) -> None:
        if line != b"ready":
            number, _, outcome = line.decode().partition(" ")
            self.outcomes[int(number)] = outcome


def founded(folder: Path, plan: Plan, **more: Any) -> tuple[Settings, list[DepositAccount]]:
    """A bank in a folder, whose customers have a wallet and two accounts."""
    known = {"zone": zone_at_noon(), "hashing": "light", "checkpoint_every": 50} | more
    settings = Settings(data=str(folder), port=0, **known)
    keys = {version: random.Random(version).randbytes(SECRET_BYTES) for version in range(10)}
    KeyFile(settings.code_keys).save(KeyRing(0, keys))
    seed(settings, plan)
    bank = app.build(settings)
    accounts = asyncio.run(_accounts(bank.services, plan.customers))
    assert bank.close()
    return settings, accounts


async def _accounts(services: Any, customers: int) -> list[DepositAccount]:
    found = []
    cash = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK)
    for number in map(CustomerNumber, range(1, customers + 1)):
        for balance in DEPOSITS:
            id = await services.deposits.open(number, CNY.number, "current", OPERATOR)
            account = await services.transactions.read(services.deposits.get, id)
            name = chart.derived_id(b"founding", account.ledger_id)
            paid_in = chart.transfer(name, debit=cash, credit=account.ledger_id, amount=balance)
            assert services.ledger.post(paid_in).refusal is Refusal.OK
            found.append(account)
    await services.ledger.durable(services.ledger.position)
    return found


def work(
    settings: Settings, of: Mix, witness: Witness, after_kill: Callable[[random.Random], None] = lambda dice: None
) -> dict[int, str]:
    """Lets children do all of it; returns the outcomes, each the same however often it was told."""
    dice, outcomes, wanted = random.Random(of.seed), dict[int, str](), mix(of)
    for kills in range(KILLS + 1):
        known = dice.sample(sorted(outcomes), min(AGAIN, len(outcomes)))
        child = Worker(settings, of, [*known, *(it.number for it in wanted if it.number not in outcomes)])
        try:
            if kills == KILLS:
                assert child.join() == 0
            else:
                _until_a_moment(child, dice, of.operations)
        finally:
            if child.process.returncode is None:
                child.kill()
        for number, outcome in child.outcomes.items():
            assert outcomes.setdefault(number, outcome) == outcome, f"{wanted[number]}: {outcome} on a retry"
        witness.read_on()
        after_kill(dice)
    return outcomes


def _until_a_moment(child: Worker, dice: random.Random, count: int) -> None:
    """Now and then while it still starts, else under load."""
    if dice.random() < 0.2:
        child.listen(seconds=dice.uniform(0, START_SECONDS))
    else:
        child.listen(answers=dice.randint(1, 2 * count // KILLS))


def audit(settings: Settings) -> None:
    """The bank's own audit finds nothing, once what a server left unread when it ended has been projected."""
    for command in ("project", "audit"):
        asked = [sys.executable, "-m", "feiqian", command]
        done = subprocess.run(asked, env={**os.environ, **settings.environment()}, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
