"""A bank of people who send each other money, whose read models are projected after each commit, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from feiqian.accounts.kinds import day_amount_id, wallet_id
from feiqian.auth.model import Details, Session
from feiqian.composition import add_activity
from feiqian.events import PersonTransferDecided
from feiqian.ids import CustomerNumber
from feiqian.money import CNY, MinorUnits
from feiqian.payees.model import NameCheck, PayeeCheck
from feiqian.testing.clock import ManualClock
from feiqian.transfers.decide import Decider
from feiqian.transfers.model import Asked
from feiqian.transfers.service import PersonTransfers
from tests.customers.people import EVE, EVE_DETAILS, MEI, MEI_DETAILS, PASSWORD, PIN, chinese_number
from tests.deposits.holders import Holders

ANA, ANA_NAME = "+8613900003333", "Ana María López"
ANA_DETAILS = Details(ANA_NAME, "cn_id", PASSWORD, PIN, chinese_number("11010519910402123"))
PEOPLE = {"mei": (MEI, MEI_DETAILS), "eve": (EVE, EVE_DETAILS), "ana": (ANA, ANA_DETAILS)}


class Person(NamedTuple):
    """Somebody who is signed in."""

    session: Session
    mobile: str
    name: str

    @property
    def number(self) -> CustomerNumber:
        return self.session.subject.customer


class Sending(Holders):
    """See `Holders`; `again` is the same bank after a crash."""

    def __init__(self, folder: Path, clock: ManualClock | None = None, url: str = "") -> None:
        super().__init__(folder, clock, url)
        s = self.services
        s.person_transfers.limits = s.limits  # which the bank of the tests makes anew
        s.person_transfers.decider = Decider(ledger=self.ledger, limits=s.limits, payees=s.payees)
        s.person_transfers.caution.reads = s.person_transfers.endings.reads = s.person_transfers.reads
        s.schedules.limits = s.limits
        add_activity(s)

    @property
    def sending(self) -> PersonTransfers:
        return self.services.person_transfers

    def person(self, who: str, balance: int = 0, level: str = "full") -> Person:
        """Somebody with a wallet; seen face to face, unless another level is said."""
        mobile, details = PEOPLE[who]
        opened = self.checked(mobile, details)
        person = Person(opened.session, mobile, details.name)
        self.put_level(person.number, level)
        if balance:
            self.fund(person.number, balance)
        return person

    def put_level(self, number: CustomerNumber, level: str) -> None:
        s, wanted = self.services, self.services.policy.level(level)
        self.do(s.customers.put_level, number, wanted.number)
        s.customers.take_up(number)
        self.run(s.accounts.set_level(number, wanted))

    def rename(self, number: CustomerNumber, name: str) -> None:
        with self.db.write() as connection:
            connection.exec_driver_sql("UPDATE customers SET name = ? WHERE number = ?", (name, number))

    def look_up(self, sender: Person, mobile: str, name: str, way: str = "mobile") -> PayeeCheck:
        return self.run(self.services.payees.check(sender.number, way, mobile, name))

    def asked(self, check: PayeeCheck, amount: int, number: str = "T1", **more: Any) -> Asked:
        return Asked(**({"number": number, "check": check.id, "amount": MinorUnits(amount), "currency": "CNY"} | more))

    def confirm(self, sender: Person, asked: Asked) -> str:
        """A challenge that the sender has passed for it."""
        view = self.run(self.sending.begin(sender.session.subject, asked, "en", sender.session.device))
        return self.prove(view, sender.session.subject)

    def send(self, sender: Person, asked: Asked, challenge: str = "") -> PersonTransferDecided:
        challenge = challenge or self.confirm(sender, asked)
        return self.run(self.sending.send(sender.session.subject, asked, challenge))

    def send_to(
        self, sender: Person, to: Person, amount: int, number: str = "T1", **more: Any
    ) -> PersonTransferDecided:
        """Checks, confirms and sends."""
        check = self.look_up(sender, to.mobile, to.name)
        assert check.check is NameCheck.MATCH
        return self.send(sender, self.asked(check, amount, number, **more))

    def wallet(self, person: Person) -> int:
        return self.held(wallet_id(CNY.number, person.number))

    def used_today(self, person: Person) -> int:
        used = self.ledger.engine.used(day_amount_id(CNY.number, person.number))
        assert used is not None
        return used[0]
