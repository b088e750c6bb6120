"""The payments feature, as its faces use it. Decides through the ledger, waits until that is durable, then answers.

It holds no rules: those are in `methods/`, `decide`, `refund` and `pending`, which never await. Whatever is
asked here may raise LedgerStopped: the outcome is unknown then, and the merchant asks again with the same numbers. What
customers do with payments that wait is in `confirm.py` (`confirmations`).
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

from feiqian.auth.challenges.service import Verification
from feiqian.clock import MICROSECONDS, Clock
from feiqian.customers.registry import Customers
from feiqian.errors import LedgerError, NotDeciding
from feiqian.events import PaymentDecided, PaymentStatus, RefundDecided
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.ledger.ledger import Ledger
from feiqian.limits.model import Today
from feiqian.limits.service import PaymentLimits
from feiqian.merchants.kinds import payable_id
from feiqian.merchants.registry import Merchant, Merchants
from feiqian.money import BY_NUMBER, NOTHING, CurrencyNumber, MinorUnits
from feiqian.payments import plan
from feiqian.payments.attempts import NoOrders, OrderAttempts, Told
from feiqian.payments.codes import Codes, IssuedCode, claim_of
from feiqian.payments.confirm import Confirmations
from feiqian.payments.decide import AssessRisk, Authorizer, Decision, no_risk
from feiqian.payments.errors import (
    NotCancellable,
    NotRefundable,
    NotWaiting,
    OrderConflict,
    PaymentNotFound,
    ReadModelBehind,
    RecordIncomplete,
)
from feiqian.payments.expiry import Expiry
from feiqian.payments.intent import ChooseSource, NameSources, O, OrderHold, PaymentMethod, SourceName, from_wallet
from feiqian.payments.kinds import TransferKind
from feiqian.payments.methods.code import CodeMethod
from feiqian.payments.pending import PendingPaymentResolver, cancel, status_of
from feiqian.payments.policy import Decline
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.payments.refund import Refunder
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.payments.status_waiters import StatusWaiters
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
from feiqian.projections.errors import ReadsBehind
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.shares import Admission
from feiqian.runtime.work import TooBusy, Work

RESUME_SECONDS = 0.5  # not money: a time


async def only_wallets(_customer: CustomerNumber) -> Mapping[bytes, SourceName]:
    """There are no accounts that would have a name."""
    return {}


class Payments:
    """One bank's payments."""

    def __init__(
        self,
        ledger: Ledger,
        codes: Codes,
        clock: Clock,
        customers: Customers,
        reads: PaymentReads,
        limits: PaymentLimits,
        merchants: Merchants,
        verification: Verification,
        cipher: FieldCipher,
        in_flight_limit: int = sys.maxsize,
        work: Work | None = None,
        risk: AssessRisk = no_risk,
    ) -> None:
        self._ledger, self._codes, self._clock, self._reads = ledger, codes, clock, reads
        self.admission = Admission(in_flight_limit)  # whoever serves it may put another in its place
        self._limits = limits
        self.status_waiters = StatusWaiters()
        self.expiry = Expiry(ledger, self.status_waiters.tell)
        self._authorizer = Authorizer(ledger, limits, self.expiry.add, risk)
        self._by_code = CodeMethod(codes, customers, cipher, ledger.clock, from_wallet)
        self._resolver = PendingPaymentResolver(ledger, limits, merchants)
        told = self.status_waiters
        self.confirmations = Confirmations(
            ledger, reads, self._resolver, limits, customers, merchants, verification, told, work or Work()
        )
        self._refunder = Refunder(ledger)
        self.source_names: NameSources = only_wallets
        self._attempts: OrderAttempts = NoOrders()

    def measure(self, metrics: Metrics) -> None:
        """What /metrics shows of wrong codes."""
        self._by_code.guesses.measure(metrics, lambda: self._ledger.clock.now() // MICROSECONDS)

    def today(self, customer: CustomerNumber, currency: CurrencyNumber) -> Today | None:
        """What the customer may pay today; None if nothing in this currency."""
        return self._limits.today(customer, currency, self._ledger.clock.now() // MICROSECONDS)

    # --- changing ----------------------------------------------------------------------------------------------

    def largest(self, currency: CurrencyNumber) -> MinorUnits:
        """The largest payment of any customer's; 0 where nobody pays in this currency."""
        return self._limits.largest.get(currency, NOTHING)

    def source_of(self, currency: CurrencyNumber, customer: CustomerNumber, amount: MinorUnits) -> bytes:
        """The account that a payment of this amount is taken from, where its payer names none."""
        return self._by_code.source(currency, customer, amount)

    def choose_sources(self, choose: ChooseSource, names: NameSources = only_wallets) -> None:
        """`choose` says from now on which of the customer's accounts a payment by code is taken from; `names` how
        such an account is shown."""
        self._by_code.source, self.source_names = choose, names

    def pay(self, merchant: Merchant, request: PaymentRequest) -> Coroutine[Any, Any, PaymentView]:
        """Takes a payment by code, as `pay_by`; or pays the order that it names."""
        if request.order:
            return self._attempts.by_code(self._by_code, merchant, request)
        return self.pay_by(self._by_code, merchant, request)

    async def pay_by(self, method: PaymentMethod[O], merchant: Merchant, order: O) -> PaymentView:
        """Takes a payment, or says why not; a retry is answered as at first. Raises OrderConflict, Overloaded."""
        admission, number = self.admission, merchant.number
        admission.begin(number)
        try:
            decision = self._authorizer.authorize(merchant, order, method.intent)
            await self._ledger.durable(decision.position)
        finally:
            admission.leave(number)
        return await self._told_or_read(method, merchant, order, decision)

    def pay_at_once(self, merchant: Merchant, request: PaymentRequest, tell: Told) -> bool:
        """As `pay`, without a task: decides now, and calls `tell` once that is durable, with the payment or with what
        `pay` would raise then; perhaps before this returns. Raises Overloaded, LedgerStopped and the like.

        False: nothing was done, and only `pay` can do it, which reads a retry's first answer, or an order.
        """
        if request.order:
            return self._attempts.by_code_at_once(merchant, request, tell)
        authorize = self._authorizer.authorize
        return self._at_once(merchant, request, lambda: authorize(merchant, request, self._by_code.intent), tell)

    def _at_once(self, merchant: Merchant, request: PaymentRequest, decide: Callable[[], Decision], tell: Told) -> bool:
        admission, number = self.admission, merchant.number
        admission.begin(number)
        try:
            decision = decide()
        except BaseException:
            admission.leave(number)
            raise
        if decision.has_to_be_read:
            admission.leave(number)
            return False
        self._ledger.when_durable(decision.position, partial(self._durable, merchant, request, decision, tell))
        return True

    def _durable(
        self, merchant: Merchant, request: PaymentRequest, decision: Decision, tell: Told, error: LedgerError | None
    ) -> None:
        self.admission.leave(merchant.number)
        if error is not None:
            tell(error)
            return
        try:
            told: PaymentView | Exception = self._told(self._by_code, merchant, request, decision)
        except Exception as refused:
            told = refused
        tell(told)

    async def _told_or_read(
        self, method: PaymentMethod[O], merchant: Merchant, order: O, decision: Decision
    ) -> PaymentView:
        if decision.has_to_be_read:
            row = await self._row(merchant, order.merchant_order, decision.transfer, decision.position)
            decision = decision._replace(fact=row.fact)
        return self._told(method, merchant, order, decision)

    def _told(self, method: PaymentMethod[O], merchant: Merchant, order: O, decision: Decision) -> PaymentView:
        """The answer, now that the decision is durable. Raises OrderConflict."""
        if decision.not_kept:
            return not_kept(order, decision.not_kept, self._clock.now())
        fact = decision.fact
        assert fact is not None, "it was decided now, or has been read"
        if decision.retry:
            method.check_retry(fact, merchant, order)
        return first_answer(fact)

    def tell_orders(self, attempts: OrderAttempts) -> None:
        """`attempts` hears from now on what becomes of payments of orders."""
        self._attempts = self._resolver.attempts = self.expiry.attempts = self.confirmations.attempts = attempts

    async def pay_order(
        self,
        method: PaymentMethod[O],
        merchant: Merchant,
        asked: O,
        order: OrderHold,
        decided: Callable[[PaymentDecided], None],
        *,
        open_: bool,
    ) -> PaymentView:
        """As `pay_by`, an attempt to pay an order, whose number within the order is `asked.merchant_order`.

        Decides before it awaits, and calls `decided` in that stretch for what was not decided before. Where the order
        is not `open_`, only what was decided before is answered.
        """
        admission = self.admission
        admission.begin(merchant.number)
        try:
            decision = self._attempted(method, merchant, asked, order, decided, open_=open_)
            await self._ledger.durable(decision.position)
        finally:
            admission.leave(merchant.number)
        return await self._told_or_read(method, merchant, asked, decision)

    def pay_order_at_once(
        self,
        merchant: Merchant,
        request: PaymentRequest,
        order: OrderHold,
        decided: Callable[[PaymentDecided], None],
        tell: Told,
        *,
        open_: bool,
    ) -> bool:
        """As `pay_order`, by code, and as `pay_at_once`."""
        method = self._by_code
        return self._at_once(
            merchant,
            request,
            lambda: self._attempted(method, merchant, request, order, decided, open_=open_),
            tell,
        )

    def _attempted(
        self,
        method: PaymentMethod[O],
        merchant: Merchant,
        asked: O,
        order: OrderHold,
        decided: Callable[[PaymentDecided], None],
        *,
        open_: bool,
    ) -> Decision:
        """The decision, and what it makes of the order, which is in the same row of the journal."""
        decision = self._authorizer.authorize_attempt(merchant, asked, method.intent, order, open_=open_)
        if decision.fact and not decision.retry:
            decided(decision.fact)
        return decision

    def end_attempt(self, payment: PaymentDecided) -> None:
        """Declines an attempt that waits, for an order that has ended. Never awaits. Raises LedgerStopped."""
        with contextlib.suppress(NotWaiting):
            self._resolver.decline(payment, Decline.ORDER_NOT_OPEN)
        self.status_waiters.tell(payment.id)

    async def refund(self, merchant: Merchant, payment_id: str, request: RefundRequest, key: str = "") -> RefundView:
        """Gives back part or all of a payment; `key`: the request's `Idempotency-Key`, or "". Raises PaymentNotFound,
        NotRefundable, OrderConflict, RequestKeyUsed, Overloaded."""
        row = await self._own(merchant, payment_id)
        if row.status is not PaymentStatus.SUCCEEDED:
            raise NotRefundable(row.status)
        if row.fact.order:
            await self._attempts.before_refund(row.fact, request.merchant_refund)
        with self.admission.place(merchant.number, patient=True):
            try:
                decision = self._refunder.decide(row.fact, request, key)
                if row.fact.order and decision.fact and not decision.retry:
                    self._attempts.refunded(row.fact, decision.fact, key)
            finally:  # what is refused depends on what was decided before, too
                await self._ledger.durable(self._ledger.position)
        fact = decision.fact or await self._refund_fact(merchant, decision.transfer, decision.position)
        if fact.amount != request.amount:
            raise OrderConflict(f"refund {request.merchant_refund} was used before, for another amount")
        return refund_view(fact)

    async def cancel(self, merchant: Merchant, payment_id: str, key: str = "") -> PaymentView:
        """Cancels a payment that waits for its customer; `key` as in `refund`. Raises PaymentNotFound, NotCancellable,
        RequestKeyUsed, Overloaded."""
        row = await self._own(merchant, payment_id)
        if row.fact.order:
            await self._attempts.prepare(row.fact.order)
        with self.admission.place(merchant.number, patient=True):
            try:
                status = cancel(self._ledger, row.fact, key)
                if row.fact.order:
                    self._attempts.ended(row.fact, status, None, NOTHING)
                self.status_waiters.tell(payment_id)
            finally:
                await self._ledger.durable(self._ledger.position)
        if status is not PaymentStatus.CANCELLED:
            raise NotCancellable(status)
        return as_it_is(row, status)

    def end_what_cannot_pay(self, customer: CustomerNumber) -> None:
        """Declines what waits for a customer whose wallet is stopped, or whose level pays nothing. Never awaits.

        Called in the stretch in which that was posted, so that both are in one journal row. Raises LedgerStopped.
        """
        for payment in self.expiry.of(customer):
            if status_of(self._ledger.engine, payment) is PaymentStatus.WAITING and self._resolver.cannot_pay(payment):
                with contextlib.suppress(NotWaiting):  # its time was over: posting has moved time on
                    self._resolver.decline(payment, Decline.WALLET_CANNOT_PAY)
                self.status_waiters.tell(payment.id)

    def waits_for(self, customer: CustomerNumber, source: bytes) -> bool:
        """Whether a payment from this account of the ledger waits for the customer. Answers from memory."""
        mine = (payment for payment in self.expiry.of(customer) if plan.payer_account(payment) == source)
        return any(status_of(self._ledger.engine, payment) is PaymentStatus.WAITING for payment in mine)

    async def run(self) -> None:
        """Lets waiting payments expire on time, also those of before a restart. Ends when cancelled or stopped."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._resume(), name="payments that wait")
            tasks.create_task(self.expiry.run(), name="payments that expire")

    async def _resume(self) -> None:
        position = self._ledger.durable_position
        while True:
            # The read model is being built or does not answer, or the journal does not.
            with contextlib.suppress(ReadsBehind, TooBusy, NotDeciding):
                await self._reads.wait(position)
                waiting = await self._reads.waiting()
                for order in {payment.order for payment in waiting if payment.order}:
                    with contextlib.suppress(RecordIncomplete):  # then it cannot be confirmed either
                        await self._attempts.prepare(order)
                return self._take_up(waiting)
            await asyncio.sleep(RESUME_SECONDS)

    def _take_up(self, waiting: Sequence[PaymentDecided]) -> None:
        """What waited before the start; whoever was frozen since, or just before a crash, has nothing that waits."""
        self.expiry.add_all(waiting)
        for customer in {payment.customer for payment in waiting}:
            self.end_what_cannot_pay(customer)

    # --- asking ------------------------------------------------------------------------------------------------

    async def get(
        self,
        merchant: Merchant,
        payment_id: str,
        wait_seconds: float = 0,  # not money: a time
    ) -> PaymentView:
        """A payment as it is now; while its customer has not decided, as it is after so long, or once that happens.

        At once, too, where too many wait already. Raises PaymentNotFound.
        """
        row = await self._own(merchant, payment_id)
        if wait_seconds and row.status is PaymentStatus.WAITING:
            if status_of(self._ledger.engine, row.fact) is PaymentStatus.WAITING:
                await self.status_waiters.ended(payment_id, merchant.number, wait_seconds)
            await self._ledger.durable(self._ledger.position)
            row = await self._own(merchant, payment_id)
        return as_it_is(row)

    async def get_by_order(self, merchant: Merchant, merchant_order: str) -> PaymentView:
        """The payment of an order, as it is now. Raises PaymentNotFound."""
        transfer = plan.payment_transfer(merchant.number, merchant_order)
        known, position = self._ledger.engine.remembered(transfer), self._ledger.position
        await self._ledger.durable(position)
        if known is None or known.kind == TransferKind.ORDER:
            raise PaymentNotFound(f"there is no payment of order {merchant_order}")
        return as_it_is(await self._row(merchant, merchant_order, transfer, position))

    async def list(self, merchant: Merchant, cursor: str | None, limit: int) -> Page:
        """A page of the merchant's payments, newest first. A cursor of another merchant leads nowhere else."""
        await self._caught_up(merchant, self._ledger.durable_position)
        rows, after = await self._reads.payments(merchant.number, cursor, limit)
        return Page([as_it_is(row) for row in rows], after, await self._reads.merchant_incomplete(merchant.number))

    async def balance(self, merchant: Merchant) -> BalanceView:
        """What the merchant has to get, from the ledger itself."""
        id = payable_id(merchant.currency, merchant.number)
        account, position = self._ledger.engine.account(id), self._ledger.position
        await self._ledger.durable(position)
        balance, available = map(MinorUnits, (account.balance, account.available) if account else (0, 0))
        incomplete = False
        with contextlib.suppress(ReadsBehind):
            incomplete = await self._reads.merchant_incomplete(merchant.number)
        return BalanceView(BY_NUMBER[merchant.currency].code, balance, available, incomplete)

    def code_for(self, customer: CustomerNumber) -> IssuedCode:
        """The code to show on a customer's phone now: the next slot's, if this one has been used.

        It is made and read by the ledger's time; its times are told by the bank's clock, for phones to compare with
        theirs. Raises NoIssuingDevice.
        """
        now, device = self._ledger.clock.now(), self._codes.device_of(customer)
        seconds, ahead = now // MICROSECONDS, -((self._clock.now() - now) // MICROSECONDS)
        code = self._codes.issue(device, seconds)
        if self._ledger.engine.claimed(claim_of(code.digits)):
            code = self._codes.issue(device, seconds, ahead=1)._replace(refresh_at=code.refresh_at)
        return code._replace(valid_until=code.valid_until - ahead, refresh_at=code.refresh_at - ahead)

    # --- the read model ----------------------------------------------------------------------------------------

    async def _caught_up(self, merchant: Merchant, position: int) -> None:
        """Nobody waits here who holds a place in `admission`: the read model may be long in coming."""
        await self._reads.wait(position, who=("merchant", merchant.number))

    async def _own(self, merchant: Merchant, payment_id: str) -> PaymentRow:
        """The merchant's payment of this id; another merchant's is as if it were not.

        Raises PaymentNotFound, RecordIncomplete.
        """
        await self._caught_up(merchant, self._ledger.durable_position)
        row = await self._reads.payment_by_id(payment_id)
        if row is None:
            await self._not_set_aside(merchant)
        if row is None or row.merchant != merchant.number:
            raise PaymentNotFound(f"there is no payment {payment_id}")
        if await self._reads.payment_incomplete(payment_id):
            raise RecordIncomplete
        return row

    async def _not_set_aside(self, merchant: Merchant) -> None:
        """What is not found may be what was set aside. Raises RecordIncomplete."""
        if await self._reads.merchant_incomplete(merchant.number):
            raise RecordIncomplete

    async def _row(self, merchant: Merchant, order: str, transfer: bytes, position: int) -> PaymentRow:
        known = self._ledger.engine.remembered(transfer)
        if known is not None and known.kind == TransferKind.ORDER:
            raise OrderConflict("this number is an order's: pay it with `order`")
        await self._caught_up(merchant, position)
        row = await self._reads.payment_by_transfer(merchant.number, order, transfer)
        if row is None:
            await self._not_set_aside(merchant)
            raise ReadModelBehind("the payment was decided, but the read model does not know it yet")
        return row

    async def _refund_fact(self, merchant: Merchant, transfer: bytes, position: int) -> RefundDecided:
        await self._caught_up(merchant, position)
        fact = await self._reads.refund_by_transfer(transfer)
        if fact is None:
            await self._not_set_aside(merchant)
            raise ReadModelBehind("the refund was decided, but the read model does not know it yet")
        return fact
