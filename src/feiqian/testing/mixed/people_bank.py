"""A served bank whose people are signed in, and whose clock may be ahead: `python -m feiqian.testing.mixed.people_bank
SECONDS CUSTOMERS`, settings from the environment.

`registering.json` in its folder names the numbers, with their names, that have registered by now; `people.json` holds
the sessions of the first customers once it answers. Otherwise it is what `feiqian serve` is.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from feiqian import app
from feiqian.accounts import opening
from feiqian.clock import MICROSECONDS, BankDays
from feiqian.customers.levels import record_added
from feiqian.customers.profiles import NewProfile
from feiqian.ids import CustomerNumber
from feiqian.ledger.engine import Refusal
from feiqian.money import CNY, MinorUnits
from feiqian.serving import Bank, Service
from feiqian.settings import load
from feiqian.subjects import customer
from feiqian.testing.sessions import open_session

DAY_AMOUNT = MinorUnits(1_500_00)  # less than some want to move
UNVERIFIED_PER_DAY = 10_000  # by code; how many there are is not what is counted here
REGISTERING, PEOPLE = "registering.json", "people.json"


class AheadClock(BankDays):
    """The machine's clock, and so many seconds more."""

    jumped = False

    def __init__(self, seconds: int, zone: str) -> None:
        super().__init__(zone)
        self._ahead = seconds * MICROSECONDS

    def now(self) -> int:
        return time.time_ns() // 1000 + self._ahead


def main(seconds: str, customers: str) -> int:
    """Serves until it is told to end, or killed."""
    settings = load()
    clock = AheadClock(int(seconds), settings.zone)
    bank = app.build(settings, listen=True, accept_time=True, clock=clock)
    _register(bank, Path(settings.data) / REGISTERING)
    _sign_in(bank, Path(settings.data) / PEOPLE, int(customers))
    return app.run_until_closed(bank, Service(bank).run)


def _register(bank: Bank, file: Path) -> None:
    """Each becomes a customer whom the bank has seen, with an empty wallet; who is one by now stays so."""
    s = bank.services
    level = s.policy.level("full").number
    for mobile, name in json.loads(file.read_text()) if file.exists() else ():
        with bank.db.write() as connection:
            known = s.customers.profiles.number_of(connection, mobile)
            if known is None:
                added = s.customers.add_within(connection, [name], s.clock.now(), level)
                record_added(s.audit_log, connection, added, level, s.clock.now())
                known = CustomerNumber(added.start)
                s.customers.profiles.add(connection, [NewProfile(known, mobile, "", "en")])
        s.customers.take_up(known)
        wallet = opening.wallet(known, CNY.number, day_amount=DAY_AMOUNT, unverified_per_day=UNVERIFIED_PER_DAY)
        assert set(s.ledger.post_many(wallet)) <= {Refusal.OK, Refusal.EXISTS}
    s.ledger.commit()


def _sign_in(bank: Bank, file: Path, customers: int) -> None:
    """Each on the phone that they had before."""
    s = bank.services
    phones: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    with bank.db.write() as connection:
        for number in range(1, customers + 1):
            phone = phones.get(str(number), {}).get("phone")
            who = customer(CustomerNumber(number))
            opened = open_session(s.sessions, connection, who, s.clock.now(), device=phone)
            phones[str(number)] = {"token": opened.token, "phone": opened.device_token}
    new = file.with_suffix(".new")
    new.write_text(json.dumps(phones))
    new.rename(file)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
