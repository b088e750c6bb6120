"""A whole bank in a folder: real ledger, journal, feature database and read model; the clock stands still.

The read model is projected after each commit, in this process, so that nothing is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from feiqian import subjects
from feiqian.accounts import opening
from feiqian.accounts.kinds import AccountKind
from feiqian.accounts.service import Accounts
from feiqian.auth.challenges.errors import BindingDiffers, ChallengeOver
from feiqian.auth.challenges.model import ChallengeBinding, Passed
from feiqian.clock import MICROSECONDS
from feiqian.customers.registry import Customers
from feiqian.data_key import data_key_of
from feiqian.events import Fact, decode_fact
from feiqian.ledger.body import decode_body
from feiqian.ledger.chart import BANK, account_id
from feiqian.ledger.engine import Refusal
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.limits.service import PaymentLimits
from feiqian.merchants import opening as merchant_opening
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.merchants.registry import Merchant, Merchants, NewMerchant, Store
from feiqian.money import CNY, EUR
from feiqian.payments.code_keys import KeyFile
from feiqian.payments.codes import Codes
from feiqian.payments.decide import AssessRisk, no_risk
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.payments.service import Payments
from feiqian.payments.views import PaymentView, RefundView
from feiqian.policy.factors import Factor
from feiqian.policy.load import load_policy
from feiqian.policy.model import Policy
from feiqian.projections.database import open_database
from feiqian.projections.projector import Projector
from feiqian.subjects import Subject
from feiqian.testing.clock import ManualClock
from feiqian.testing.empty_bank import empty_bank

T = TypeVar("T")
FEE_BASIS_POINTS = 60
CN = load_policy("cn")
FULL = CN.level("full").number


class People:
    """The customers of the bank's database, each of the level that a test gives it, else of the highest."""

    def __init__(self, customers: Customers, full: int = FULL) -> None:
        self.full = full
        self.known, self.names = customers.known, customers.names
        self.levels: dict[int, int] = {}
        self.cooling_until: dict[int, int] = {}  # Unix seconds

    def standing(self, number: int) -> int:
        return self.levels.get(number, self.full)

    def cooling(self, number: int, now_seconds: int) -> bool:
        return now_seconds < self.cooling_until.get(number, 0)


class Challenges:
    """Challenges that are passed as soon as they are made; spent once, by their subject, for what they are bound to."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[Subject, ChallengeBinding]] = {}
        self.meanwhile: Callable[[], object] = lambda: None  # what happens while one is spent

    def passed(self, customer: int, binding: ChallengeBinding) -> str:
        id = f"chl_{len(self._open) + 1}"
        self._open[id] = subjects.customer(customer), binding
        return id

    async def consume(self, id: str, subject: Subject, binding: ChallengeBinding) -> Passed:
        await asyncio.sleep(0)  # as the real one, which asks its database
        self.meanwhile()
        found = self._open.get(id)
        if found is None or found[0] != subject:
            raise ChallengeOver("spent")
        self._open[id] = subjects.customer(0), binding
        if found[1] != binding:
            raise BindingDiffers
        return Passed(id, (Factor.PIN, Factor.SMS), "", 0, subject, binding.purpose)


class Bank:
    """Open for business; `again()` is the same bank after a restart."""

    def __init__(self, folder: Path, clock: ManualClock, policy: Policy = CN) -> None:
        self.folder, self.clock, self.policy = folder, clock, policy
        self.journal = open_journal(folder, create=not folder.exists())
        self.ledger = open_ledger(self.journal, None, clock)
        self.engine = self.ledger.engine
        self.db = empty_bank(folder)
        self.customers, self.merchants = Customers(self.db), Merchants(self.db, "live")
        self.ring = KeyFile(folder / "code-keys.json", clock).open()
        self.codes = Codes(self.ring, self.customers.issuing)
        self.read_db = open_database(folder / "read.db")
        self.projector = Projector(self.journal, self.read_db, PAYMENTS)
        self.projector.step()
        self.stop_projecting = self.ledger.subscribe(lambda position, facts: self.projector.step())
        self.reads = PaymentReads(folder / "read.db")
        self.people, self.challenges = People(self.customers, policy.level("full").number), Challenges()
        self.accounts = Accounts(self.ledger, policy)
        self.limits = PaymentLimits(policy, self.people, self.ledger)
        self.risk: AssessRisk = no_risk
        self.payments = Payments(
            self.ledger,
            self.codes,
            clock,
            self.people,
            self.reads,
            self.limits,
            self.merchants,
            self.challenges,
            data_key_of(self.db, folder / "data-key"),
            risk=lambda intent: self.risk(intent),
        )
        self.accounts.when_stopped(self.payments.end_what_cannot_pay)
        self._order = 0

    def again(self) -> Bank:
        self.close()
        return Bank(self.folder, self.clock, self.policy)

    def close(self) -> None:
        if self.ledger.stopped is None:
            self.ledger.commit()
        self.ledger.close()
        self.reads.close()
        self.read_db.close()
        self.journal.close()
        self.db.close()

    # --- who takes part ----------------------------------------------------------------------------------------

    def post(self, *chains: bytes) -> None:
        for events in chains:
            assert self.ledger.post(events).refusal in (Refusal.OK, Refusal.EXISTS)
        self.ledger.commit()

    def customer(self, balance: int, currency: int = CNY.number, level: int | None = None, **limits: int) -> int:
        """A new customer of a level (by its number), else of the highest, with a balance in minor units."""
        number = self.customers.add(["Li Na"], self.clock.now())[0]
        if level is not None:
            self.people.levels[number] = level
        known = self.policy.level_numbered(self.people.standing(number))
        usual = {"day_amount": known.limits[currency].day, "unverified_per_day": known.unverified_per_day}
        self.post(opening.wallet(number, currency, **usual | limits))
        if balance:
            self.post(opening.opening_balance(number, currency, balance))
        return number

    def merchant(self, name: str = "Corner Café", currency: int = CNY.number, fee: int = FEE_BASIS_POINTS) -> Merchant:
        new = NewMerchant(name, currency, fee, (Store("main", "Main store"),))
        merchant = self.merchants.add([new], self.clock.now())[0]
        self.post(merchant_opening.merchant(merchant.number, currency))
        return merchant

    def balance(self, kind: AccountKind, owner: int, currency: int = CNY.number) -> int:
        account = self.engine.account(account_id(kind, currency, owner))
        assert account is not None
        return account.balance

    def wallet(self, customer: int) -> int:
        return self.balance(AccountKind.CUSTOMER_WALLET, customer)

    def takings(self, merchant: Merchant) -> int:
        return self.balance(MerchantAccountKind.PAYABLE, merchant.number)

    @property
    def fees(self) -> int:
        return self.balance(AccountKind.MERCHANT_FEES, BANK)

    # --- what they do ------------------------------------------------------------------------------------------

    def code(self, customer: int) -> str:
        """The code on the customer's phone now."""
        return self.payments.code_for(customer).digits

    def fresh_code(self, customer: int) -> str:
        """A code of a new slot, for tests that pay often."""
        self.clock.advance(10)
        return self.codes.issue(self.codes.device_of(customer), self.clock.now() // MICROSECONDS).digits

    def request(self, customer: int, amount: int, order: str = "", code: str = "", **more: str) -> PaymentRequest:
        self._order += 1
        return PaymentRequest(
            payment_code=code or self.code(customer),
            amount=amount,
            merchant_order=order or f"order-{self._order}",
            **({"currency": "CNY"} | more),
        )

    async def pay(self, merchant: Merchant, customer: int, amount: int, **more: str) -> PaymentView:
        return await self.payments.pay(merchant, self.request(customer, amount, **more))

    async def confirm(self, customer: int, payment: PaymentView) -> PaymentView:
        """The customer passes a challenge for the payment, and confirms it."""
        id = payment.id or ""
        challenge = self.challenges.passed(customer, await self.payments.confirmations.bound_of(customer, id))
        return await self.payments.confirmations.confirm(customer, id, challenge)

    async def refund(self, merchant: Merchant, payment: PaymentView, amount: int, number: str) -> RefundView:
        assert payment.id is not None
        return await self.payments.refund(merchant, payment.id, RefundRequest(amount=amount, merchant_refund=number))

    def journaled(self) -> tuple[int, list[Fact]]:
        """The journal's last position, and every fact in it."""
        rows = list(self.journal.rows(0))
        return len(rows), [decode_fact(fact) for row in rows for fact in decode_body(row.body).facts]


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    bank = Bank(tmp_path / "data", ManualClock())
    bank.post(opening.bank_accounts(CNY.number), opening.bank_accounts(EUR.number))
    yield bank
    bank.engine.check()
    bank.close()


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, T]], T]:
    """Runs a coroutine to its end in a loop of its own."""
    return asyncio.run
