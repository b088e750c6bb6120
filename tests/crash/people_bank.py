"""A served bank of people, killed again and again while they move money; its clock goes on by days in between."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from mixed_bank import AGAIN, KILLS, START_SECONDS
from served_bank import ServedBank

import feiqian.policy
from feiqian.db import BankDb
from feiqian.demo.seeding import First, Plan, SeededMerchant
from feiqian.merchants.registry import Merchants
from feiqian.money import CNY
from feiqian.payments.code_keys import KeyFile, KeyRing
from feiqian.payments.permutation import SECRET_BYTES
from feiqian.testing.mixed.operations import Asked
from feiqian.testing.mixed.people import KINDS, REFUSED
from feiqian.testing.mixed.people_bank import DAY_AMOUNT, PEOPLE, REGISTERING, UNVERIFIED_PER_DAY
from feiqian.testing.mixed.phones import PASSWORD, PIN, Killed, Phones

CALLERS = 12
MERCHANTS, WALLET = 6, 4_000_00
DAY_SECONDS = 25 * 3_600  # more than any money waits
EARLY = 0.15  # of the kills come while it still starts
_FULL = 'CNY = { unverified = "1000.00", payment = "20000.00", day = "20000.00"'
_SENT = 'CNY = { payment = "20000.00", day = "20000.00", month = '
CHANGED = {  # so that a PIN proves enough for each sum of the mix, much is held, and sums of a month are met
    'one_factor = { CNY = "1000.00"': 'one_factor = { CNY = "5000.00"',
    '[[needs.transfer]]\nup_to = { CNY = "1000.00"': '[[needs.transfer]]\nup_to = { CNY = "4000.00"',
    'hold_from = { CNY = "2000.00"': 'hold_from = { CNY = "100.00"',
    f"{_FULL} }}": f'{_FULL}, year = "200000.00" }}',  # as of the level below
    f'{_SENT}"100000.00"': 'CNY = { payment = "2000.00", day = "2000.00", month = "3000.00"',
    "[methods.quick]\n": '[methods.code]\nCNY = { month = "960.00" }\n\n[methods.quick]\n',
}


class PeopleBank(ServedBank):
    """`phones` are of its people."""

    def __init__(self, folder: Path, customers: int) -> None:
        names = [f"Wang {chr(65 + n // 26 % 26)}{chr(97 + n % 26)}{chr(97 + n // 676)}ming" for n in range(customers)]
        people = tuple(First(name, WALLET, day_amount=DAY_AMOUNT) for name in names)
        plan = Plan(
            customers,
            MERCHANTS,
            WALLET,
            unverified_per_day=UNVERIFIED_PER_DAY,
            sample_people=True,
            first=people,
            password=PASSWORD,
            pin=PIN,
        )
        super().__init__(folder, customers, plan, policy=str(_policy(folder.with_suffix(".toml"))))
        keys = KeyRing(0, {version: random.Random(version).randbytes(SECRET_BYTES) for version in range(10)})
        KeyFile(self.settings.code_keys).save(keys)
        self.customers, self.folder = customers, folder
        self.phones = Phones(f"http://127.0.0.1:{self.port}", names, self._in_yuan(), keys)

    def _in_yuan(self) -> list[SeededMerchant]:
        with closing(BankDb(self.folder, self.settings.bank_url)) as db:
            yuan = {one.number for one in Merchants(db, self.settings.mode).all() if one.currency == CNY.number}
        return [one for one in self.merchants if one.number in yuan]

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Not `feiqian serve`, but the same with a clock of its own."""
        child = [sys.executable, "-m", "feiqian.testing.mixed.people_bank", str(self.phones.ahead), str(self.customers)]
        (self.folder / REGISTERING).write_text(json.dumps(self.phones.strangers))
        with self.log.open("ab") as log:
            return subprocess.Popen(child, env=self.environment(), stdout=log, stderr=log)

    def start(self, *arguments: str) -> None:
        super().start(*arguments)
        people = json.loads((self.folder / PEOPLE).read_text())
        self.phones.tokens = {int(number): of["token"] for number, of in people.items()}

    def start_and_kill(self, seconds: float) -> None:
        """While it still starts."""
        process = self.command()
        with suppress(subprocess.TimeoutExpired):
            raise AssertionError(f"it ended by itself: {process.wait(seconds)}")
        process.kill()
        process.wait()

    def advance(self, seconds: int) -> None:
        """From the next start on."""
        self.phones.ahead += seconds


def _policy(file: Path) -> Path:
    text = (Path(feiqian.policy.__file__).parent / "cn.toml").read_text()
    for before, after in CHANGED.items():
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    file.write_text(text)
    return file


def work(bank: PeopleBank, wanted: list[Asked], dice: random.Random, check: Callable[[], object]) -> dict[int, str]:
    """Lets people do all of it; returns the outcomes, each the same however often it was told. After each kill it is
    asked to `check`."""
    outcomes: dict[int, str] = {}
    for kills in range(KILLS + 1):
        known = [number for number, told in outcomes.items() if not told.startswith(REFUSED)]
        again = dice.sample(sorted(known), min(AGAIN, len(known)))
        numbers = [*again, *(it.number for it in wanted if it.number not in outcomes)]
        bank.start()
        most = 0 if kills == KILLS else dice.randint(1, 2 * len(wanted) // (KILLS + 1))
        told = asyncio.run(_round(bank, [wanted[number] for number in numbers], most))
        for number, outcome in told.items():
            before = outcomes.setdefault(number, outcome)
            assert before == outcome, f"{wanted[number]}: {before}, and {outcome} on a retry"
        check()
        if kills < KILLS:
            if dice.random() < EARLY:
                bank.start_and_kill(dice.uniform(0, START_SECONDS))
            if kills % 3 == 1:
                bank.advance(DAY_SECONDS)
    return outcomes


async def _round(bank: PeopleBank, wanted: list[Asked], most: int) -> dict[int, str]:
    """Until all is done, or the bank was killed after so many outcomes (0: it is not)."""
    outcomes: dict[int, str] = {}
    kinds: dict[str, Any] = {kind.name: kind(bank.phones) for kind in KINDS}
    left = iter(wanted)

    async def call(left: Iterator[Asked]) -> None:
        with suppress(Killed):
            for it in left:
                outcomes[it.number] = await kinds[it.kind].do(it)
                if len(outcomes) == most:
                    bank.kill()

    async with bank.phones:
        await asyncio.gather(*(call(left) for _ in range(CALLERS)))
    if most > len(outcomes):  # there were no more
        bank.kill()
    return outcomes
