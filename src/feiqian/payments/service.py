"""The payments feature, as its faces use it. Decides through the ledger, waits until that is durable, then answers.

It holds no rules: those are in `authorize`, `refund` and `cancel`, which never await. Every method may raise
LedgerStopped: the outcome is unknown then, and the merchant asks again with the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

from feiqian.clock import MICROSECONDS, Clock
from feiqian.events import RefundDecided
from feiqian.ledger.chart import AccountKind, account_id, claim_id
from feiqian.ledger.ledger import Ledger
from feiqian.merchants.registry import Merchant
from feiqian.money import BY_NUMBER
from feiqian.payments import plan
from feiqian.payments.authorize import Authorizer, KnowsCustomers, same_content
from feiqian.payments.cancel import cancel
from feiqian.payments.codes import Codes, IssuedCode
from feiqian.payments.errors import NotCancellable, NotRefundable, OrderConflict, PaymentNotFound, ReadModelBehind
from feiqian.payments.policy import POLICIES, Policy
from feiqian.payments.refund import Refunder
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.payments.views import (
    BalanceView,
    Page,
    PaymentView,
    RefundView,
    as_it_is,
    first_answer,
    not_kept,
    refund_view,
)
from feiqian.projections.reads import Reads
from feiqian.projections.rows import PaymentRow


class Payments:
    """One bank's payments."""

    def __init__(
        self,
        ledger: Ledger,
        codes: Codes,
        clock: Clock,
        customers: KnowsCustomers,
        reads: Reads,
        policies: Mapping[int, Policy] = POLICIES,
    ) -> None:
        self._ledger, self._codes, self._clock, self._reads = ledger, codes, clock, reads
        self._authorizer = Authorizer(ledger, codes, clock, policies, customers)
        self._refunder = Refunder(ledger, clock)

    # --- changing ----------------------------------------------------------------------------------------------

    async def pay(self, merchant: Merchant, request: PaymentRequest) -> PaymentView:
        """Takes a payment, or says why not; a retry is answered as at first. Raises OrderConflict."""
        decision = self._authorizer.authorize(merchant, request)
        await self._ledger.durable(decision.position)
        if decision.not_kept:
            return not_kept(request, decision.not_kept, self._clock.now())
        fact, conflict = decision.fact, decision.conflict
        if fact is None:
            fact = (await self._row(decision.transfer, decision.position)).fact
            conflict = not same_content(fact, request)
        if conflict:
            raise OrderConflict(f"order {request.merchant_order} was used before, for another payment")
        return first_answer(fact)

    async def refund(self, merchant: Merchant, payment_id: str, request: RefundRequest) -> RefundView:
        """Gives back part or all of a payment. Raises PaymentNotFound, NotRefundable, OrderConflict."""
        row = await self._own(merchant, payment_id)
        if row.status != "succeeded":
            raise NotRefundable(row.status)
        decision = self._refunder.decide(row.fact, request)
        await self._ledger.durable(decision.position)
        fact = decision.fact or await self._refund_fact(decision.transfer, decision.position)
        if fact.amount != request.amount:
            raise OrderConflict(f"refund {request.merchant_refund} was used before, for another amount")
        return refund_view(fact)

    async def cancel(self, merchant: Merchant, payment_id: str) -> PaymentView:
        """Cancels a payment that waits for its customer. Raises PaymentNotFound, NotCancellable."""
        row = await self._own(merchant, payment_id)
        status = cancel(self._ledger, self._clock, row.fact)
        await self._ledger.durable(self._ledger.position)
        if status != "cancelled":
            raise NotCancellable(status)
        return as_it_is(row, status)

    # --- asking ------------------------------------------------------------------------------------------------

    async def get(self, merchant: Merchant, payment_id: str) -> PaymentView:
        """A payment as it is now. Raises PaymentNotFound."""
        return as_it_is(await self._own(merchant, payment_id))

    async def get_by_order(self, merchant: Merchant, merchant_order: str) -> PaymentView:
        """The payment of an order, as it is now. Raises PaymentNotFound."""
        transfer = plan.payment_transfer(merchant.number, merchant_order)
        known, position = self._ledger.engine.remembered(transfer), self._ledger.position
        await self._ledger.durable(position)
        if known is None:
            raise PaymentNotFound(f"there is no payment of order {merchant_order}")
        return as_it_is(await self._row(transfer, position))

    async def list(self, merchant: Merchant, cursor: str | None, limit: int) -> Page:
        """A page of the merchant's payments, newest first. A cursor of another merchant leads nowhere else."""
        await self._reads.wait(self._ledger.durable_position)
        rows, after = await self._reads.payments(merchant.number, cursor, limit)
        return Page([as_it_is(row) for row in rows], after)

    async def balance(self, merchant: Merchant) -> BalanceView:
        """What the merchant has to get, from the ledger itself."""
        id = account_id(AccountKind.MERCHANT_PAYABLE, merchant.currency, merchant.number)
        account, position = self._ledger.engine.account(id), self._ledger.position
        await self._ledger.durable(position)
        balance, available = (account.balance, account.available) if account else (0, 0)
        return BalanceView(BY_NUMBER[merchant.currency].code, balance, available)

    def code_for(self, customer: int) -> IssuedCode:
        """The code to show on a customer's phone now: the next slot's, if this one has been used."""
        seconds = self._clock.now() // MICROSECONDS
        code = self._codes.issue(customer, seconds)
        if self._ledger.engine.claimed(claim_id(int(code.digits))):
            code = self._codes.issue(customer, seconds, ahead=1)._replace(refresh_at=code.refresh_at)
        return code

    # --- the read model ----------------------------------------------------------------------------------------

    async def _own(self, merchant: Merchant, payment_id: str) -> PaymentRow:
        """The merchant's payment of this id; another merchant's is as if it were not."""
        await self._reads.wait(self._ledger.durable_position)
        row = await self._reads.payment_by_id(payment_id)
        if row is None or row.merchant != merchant.number:
            raise PaymentNotFound(f"there is no payment {payment_id}")
        return row

    async def _row(self, transfer: bytes, position: int) -> PaymentRow:
        await self._reads.wait(position)
        row = await self._reads.payment_by_transfer(transfer)
        if row is None:
            raise ReadModelBehind("the payment was decided, but the read model does not know it yet")
        return row

    async def _refund_fact(self, transfer: bytes, position: int) -> RefundDecided:
        await self._reads.wait(position)
        fact = await self._reads.refund_by_transfer(transfer)
        if fact is None:
            raise ReadModelBehind("the refund was decided, but the read model does not know it yet")
        return fact
