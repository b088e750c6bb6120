"""Paying an order by who is signed in: shown, proved by a challenge that is bound to it, decided by `payments` once.

The challenge is spent before the ledger is asked, so a crash in between leaves an order that is open still, for another
challenge. Asked again with the same challenge, an attempt that was decided is answered as at first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from feiqian.accounts.kinds import OF_CUSTOMERS
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.clock import MICROSECONDS
from feiqian.customers.registry import Customers
from feiqian.ids import CustomerNumber
from feiqian.ledger.chart import account_id
from feiqian.ledger.ledger import Ledger
from feiqian.limits.model import LimitQuestion
from feiqian.limits.service import PaymentLimits
from feiqian.merchants.registry import Merchant
from feiqian.money import BY_CODE, CurrencyNumber
from feiqian.orders.errors import OrderStateForbids, SourceInvalid
from feiqian.orders.methods import ONLINE, ProvedPayment, WalletMethod
from feiqian.orders.model import Method, Order, OrderStatus
from feiqian.orders.service import Orders
from feiqian.payments.paid_lately import Same, paid_lately
from feiqian.payments.plan import attempt_transfer
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.service import Payments
from feiqian.payments.views import PaymentView
from feiqian.policy.factors import Purpose
from feiqian.runtime.work import Work
from feiqian.subjects import Subject


class Payable(NamedTuple):
    """An order as its payer sees it. `paid_before`: when the payer has paid this merchant the same amount, minutes ago;
    None: not, or it is not known now."""

    order: Order
    merchant: Merchant
    paid_before: datetime | None


@dataclass(kw_only=True, eq=False, repr=False)
class WalletOrders:
    """Of all customers. Whoever knows an order's id may see and pay it: it names, and the payer proves."""

    orders: Orders
    ledger: Ledger
    limits: PaymentLimits
    payments: Payments
    payment_reads: PaymentReads
    customers: Customers
    verification: Verification
    work: Work

    async def look(self, customer: CustomerNumber, id: str) -> Payable:
        """What is to be paid, and what its payer should know of. Raises OrderNotFound."""
        order, merchant = await self.orders.find(id)
        same = Same(merchant.number, order.amount, merchant.currency, order=order.id)
        return Payable(order, merchant, await paid_lately(self.ledger, self.payment_reads, customer, same))

    async def begin(self, subject: Subject, id: str, language: str, device: str | None) -> ChallengeView:
        """What the payer has to pass. Raises OrderNotFound, OrderStateForbids, and what `Verification.begin` raises."""
        binding = await self._binding(subject.customer, id)
        now = self.ledger.clock.now() // MICROSECONDS
        needs = self.limits.needs(LimitQuestion(subject.customer, binding.currency, binding.amount, now, ONLINE.name))
        return await self.verification.begin(subject, binding, language, needs, device=device)

    async def pay(self, subject: Subject, id: str, challenge: str, source: bytes = b"") -> PaymentView:
        """Pays from this account of the customer's (empty: as payments by code are); again, as at first.

        Raises OrderNotFound, OrderStateForbids, SourceInvalid, NotDeciding, and what `Verification.consume` raises.
        """
        customer = subject.customer
        order, _ = await self.orders.find(id)
        currency = BY_CODE[order.currency].number
        source = source or self.payments.source_of(currency, customer, order.amount)
        if not _is_own(source, customer, currency):
            raise SourceInvalid
        hold = await self.orders.hold_of(id)
        passed = None
        if self.ledger.engine.remembered(attempt_transfer(hold, challenge)) is None:
            binding = await self._binding(customer, id)
            self.ledger.require_deciding()  # before the challenge is spent
            passed = await self.verification.consume(challenge, subject, binding)
        asked = ProvedPayment(order.amount, order.currency, challenge, order.description, customer, source, passed)
        return await self.orders.attempt(id, WalletMethod(), asked, Method.WALLET)

    async def _binding(self, customer: CustomerNumber, id: str) -> ChallengeBinding:
        order, merchant = await self.orders.find(id)
        if order.status is not OrderStatus.OPEN or Method.WALLET not in order.methods or not merchant.accepting:
            raise OrderStateForbids("this order cannot be paid from a wallet now")
        names = await self.work.db(self.customers.names, [customer])
        return ChallengeBinding(
            purpose=Purpose.PAYMENT,
            kind=ONLINE.name,
            amount=order.amount,
            currency=BY_CODE[order.currency].number,
            payee=merchant.name,
            payer=names.get(customer, ""),
            reference=order.id,
        )


def _is_own(source: bytes, customer: CustomerNumber, currency: CurrencyNumber) -> bool:
    """Whether this is an account of the customer's in the currency, by what its id says."""
    kind, index = int.from_bytes(source[:2], "big"), int.from_bytes(source[4:8], "big")
    return kind in OF_CUSTOMERS and source == account_id(kind, currency, customer, index)
