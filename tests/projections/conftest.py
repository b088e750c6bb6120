"""A small bank that writes a real journal, and read models in both databases.

`Books` decides with the specification's engine and appends what the ledger would: records with their facts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feiqian.accounts.kinds import AccountKind, AccountTransferKind
from feiqian.events import (
    Fact,
    LimitMet,
    PaymentCancelled,
    PaymentConfirmed,
    PaymentDecided,
    PaymentExpired,
    PaymentRefused,
    RefundDecided,
    encode_fact,
)
from feiqian.ids import PAYMENT, REFUND, new_id
from feiqian.ledger import chart
from feiqian.ledger.body import encode_body
from feiqian.ledger.chart import account_id, derived_id
from feiqian.ledger.engine import UNLIMITED, Refusal, chain, refusal_of
from feiqian.ledger.journal_sqlite import SqliteJournal
from feiqian.ledger.spec import SpecEngine
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.payments.kinds import TransferKind
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.projections import schema
from feiqian.projections.database import Database, open_database
from feiqian.projections.projector import Projector
from feiqian.testing.clock import ManualClock

CNY = 156
FUNDS = 100_000
WAIT_SECONDS = 300
OPENING = account_id(AccountKind.OPENING, CNY, 0)
FEES = account_id(AccountKind.MERCHANT_FEES, CNY, 0)


def wallet(customer: int) -> bytes:
    return account_id(AccountKind.CUSTOMER_WALLET, CNY, customer)


def payable(merchant: int) -> bytes:
    return account_id(MerchantAccountKind.PAYABLE, CNY, merchant)


class Books:
    """Customers 1 to 5 with 1,000.00 each, merchants 1 to 3; every operation is one journal row unless `together`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = ManualClock()
        self.engine = SpecEngine()
        self.journal = SqliteJournal(folder / "journal.db", create=True)
        self.journal.open_writer()
        self.payments: dict[str, PaymentDecided] = {}
        self._records: list[bytes] = []
        self._facts: list[bytes] = []
        self._together = False
        self._numbers = iter(range(1, 1 << 60))
        self._open()

    def _open(self) -> None:
        events = [
            chart.account(OPENING, AccountKind.OPENING, CNY, overdraft=UNLIMITED),
            chart.account(FEES, AccountKind.MERCHANT_FEES, CNY),
        ]
        events += [chart.account(payable(merchant), MerchantAccountKind.PAYABLE, CNY) for merchant in (1, 2, 3)]
        for customer in range(1, 6):
            events.append(chart.account(wallet(customer), AccountKind.CUSTOMER_WALLET, CNY))
            opening = derived_id(b"opening", bytes([customer]))
            events.append(
                chart.transfer(
                    opening,
                    debit=OPENING,
                    credit=wallet(customer),
                    amount=FUNDS,
                    kind=AccountTransferKind.OPENING_BALANCE,
                )
            )
        assert self.post(chain(*events)) is Refusal.OK
        self.write()

    # --- rows --------------------------------------------------------------------------------------------------

    def post(self, events: bytes) -> Refusal:
        seconds = self.clock.now() // 1_000_000
        results, records = self.engine.apply(events, seconds, self.clock.day(seconds))
        self._records.append(records)
        return refusal_of(results)

    def note(self, fact: Fact) -> None:
        self._facts.append(encode_fact(fact))

    def write(self) -> int:
        """Appends what has been gathered as one row; returns its position."""
        if self._together:
            return self.position + 1
        position, now = self.position + 1, self.clock.now()
        self.journal.append(position, encode_body(b"".join(self._records), self._facts, now), now)
        self._records, self._facts = [], []
        return position

    def together(self, *operations: Callable[[], object]) -> None:
        """Several operations in one row."""
        self._together = True
        for operation in operations:
            operation()
        self._together = False
        self.write()

    @property
    def position(self) -> int:
        return self.journal.head().position

    # --- operations --------------------------------------------------------------------------------------------

    def pay(self, customer: int, merchant: int, amount: int, order: str = "") -> PaymentDecided:
        order = order or f"order-{next(self._numbers)}"
        transfer, fee = derived_id(b"payment", bytes([merchant]), order.encode()), amount // 100
        events = [
            chart.transfer(
                transfer, debit=wallet(customer), credit=payable(merchant), amount=amount, kind=TransferKind.PAYMENT
            )
        ]
        if fee:
            id = derived_id(b"fee", transfer)
            events.append(
                chart.transfer(
                    id, debit=payable(merchant), credit=FEES, amount=fee, kind=TransferKind.FEE, reference=transfer
                )
            )
        refusal = self.post(chain(*events))
        if refusal is Refusal.OK:
            return self._decided(transfer, "succeeded", None, customer, merchant, amount, fee, order)
        assert refusal is Refusal.INSUFFICIENT_FUNDS
        return self._decided(transfer, "declined", "insufficient_funds", customer, merchant, amount, 0, order)

    def wait(self, customer: int, merchant: int, amount: int) -> PaymentDecided:
        order = f"order-{next(self._numbers)}"
        transfer = derived_id(b"payment", bytes([merchant]), order.encode())
        kind = TransferKind.VERIFICATION
        hold = chart.hold(
            transfer,
            debit=wallet(customer),
            credit=payable(merchant),
            amount=0,
            timeout_seconds=WAIT_SECONDS,
            kind=kind,
        )
        assert self.post(hold) is Refusal.OK
        return self._decided(transfer, "needs_verification", None, customer, merchant, amount, 0, order)

    def _decided(
        self, transfer: bytes, status: str, reason: str | None, customer: int, merchant: int, amount: int, *rest: object
    ) -> PaymentDecided:
        fee, order = rest
        now = self.clock.now()
        expires_at = now + WAIT_SECONDS * 1_000_000 if status == "needs_verification" else 0
        texts = order, "tea", "Old Street", "till 1"
        parties = merchant, customer, amount, CNY, fee
        id = new_id(PAYMENT, now)
        fact = PaymentDecided(id, transfer, status, reason, *parties, *texts, now, expires_at)  # type: ignore[arg-type]
        self.note(fact)
        self.payments[id] = fact
        self.write()
        return fact

    def verify(self, payment: PaymentDecided) -> None:
        """The customer confirms: the hold is captured, and amount and fee move in the same chain."""
        merchant, customer, fee = payable(payment.merchant), wallet(payment.customer), payment.amount // 100
        kind = TransferKind.PAYMENT
        events = [
            chart.capture(derived_id(b"verify", payment.transfer), hold=payment.transfer, amount=0),
            chart.transfer(
                derived_id(b"verified", payment.transfer),
                debit=customer,
                credit=merchant,
                amount=payment.amount,
                kind=kind,
            ),
        ]
        if fee:
            events.append(
                chart.transfer(
                    derived_id(b"fee", payment.transfer), debit=merchant, credit=FEES, amount=fee, kind=TransferKind.FEE
                )
            )
        assert self.post(chain(*events)) is Refusal.OK
        whose = payment.id, payment.merchant, payment.customer, payment.amount, CNY
        self.note(PaymentConfirmed(*whose, fee, "chl_1", ("pin",), "", self.clock.now()))
        self.write()

    def decline(self, payment: PaymentDecided, reason: str, met: LimitMet | None = None) -> None:
        """The customer refuses, or the bank does when the customer confirms."""
        release = chart.release(
            derived_id(b"refuse", payment.transfer), hold=payment.transfer, kind=TransferKind.REFUSAL
        )
        assert self.post(release) is Refusal.OK
        whose = payment.id, payment.merchant, payment.customer, payment.amount, CNY
        self.note(PaymentRefused(*whose, reason, self.clock.now(), met))
        self.write()

    def cancel(self, payment: PaymentDecided) -> None:
        id = derived_id(b"cancel", payment.transfer)
        assert self.post(chart.release(id, hold=payment.transfer, kind=TransferKind.CANCELLATION)) is Refusal.OK
        self.note(PaymentCancelled(payment.id, self.clock.now()))
        self.write()

    def expire(self, *told: PaymentDecided) -> None:
        """Time passes, and the engine sees it with the next thing that it is asked; some payments' people are told."""
        self.clock.advance(WAIT_SECONDS + 1)
        self.post(b"")
        for payment in told:
            self.note(PaymentExpired(payment.id, payment.merchant, payment.customer, payment.expires_at))
        self.write()

    def refund(self, payment: PaymentDecided, amount: int, number: str = "") -> RefundDecided:
        number = number or f"refund-{next(self._numbers)}"
        transfer = derived_id(b"refund", payment.transfer, number.encode())
        sides = {"debit": payable(payment.merchant), "credit": wallet(payment.customer)}
        kind, of = TransferKind.REFUND, payment.transfer
        refusal = self.post(chart.transfer(transfer, **sides, amount=amount, kind=kind, reference=of))
        status = "succeeded" if refusal is Refusal.OK else "declined"
        reason = None if refusal is Refusal.OK else "merchant_balance"
        parties = payment.merchant, payment.customer, amount, CNY
        id, now = new_id(REFUND, self.clock.now()), self.clock.now()
        fact = RefundDecided(id, transfer, payment.id, status, reason, *parties, number, now)  # type: ignore[arg-type]
        self.note(fact)
        self.write()
        return fact

    def history(self, operations: int, seed: int = 1) -> None:
        """A random history of everything that there is, over several days."""
        chance = random.Random(seed)
        waiting: list[PaymentDecided] = []
        paid: list[PaymentDecided] = []
        for _ in range(operations):
            self._together = chance.random() < 0.6
            customer, merchant, amount = chance.randint(1, 5), chance.randint(1, 3), chance.choice((30, 500, 9_000))
            what = chance.randrange(21)
            if what < 12:
                paid.append(self.pay(customer, merchant, amount))
            elif what < 14:
                waiting.append(self.wait(customer, merchant, amount))
            elif what < 16 and paid and (payment := chance.choice(paid)).status == "succeeded":
                self.refund(payment, max(1, payment.amount // 10))
            elif what == 16 and waiting:
                self.cancel(waiting.pop())
            elif what == 17 and waiting:
                payment = waiting.pop()
                if (self.engine.account(wallet(payment.customer)) or FUNDS).available >= payment.amount:
                    self.verify(payment)
            elif what == 18:
                self.expire(*waiting)
                waiting.clear()
            elif what == 20 and waiting:
                self.decline(waiting.pop(), chance.choice(("refused_by_customer", "insufficient_funds")))
            else:
                self.clock.advance(chance.choice((1, 20_000)))
                waiting.clear()
                self.post(b"")
        self._together = False
        self.write()


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    books = Books(tmp_path)
    yield books
    books.journal.close()


@pytest.fixture
def location(url: str, tmp_path: Path) -> str:
    """Where an empty read model can be made; a test that takes it runs once on each database."""
    return url or str(tmp_path / "read.db")


@pytest.fixture
def project(books: Books, location: str) -> Callable[..., str]:
    """Projects all of the books' journal, so many rows a step; returns the location."""

    def all_rows(max_rows: int = 1000) -> str:
        db = open_database(location)
        projector = Projector(books.journal, db, PAYMENTS)
        while projector.position < books.position:
            projector.step(max_rows)
        db.close()
        return location

    return all_rows


@pytest.fixture
def tables() -> Callable[[Database | str], dict[str, list[tuple[object, ...]]]]:
    """Everything that a read model holds, to be compared."""

    def everything(of: Database | str) -> dict[str, list[tuple[object, ...]]]:
        db = open_database(of) if isinstance(of, str) else of
        try:
            names = (*schema.TABLES, *PAYMENTS.tables.tables)
            return {table: sorted(map(plain, db.all(f"SELECT * FROM {table}")), key=repr) for table in names}
        finally:
            if isinstance(of, str):
                db.close()

    def plain(row: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)

    return everything
