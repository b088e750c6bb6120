"""A bank whose people have accounts and pay bills by quick payment: every part real, the clock stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from feiqian.accounts.kinds import AccountKind
from feiqian.auth.sessions.model import Opened
from feiqian.composition import add_payments, add_quick_payments
from feiqian.deposits.model import DepositAccount
from feiqian.events import Fact, decode_fact
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.body import decode_body
from feiqian.ledger.engine import Refusal
from feiqian.merchants import opening as merchant_opening
from feiqian.merchants.kinds import payable_id
from feiqian.merchants.registry import Merchants, NewMerchant
from feiqian.money import CNY
from feiqian.payments.code_keys import KeyFile
from feiqian.payments.codes import Codes
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.views import PaymentView
from feiqian.policy.factors import Factor
from feiqian.projections.database import open_database
from feiqian.projections.projector import Projector
from feiqian.quick.model import Way
from feiqian.quick.paying_model import Begun, Bill
from feiqian.subjects import Role, Subject
from feiqian.testing.clock import ManualClock
from tests.customers.people import MEI, People

OPERATOR = Subject(Role.STAFF, 0)
SMALL, LARGER = 88_00, 1_000_01  # fen; the larger needs more than a message


class PayingBank(People):
    """Mei, with one account of 2,000 yuan, unless a test gives her more."""

    def __init__(self, folder: Path, clock: ManualClock | None = None, url: str = "") -> None:
        super().__init__(folder, clock, url)
        s = self.services
        self.read_db = open_database(folder / "read.db")
        self.projector = Projector(self.journal, self.read_db, PAYMENTS)
        self.projector.step()
        self.ledger.subscribe(lambda position, facts: self.projector.step())
        s.reads, s.merchants = PaymentReads(folder / "read.db"), Merchants(self.db, "live")
        if not s.merchants.all():
            s.merchants.add([NewMerchant("Water Works", CNY.number, 60, ())], self.clock.now())
        self.shop = s.merchants.all()[0]
        self.post(merchant_opening.merchant(self.shop.number, CNY.number))
        add_payments(s, Codes(KeyFile(folder / "code-keys.json", self.clock).open(), s.customers.issuing))
        s.own_limits.bank = s.limits
        s.limits.choose_own(s.own_limits)
        add_quick_payments(s)
        self.quick, self._bill = s.quick_payments, 0

    def close(self) -> None:
        self.services.reads.close()
        self.read_db.close()
        super().close()

    def post(self, *chains: bytes) -> None:
        for events in chains:
            assert self.ledger.post(events).refusal in (Refusal.OK, Refusal.EXISTS)
        self.ledger.commit()

    # --- what there is -------------------------------------------------------------------------------------------

    def account(self, customer: int, balance: int = 2_000_00) -> DepositAccount:
        """A new account of the customer's, with money on it, that is open to quick payment."""
        id = self.run(self.services.deposits.open(CustomerNumber(customer), CNY.number, "current", OPERATOR))
        account = self.do(self.services.deposits.get, id)
        cash = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK)
        brought = chart.derived_id(b"test", id.encode())
        self.post(chart.transfer(brought, debit=cash, credit=account.ledger_id, amount=balance))
        self.do(self.services.quick.open_within, account, OPERATOR, Way.STAFF)
        return account

    def six(self, account: DepositAccount) -> str:
        return str(self.do(self.services.deposits.number, account.id))[-6:]

    def bill(self, amount: int = SMALL, **more: object) -> Bill:
        self._bill += 1
        return Bill(self.shop.number, amount, CNY.number, f"W-{self._bill}", "Water, October", **more)  # type: ignore[arg-type]

    def held(self, account: DepositAccount) -> int:
        return self.services.deposits.balance(account)

    @property
    def takings(self) -> int:
        account = self.ledger.engine.account(payable_id(CNY.number, self.shop.number))
        assert account is not None
        return account.balance

    @property
    def facts(self) -> list[Fact]:
        return [decode_fact(fact) for row in self.journal.rows(0) for fact in decode_body(row.body).facts]

    # --- what they do --------------------------------------------------------------------------------------------

    def start(self, bill: Bill, six: str, mobile: str = MEI) -> Begun:
        return self.run(self.quick.start(bill, mobile, six, "en"))

    def enter(self, begun: Begun, code: str = "") -> None:  # type: ignore[override]
        """The code that has come is typed."""
        if not code:
            self.run(self.quick.send(begun.challenge.id, Factor.SMS))
        self.run(self.quick.answer(begun.challenge.id, Factor.SMS, code or self.code()))

    def enter_wallet(self) -> Opened:
        """Mei signs in, in a browser that is hers from then on."""
        return super().enter()

    def pay(self, bill: Bill, six: str) -> PaymentView:
        begun = self.start(bill, six)
        self.enter(begun)
        return self.run(self.quick.pay(begun.id, begun.challenge.id))


@pytest.fixture
def bank(tmp_path: Path, database: str) -> Iterator[PayingBank]:
    with closing(PayingBank(tmp_path / "bank", url=database)) as bank:
        yield bank


@pytest.fixture
def mei(bank: PayingBank) -> DepositAccount:
    """Mei's account; she is a customer whose identity was checked."""
    return bank.account(bank.checked().session.subject.customer)
