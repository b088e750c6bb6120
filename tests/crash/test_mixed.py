"""Mixed operations, and a process that is killed at any moment: nothing is lost, double or negative; limits hold."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from feiqian import app
from feiqian.accounts.kinds import AccountKind
from feiqian.clock import MICROSECONDS, SystemClock
from feiqian.demo.seeding import Plan, seed
from feiqian.deposits.model import DepositAccount
from feiqian.events import PaymentDecided
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.ledger import chart
from feiqian.ledger.engine import Refusal
from feiqian.ledger.recovery import open_journal
from feiqian.merchants.kinds import payable_id
from feiqian.money import CNY
from feiqian.payments.code_keys import KeyFile, KeyRing
from feiqian.payments.permutation import SECRET_BYTES
from feiqian.projections.database import open_database
from feiqian.settings import Settings
from feiqian.subjects import Role, Subject
from feiqian.testing.crash import Killable
from feiqian.testing.mixed.bank import CORRECTIONS
from feiqian.testing.mixed.kinds import KINDS, mix
from feiqian.testing.mixed.operations import Asked
from feiqian.testing.mixed.payments import FEES
from feiqian.testing.mixed.witness import Witness

KILLS = max(3, int(os.environ.get("KILLS") or 60) // 20)  # `make long`: 50
SEED = int(os.environ.get("SEED") or 20261127)
COUNT = 200 * KILLS
CUSTOMERS, MERCHANTS = max(20, COUNT // 30), 3
WALLET, DEPOSITS = 2_000_00, (1_500_00, 500_00)
DAY_AMOUNT = 2_000_00  # less than many want to pay
AGAIN = 5  # of those that were told, so many are asked again after each kill
START_SECONDS = 3.0  # in which some kills come
OPERATOR = Subject(Role.STAFF, 0)


class Worker(Killable):
    """The child. `outcomes` are told as durable."""

    def __init__(self, settings: Settings, numbers: list[int]) -> None:
        command = [sys.executable, "-m", "feiqian.testing.mixed.child", str(SEED), str(COUNT), str(CUSTOMERS)]
        self.outcomes: dict[int, str] = {}
        super().__init__(command, {**os.environ, **settings.environment()}, "\n".join(map(str, numbers)))

    @property
    def count(self) -> int:
        return len(self.outcomes)

    def hear(self, line: bytes) -> None:
        if line != b"ready":
            number, _, outcome = line.decode().partition(" ")
            self.outcomes[int(number)] = outcome


def founded(folder: Path) -> tuple[Settings, list[DepositAccount]]:
    """A bank in a folder, whose customers have a wallet and two accounts."""
    settings = Settings(data=str(folder), port=0, hashing="light", checkpoint_every=50)
    keys = {version: random.Random(version).randbytes(SECRET_BYTES) for version in range(10)}
    KeyFile(settings.code_keys).save(KeyRing(0, keys))
    seed(settings, Plan(CUSTOMERS, MERCHANTS, WALLET, day_amount=DAY_AMOUNT))
    bank = app.build(settings)
    accounts = asyncio.run(_accounts(bank.services))
    assert bank.close()
    return settings, accounts


async def _accounts(services: Any) -> list[DepositAccount]:
    found = []
    cash = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK)
    for number in map(CustomerNumber, range(1, CUSTOMERS + 1)):
        for balance in DEPOSITS:
            id = await services.deposits.open(number, CNY.number, "current", OPERATOR)
            account = await services.transactions.read(services.deposits.get, id)
            name = chart.derived_id(b"founding", account.ledger_id)
            paid_in = chart.transfer(name, debit=cash, credit=account.ledger_id, amount=balance)
            assert services.ledger.post(paid_in).refusal is Refusal.OK
            found.append(account)
    await services.ledger.durable(services.ledger.position)
    return found


def work(settings: Settings, wanted: list[Asked], witness: Witness) -> tuple[dict[int, str], int]:
    """Lets children do all of it, one after another; all but the last are killed. Returns outcomes and kills."""
    dice, outcomes, kills = random.Random(SEED), dict[int, str](), 0
    while True:
        known = dice.sample(sorted(outcomes), min(AGAIN, len(outcomes)))
        child = Worker(settings, [*known, *(it.number for it in wanted if it.number not in outcomes)])
        try:
            if kills == KILLS:
                assert child.join() == 0
            else:
                _until_a_moment(child, dice)
        finally:
            if child.process.returncode is None:
                child.kill()
        for number, outcome in child.outcomes.items():
            assert outcomes.setdefault(number, outcome) == outcome, f"{wanted[number]}: {outcome} on a retry"
        witness.read_on()
        if kills == KILLS:
            return outcomes, kills
        kills += 1


def _until_a_moment(child: Worker, dice: random.Random) -> None:
    """Now and then while it still starts, else under load."""
    if dice.random() < 0.2:
        child.listen(seconds=dice.uniform(0, START_SECONDS))
    else:
        child.listen(answers=dice.randint(1, 2 * COUNT // KILLS))


def test_mixed_operations_of_a_process_that_is_killed_again_and_again(tmp_path: Path) -> None:
    settings, accounts = founded(tmp_path / "bank")
    wanted = mix(SEED, COUNT, CUSTOMERS)
    payables = [payable_id(CNY.number, MerchantNumber(number)) for number in range(1, MERCHANTS + 1)]
    with closing(open_journal(Path(settings.data))) as journal:
        witness = Witness(journal, accounts)
        witness.begin(CUSTOMERS, [*payables, FEES, CORRECTIONS])
        outcomes, kills = work(settings, wanted, witness)
        assert (len(outcomes), kills) == (COUNT, KILLS)
        witness.check_books(wanted, outcomes)
        days = SystemClock(settings.zone)
        assert witness.check_limits(DAY_AMOUNT, lambda at: days.day(at // MICROSECONDS)), "the limit never counted"
    with closing(open_database(settings.read_location)) as reads:
        assert witness.check_statements(reads) > COUNT // 2
    audit = [sys.executable, "-m", "feiqian", "audit"]
    audited = subprocess.run(audit, env={**os.environ, **settings.environment()}, capture_output=True, text=True)
    assert audited.returncode == 0, audited.stdout + audited.stderr
    it_was_a_mix(wanted, outcomes, witness, accounts)


def it_was_a_mix(
    wanted: list[Asked], outcomes: dict[int, str], witness: Witness, accounts: list[DepositAccount]
) -> None:
    """Each kind had work, payments had each outcome, and were taken from each sort of source."""
    assert {it.kind for it in wanted} == {kind.name for kind in KINDS}
    happened = Counter(outcomes.values())
    assert {"succeeded", "needs_verification", "declined insufficient_funds", "refund succeeded"} <= set(happened)
    assert happened["succeeded"] > COUNT // 5
    places = {account.ledger_id: account.place for account in accounts}
    paid_from = {places.get(fact.source, 0) for fact in witness.facts.all(PaymentDecided)}
    assert paid_from == {0, *range(1, len(DEPOSITS) + 1)}
