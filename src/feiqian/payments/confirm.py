"""What a customer does with the payments that wait: sees them, confirms them with a passed challenge, or refuses them.

The challenge is spent before the ledger is asked, so a crash in between leaves a payment that still waits, for another
challenge. What is confirmed is what the ledger's fact says, which never changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from feiqian import subjects
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.challenges.service import Verification
from feiqian.clock import MICROSECONDS
from feiqian.customers.registry import Customers
from feiqian.events import PaymentStatus
from feiqian.ids import CustomerNumber
from feiqian.ledger.ledger import Ledger
from feiqian.limits.model import LimitQuestion
from feiqian.limits.service import PaymentLimits
from feiqian.merchants.registry import Merchants
from feiqian.payments.attempts import NoOrders, OrderAttempts
from feiqian.payments.errors import NotWaiting, PaymentNotFound, RecordIncomplete
from feiqian.payments.methods.code import CODE
from feiqian.payments.paid_lately import Same, paid_lately
from feiqian.payments.pending import PendingPaymentResolver, Resolved, status_of
from feiqian.payments.policy import Decline
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.payments.shown import Item, shown_payment
from feiqian.payments.status_waiters import StatusWaiters
from feiqian.payments.views import PaymentView, as_it_is
from feiqian.policy.factors import Purpose
from feiqian.policy.model import Combination
from feiqian.runtime import logs
from feiqian.runtime.work import Work

_log = logs.get("feiqian.payments")


class Confirmations:
    """Of all customers. A payment of another customer is as if it were not."""

    def __init__(
        self,
        ledger: Ledger,
        reads: PaymentReads,
        resolver: PendingPaymentResolver,
        limits: PaymentLimits,
        customers: Customers,
        merchants: Merchants,
        verification: Verification,
        waits: StatusWaiters,
        work: Work,
    ) -> None:
        self._work, self._limits = work, limits
        self.attempts: OrderAttempts = NoOrders()
        self._ledger, self._clock, self._reads, self._resolver = ledger, ledger.clock, reads, resolver
        self._customers, self._merchants, self._verification, self._waits = customers, merchants, verification, waits

    async def waiting(self, customer: CustomerNumber) -> list[PaymentRow]:
        """What waits for the customer now, newest first."""
        await self._reads.wait(self._ledger.durable_position, who=("customer", customer))
        rows = await self._reads.waiting_of_customer(customer)
        return [row for row in rows if self._status(row) is PaymentStatus.WAITING]

    async def shown(self, customer: CustomerNumber) -> list[Item]:
        """`waiting`, as the customer is shown it."""
        return [shown_payment(row, self._merchants.name(row.merchant)) for row in await self.waiting(customer)]

    async def bound_of(self, customer: CustomerNumber, payment_id: str) -> ChallengeBinding:
        """What a challenge for this payment is bound to. Raises PaymentNotFound, NotWaiting."""
        return await self._binding(await self._row(customer, payment_id))

    async def paid_before(self, row: PaymentRow) -> datetime | None:
        """When its customer has paid the same minutes ago, for a warning; None: not, or it is not known now."""
        same = Same(row.merchant, row.amount, row.currency, row.fact.order, row.id)
        return await paid_lately(self._ledger, self._reads, row.customer, same)

    def needs(self, customer: CustomerNumber, binding: ChallengeBinding) -> tuple[Combination, ...]:
        """What has to be proved for such a payment, as limits stand now."""
        now_seconds = self._clock.now() // MICROSECONDS
        return self._limits.needs(LimitQuestion(customer, binding.currency, binding.amount, now_seconds, binding.kind))

    async def confirm(self, customer: CustomerNumber, payment_id: str, challenge_id: str) -> PaymentView:
        """The customer has passed the challenge: the payment succeeds, or is declined, as things stand now.

        Raises PaymentNotFound, NotWaiting, NotDeciding, and what `Verification.consume` raises.
        """
        row = await self._row(customer, payment_id)
        binding = await self._binding(row)
        self._ledger.require_deciding()  # before the challenge is spent
        if row.fact.order:
            await self.attempts.prepare(row.fact.order)
        passed = await self._verification.consume(challenge_id, subjects.customer(customer), binding)
        # From here to the posting nothing awaits: whatever else happens to the payment was before, or comes after.
        return await self._ended(row, lambda: self._resolver.confirm(row.fact, passed))

    async def refuse(self, customer: CustomerNumber, payment_id: str) -> PaymentView:
        """The customer does not want to pay. Raises PaymentNotFound, NotWaiting."""
        row = await self._row(customer, payment_id)
        if row.fact.order:
            await self.attempts.prepare(row.fact.order)
        return await self._ended(row, lambda: self._resolver.decline(row.fact, Decline.REFUSED_BY_CUSTOMER))

    async def _ended(self, row: PaymentRow, end: Callable[[], Resolved]) -> PaymentView:
        """Posts at once; that it is over, or was before, is told when it is durable. Raises NotWaiting."""
        try:
            resolved = end()
            self._waits.tell(row.id)
        finally:
            await self._ledger.durable(self._ledger.position)
        return as_it_is(replace(row, status=resolved.status, reason=resolved.reason, fee=resolved.fee))

    async def _row(self, customer: CustomerNumber, payment_id: str) -> PaymentRow:
        """The customer's payment of this id, which waits. Raises PaymentNotFound, NotWaiting, RecordIncomplete."""
        await self._reads.wait(self._ledger.durable_position, who=("customer", customer))
        row = await self._reads.payment_by_id(payment_id)
        if row is None and await self._reads.customer_incomplete(customer):
            raise RecordIncomplete  # it may be what was set aside
        if row is None or row.customer != customer:
            _log.warning("payment_not_found", customer=customer, payment=payment_id[:64])
            raise PaymentNotFound(f"there is no payment {payment_id}")
        if await self._reads.payment_incomplete(payment_id):
            raise RecordIncomplete
        if (status := self._status(row)) is not PaymentStatus.WAITING:
            await self._ledger.durable(self._ledger.position)
            raise NotWaiting(status)
        return row

    def _status(self, row: PaymentRow) -> PaymentStatus:
        """As the engine knows it, which is never behind; but for time, which only moves on when it is asked."""
        status = status_of(self._ledger.engine, row.fact)
        over = status is PaymentStatus.WAITING and row.expires_at <= self._clock.now()
        return PaymentStatus.EXPIRED if over else status

    async def _binding(self, row: PaymentRow) -> ChallengeBinding:
        names = await self._work.db(self._customers.names, [row.customer])
        return ChallengeBinding(
            purpose=Purpose.PAYMENT,
            kind=CODE.name,
            amount=row.amount,
            currency=row.currency,
            payee=self._merchants.name(row.merchant),
            payer=names.get(row.customer, ""),
            reference=row.id,
        )
