"""A bank with a shop and two customers who may be reminded, a clock that stands, and all that they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import text

from feiqian import app
from feiqian.accounts.kinds import AccountKind
from feiqian.clock import microseconds
from feiqian.demo.seeding import First, Plan, seed
from feiqian.deposits.model import WALLET, DepositAccount
from feiqian.events import BalanceChanged, PaymentDecided, decode_fact
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.body import decode_body
from feiqian.ledger.recovery import open_journal
from feiqian.money import CNY
from feiqian.notify.model import Channel, Delivered
from feiqian.payments.codes import SLOT_SECONDS
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.reminders.model import Choice
from feiqian.settings import Settings
from feiqian.subjects import Role, Subject, customer
from feiqian.testing.clock import ManualClock

T = TypeVar("T")
MEI, ANA = CustomerNumber(1), CustomerNumber(2)
BALANCE = 50_000_00  # fen
SMS, EMAIL = Choice((Channel.SMS,)), Choice((Channel.EMAIL,))
CASH = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK)


class Reminded:
    """`run` is one turn of a server's life. The clock shows noon in Shanghai."""

    def __init__(self, folder: Path, bank_url: str = "") -> None:
        self.settings = Settings(data=str(folder), port=0, bank_url=bank_url)
        people = (First("Mei Lin", BALANCE, email="mei@example.com"), First("Ana Ruiz", BALANCE, language="es"))
        self.clock = ManualClock(microseconds(datetime(2030, 6, 3, 4, tzinfo=UTC)))
        plan = Plan(3, 1, BALANCE, unverified_per_day=100_000, sample_people=True, first=people)
        seed(self.settings, plan, self.clock)
        self._numbers = 0
        self.open()

    def open(self) -> None:
        self.bank = app.build(self.settings, clock=self.clock, accept_time=True)
        self.services = self.bank.services
        [self.shop] = self.services.merchants.all()

    def crash(self) -> None:
        """Nothing that was in memory is left."""
        self.bank.close()
        self.clock.advance(60)  # codes that were shown before are over
        self.open()

    def close(self) -> None:
        self.bank.close()

    def run(self, *work: Coroutine[Any, Any, T]) -> list[T]:
        async def all_of_it() -> list[T]:
            return [await one for one in work]

        return asyncio.run(all_of_it())

    # --- what happens ------------------------------------------------------------------------------------------------

    def choose(self, choice: Choice, who: CustomerNumber = MEI, account: str = WALLET) -> None:
        self.run(self.services.reminders.put(who, account, CNY.number, choice))

    def account(self, who: CustomerNumber = MEI, balance: int = 0) -> DepositAccount:
        """A deposit account with money on it."""
        [id] = self.run(self.services.deposits.open(who, CNY.number, "current", Subject(Role.STAFF, 0)))
        with self.bank.db.read() as connection:
            account = self.services.deposits.get(connection, id)
        if balance:
            self.run(self.move(CASH, account.ledger_id, balance))
        return account

    async def move(self, debit: bytes, credit: bytes, amount: int) -> None:
        self._numbers += 1
        name = chart.derived_id(b"test", self._numbers.to_bytes(8, "big"))
        self.services.ledger.post(chart.transfer(name, debit=debit, credit=credit, amount=amount))
        await self.services.ledger.durable(self.services.ledger.position)

    async def pay(self, amount: int, who: CustomerNumber = MEI) -> str:
        self._numbers += 1
        request = PaymentRequest(
            payment_code=self.services.payments.code_for(who).digits,
            amount=amount,
            currency="CNY",
            merchant_order=f"order-{self._numbers}",
            description="",
        )
        self.clock.advance(SLOT_SECONDS)  # another code
        paid = await self.services.payments.pay(self.shop, request)
        assert paid.reason in (None, "insufficient_funds"), paid.reason
        return str(paid.status)

    async def refund_last(self, amount: int) -> None:
        payment = [fact for fact in self.facts() if isinstance(fact, PaymentDecided)][-1]
        decision = self.services.payments._refunder.decide(
            payment, RefundRequest(amount=amount, merchant_refund="back")
        )
        await self.services.ledger.durable(decision.position)

    async def follow(self) -> None:
        await self.services.follower.follow()

    # --- what came of it ---------------------------------------------------------------------------------------------

    def facts(self) -> list[Any]:
        journal = open_journal(Path(self.settings.data))
        try:
            bodies = [decode_body(row.body) for row in journal.rows(0)]
        finally:
            journal.close()
        return [decode_fact(fact) for body in bodies for fact in body.facts]

    def balances(self) -> list[tuple[bool, int, int]]:
        """Of all facts of balances: whether it came in, how much, and what there was then."""
        return [(f.credited, f.amount, f.balance) for f in self.facts() if isinstance(f, BalanceChanged)]

    def told(self, who: CustomerNumber = MEI, channel: str = "sms") -> list[str]:
        """The texts of all reminders that arrived so far, the oldest first."""
        return [message.text for message in self.messages(who) if message.channel == channel]

    def messages(self, who: CustomerNumber = MEI) -> list[Delivered]:
        while self.run(self.services.outbox.deliver_due())[0]:
            self.clock.advance(0.002)
        found = self.run(self.services.notify.inbox(500, customer(who)))[0]
        return sorted((one for one in found if one.kind.startswith("balance_")), key=lambda one: one.at)

    def rows(self, statement: str) -> list[Any]:
        with self.bank.db.read() as connection:
            return list(connection.execute(text(statement)))
