"""The orders feature, as its faces use it. Decides through the ledger, waits until that is durable, then answers.

An order is a zero-amount hold of the engine, under the id that a direct payment with its number would have. Whoever
ends the hold has won: the first attempt that succeeds, the merchant who closes it, or its time. No SQL is written here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import msgspec

from feiqian.clock import MICROSECONDS, microseconds
from feiqian.errors import LedgerError, NotDeciding
from feiqian.events import OrderChanged, PaymentDecided, PaymentStatus, RefundDecided
from feiqian.ids import ORDER, new_id
from feiqian.ledger.due import Due
from feiqian.ledger.engine import HoldState, Refusal, Type, chain
from feiqian.ledger.ledger import Ledger
from feiqian.merchants.registry import Merchant, Merchants
from feiqian.merchants.request_keys import check_key, claim_key
from feiqian.money import BY_CODE, MinorUnits
from feiqian.orders import plan
from feiqian.orders.book import Book, Entry
from feiqian.orders.capturing import Capturing
from feiqian.orders.errors import (
    OrderInvalid,
    OrderNotFound,
    OrderNumberUsed,
    OrderStateForbids,
    RefundsUsedUp,
    TooManyOpenOrders,
)
from feiqian.orders.making import new_order, same_order
from feiqian.orders.model import ENDED, Capture, Event, Method, Order, OrderStatus, order_object
from feiqian.orders.read_model.reads import OrderReads, Wanted
from feiqian.orders.requests import DAY_SECONDS, CaptureRequest, OrderRefundRequest, OrderRequest
from feiqian.orders.states import Changes
from feiqian.payments.attempts import Told
from feiqian.payments.errors import RecordIncomplete
from feiqian.payments.intent import O, PaymentMethod
from feiqian.payments.intent import Order as Asked
from feiqian.payments.kinds import TransferKind
from feiqian.payments.plan import attempt_transfer, refund_transfer, rest_hold
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.payments.service import RESUME_SECONDS, Payments
from feiqian.payments.status_waiters import StatusWaiters
from feiqian.payments.views import PaymentView, RefundView
from feiqian.projections.errors import ReadsBehind
from feiqian.runtime.work import TooBusy

MOST_ATTEMPTS = 20
MOST_REFUNDS, REFUND_DAYS = 50, 365
MAX_WATCHES, MAX_WATCHES_OF_MERCHANT = 4096, 1024  # requests that wait until an order changes
OPEN = OrderStatus.OPEN
Tell: TypeAlias = Callable[[Order | Exception], object]


class Orders:
    """One bank's orders. It is what `payments` tells of attempts (`payments.attempts.OrderAttempts`)."""

    def __init__(
        self,
        ledger: Ledger,
        payments: Payments,
        merchants: Merchants,
        reads: OrderReads,
        payment_reads: PaymentReads,
    ) -> None:
        self._ledger, self._payments, self._merchants = ledger, payments, merchants
        self.reads, self._payment_reads, self.book = reads, payment_reads, Book(ledger)
        self.waiters = StatusWaiters(MAX_WATCHES, MAX_WATCHES_OF_MERCHANT)
        self.changes = Changes(ledger, self.book, payments, self.waiters.tell)
        self.capturing = Capturing(ledger, self.changes)
        self.due = Due(ledger, self._due)
        payments.tell_orders(self)

    # --- changing ----------------------------------------------------------------------------------------------

    async def create(self, merchant: Merchant, request: OrderRequest, key: str = "") -> Order:
        """A new order, or the one of this number, if it was the same. Raises OrderNumberUsed, OrderInvalid,
        TooManyOpenOrders, Overloaded."""
        hold = plan.hold_of(merchant.number, request.merchant_order)
        with self._payments.admission.place(merchant.number):
            if self._ledger.engine.remembered(hold) is None:
                try:
                    return self._created(merchant, request, hold, key)
                finally:  # what is refused depends on what was decided before, too
                    await self._ledger.durable(self._ledger.position)
        return await self._again(merchant, request, hold)

    def create_at_once(self, merchant: Merchant, request: OrderRequest, key: str, tell: Tell) -> bool:
        """As `create`, without a task: decides now, and calls `tell` once that is durable, with the order or with what
        `create` would raise then; perhaps before this returns. Raises Overloaded.

        False: nothing was done, and only `create` can do it, as the number was used before.
        """
        hold = plan.hold_of(merchant.number, request.merchant_order)
        if self._ledger.engine.remembered(hold) is not None:
            return False
        self._payments.admission.begin(merchant.number)
        try:
            told: Order | Exception = self._created(merchant, request, hold, key)
        except Exception as refused:  # which depends on what was decided before, too
            told = refused
        self._ledger.when_durable(self._ledger.position, partial(self._durable, merchant, told, tell))
        return True

    def _durable(self, merchant: Merchant, told: Order | Exception, tell: Tell, error: LedgerError | None) -> None:
        self._payments.admission.leave(merchant.number)
        tell(error or told)

    def _created(self, merchant: Merchant, request: OrderRequest, hold: bytes, key: str) -> Order:
        self._check(merchant, request)
        check_key(self._ledger, merchant.number, key)  # first, as the ledger remembers the number of what it refuses
        now = self._ledger.clock.now()
        seconds = now // MICROSECONDS
        if not self.book.places.admits(merchant.number):
            raise TooManyOpenOrders("as many of your orders are open as may be: close some, or let them expire")
        posting = self._ledger.post(plan.created(merchant.number, merchant.currency, request, key, seconds))
        if posting.refusal is not Refusal.OK:
            raise OrderInvalid(f"the bank cannot take this order now ({posting.refusal.name.lower()})")
        expires_at = (self._ledger.engine.moment.seconds + request.expires_in) * MICROSECONDS
        order = new_order(new_id(ORDER, now), request, now, expires_at)
        self.due.add(expires_at, order.id)
        return self.changes.created(order, merchant.number, hold, key).order

    def _check(self, merchant: Merchant, request: OrderRequest) -> None:
        currency = BY_CODE.get(request.currency)
        if not merchant.accepting:
            raise OrderStateForbids("you cannot take payments now")
        if currency is None or currency.number != merchant.currency:
            raise OrderInvalid("your orders are in the currency that you are paid in")
        if request.amount > self._payments.largest(merchant.currency):
            raise OrderInvalid("nobody may pay as much")
        if request.line_items and sum(item.amount for item in request.line_items) != request.amount:
            raise OrderInvalid("the line items do not sum up to the amount")

    async def _again(self, merchant: Merchant, request: OrderRequest, hold: bytes) -> Order:
        known = self._ledger.engine.remembered(hold)
        await self._ledger.durable(self._ledger.position)
        if known is not None and known.type == Type.REFUSED:
            raise OrderNumberUsed(f"the number {request.merchant_order} was used before, for what was refused")
        if known is None or known.type != Type.HOLD or known.kind != TransferKind.ORDER:
            raise OrderNumberUsed(f"the number {request.merchant_order} was used before, for a payment")
        entry = await self._entry_of(hold)
        if not same_order(entry.order, request):
            raise OrderNumberUsed(f"the number {request.merchant_order} was used before, with other content")
        return entry.order

    async def close(self, merchant: Merchant, id: str, key: str = "") -> Order:
        """Ends an order, so that nobody can pay it any more; one that was closed stays so. Raises OrderNotFound,
        OrderStateForbids, Overloaded."""
        entry = await self._own(merchant, id)
        with self._payments.admission.place(merchant.number, patient=True):
            try:
                if entry.order.status is OPEN:
                    claim_key(self._ledger, merchant.number, key)
                    if self._ledger.post(plan.close(entry.hold)).refusal is Refusal.OK:
                        self.changes.ended_by(entry, Event.CLOSED, key)
                    self._settle(entry)
            finally:
                await self._ledger.durable(self._ledger.position)
        if entry.order.status is not OrderStatus.CLOSED:
            raise OrderStateForbids(f"an order that is {entry.order.status} cannot be closed")
        return entry.order

    # --- paying ------------------------------------------------------------------------------------------------

    async def attempt(self, id: str, method: PaymentMethod[O], asked: O, by: Method) -> PaymentView:
        """Tries to pay an order; `asked.merchant_order` is the attempt's number within it, and makes it one.

        Raises OrderNotFound, OrderInvalid for another amount, OrderStateForbids, OrderConflict, Overloaded.
        """
        entry = await self._entry(id)
        merchant = self._merchants.by_number(entry.merchant)
        if merchant is None:
            raise OrderNotFound(f"there is no order {id}")
        self._check_attempt(entry, asked, by)
        # Nothing awaits from here to the decision.
        return await self._payments.pay_order(
            method, merchant, asked, entry.named, partial(self._attempted, entry), open_=entry.order.status is OPEN
        )

    def _check_attempt(self, entry: Entry, asked: Asked, by: Method) -> None:
        """Raises OrderInvalid, OrderStateForbids."""
        order = entry.order
        if (asked.amount, asked.currency) != (order.amount, order.currency):
            raise OrderInvalid(f"the order is of {order.amount} {order.currency}")
        if by not in order.methods:
            raise OrderStateForbids(f"this order is not paid by {by}")
        if len(order.attempts) >= MOST_ATTEMPTS:
            number = attempt_transfer(entry.hold, asked.merchant_order)
            if self._ledger.engine.remembered(number) is None:
                raise OrderStateForbids(f"an order has at most {MOST_ATTEMPTS} attempts")

    async def by_code(
        self, method: PaymentMethod[PaymentRequest], merchant: Merchant, request: PaymentRequest
    ) -> PaymentView:
        """Pays an order of this merchant's with a code at its till."""
        order = (await self._own(merchant, request.order)).order
        return await self.attempt(order.id, method, _described(request, order), Method.CODE)

    def by_code_at_once(self, merchant: Merchant, request: PaymentRequest, tell: Told) -> bool:
        """As `by_code`, without a task, as `Payments.pay_at_once`; False for an order that has to be read."""
        entry = self.book.get(request.order)
        if entry is None:
            return False
        if entry.merchant != merchant.number:
            raise OrderNotFound(f"there is no order {request.order}")
        asked = _described(request, entry.order)
        self._check_attempt(entry, asked, Method.CODE)
        open_ = entry.order.status is OPEN
        return self._payments.pay_order_at_once(
            merchant, asked, entry.named, partial(self._attempted, entry), tell, open_=open_
        )

    def _attempted(self, entry: Entry, fact: PaymentDecided) -> None:
        self.changes.attempted(entry, fact)
        self._settle(entry)
        if fact.status is PaymentStatus.AUTHORISED:
            self._watch_time(entry)

    def _watch_time(self, entry: Entry) -> None:
        """Of an order that has not ended: when it does by itself."""
        order = entry.order
        self.due.add(microseconds(order.capture_before or order.expires_at), order.id)

    async def capture(self, merchant: Merchant, id: str, request: CaptureRequest, key: str = "") -> Order:
        """Takes part or all of what is authorised; a retry is answered with the order as it is. Raises OrderNotFound,
        OrderStateForbids, OrderInvalid, OrderNumberUsed, Overloaded."""
        entry = await self._own(merchant, id)
        if entry.order.payment is None or entry.order.capture is Capture.NOW:
            raise OrderStateForbids(f"an order that is {entry.order.status} has nothing to capture")
        authorised = await self._payment(entry.order.payment)
        entry = await self._entry(id)
        with self._payments.admission.place(merchant.number, patient=True):
            try:
                self.capturing.capture(entry, authorised, merchant, request, key)
            finally:
                self._settle(entry)
                await self._ledger.durable(self._ledger.position)
        return entry.order

    async def void(self, merchant: Merchant, id: str, key: str = "") -> Order:
        """Gives up what is authorised and not captured; voided again it stays so. Raises as `capture`."""
        entry = await self._own(merchant, id)
        with self._payments.admission.place(merchant.number, patient=True):
            try:
                self.capturing.void(entry, key)
            except OrderStateForbids:
                if not await self._was_voided(entry.order):
                    raise
                entry = await self._entry(id)
            finally:
                self._settle(entry)
                await self._ledger.durable(self._ledger.position)
        return entry.order

    async def _was_voided(self, order: Order) -> bool:
        """Whether the merchant gave up what was held; where part had been captured its status does not say so."""
        if order.payment is None or order.capture is Capture.NOW or order.authorised:
            return False
        last = await self._payment(order.taken[-1].payment if order.taken else order.payment)
        money = rest_hold(last.transfer) if order.taken else last.transfer
        known = self._ledger.engine.remembered(plan.void_id(money))
        return known is not None and known.type == Type.RELEASE

    async def refund(self, merchant: Merchant, id: str, request: OrderRefundRequest, key: str = "") -> RefundView:
        """Gives back part or all of what was taken, of one capture. Raises OrderNotFound, OrderStateForbids,
        RefundsUsedUp, OrderConflict, Overloaded."""
        order = (await self._own(merchant, id)).order
        payment = await self._refunded(order, request)
        asked = RefundRequest(amount=request.amount, merchant_refund=request.merchant_refund)
        return await self._payments.refund(merchant, payment, asked, key)

    async def _refunded(self, order: Order, request: OrderRefundRequest) -> str:
        """Of which payment a refund is: the one in which its number was used, else the one that was named, else the
        first of which enough is left."""
        taken = order.taken
        if not taken:
            raise OrderStateForbids(f"an order that is {order.status} cannot be refunded")
        if len(taken) == 1 and request.payment in ("", taken[0].payment):
            return taken[0].payment
        for one in taken:
            transfer = refund_transfer((await self._payment(one.payment)).transfer, request.merchant_refund)
            if self._ledger.engine.remembered(transfer) is not None:
                return one.payment
        if request.payment:
            if all(one.payment != request.payment for one in taken):
                raise OrderNotFound("the order has no such payment")
            return request.payment
        enough = (one.payment for one in taken if one.amount - one.refunded >= request.amount)
        if (first := next(enough, None)) is None:
            left = ", ".join(f"{one.payment} has {one.amount - one.refunded}" for one in taken)
            raise OrderStateForbids(f"no capture has so much left: refund each, naming its payment ({left})")
        return first

    async def _payment(self, id: str) -> PaymentDecided:
        """The fact of a payment of an order's. Raises ReadsBehind."""
        await self._payment_reads.wait(self._ledger.durable_position)
        row = await self._payment_reads.payment_by_id(id)
        if row is None:
            raise ReadsBehind("the payment was decided, and the read model does not know it yet")
        return row.fact

    # --- what payments tell ------------------------------------------------------------------------------------

    async def prepare(self, order: str) -> None:
        """See `payments.attempts.OrderAttempts`."""
        await self._of_attempt(order)

    async def _of_attempt(self, order: str) -> Entry:
        """The order of an attempt, which is there; if not, it was set aside. Raises RecordIncomplete."""
        try:
            return await self._entry(order)
        except OrderNotFound:
            raise RecordIncomplete from None

    async def before_refund(self, payment: PaymentDecided, merchant_refund: str) -> None:
        """Raises RefundsUsedUp after MOST_REFUNDS, or REFUND_DAYS after it was paid."""
        entry = await self._of_attempt(payment.order)
        if self._ledger.engine.remembered(refund_transfer(payment.transfer, merchant_refund)) is not None:
            return
        if entry.order.refunds >= MOST_REFUNDS:
            raise RefundsUsedUp(f"an order has at most {MOST_REFUNDS} refunds")
        if self._ledger.clock.now() - payment.created_at >= REFUND_DAYS * DAY_SECONDS * MICROSECONDS:
            raise RefundsUsedUp(f"an order is refunded within {REFUND_DAYS} days after it was paid")

    def ended(self, payment: PaymentDecided, status: PaymentStatus, reason: str | None, fee: MinorUnits) -> None:
        self.changes.attempt_ended(payment, status, reason, fee)

    def refunded(self, payment: PaymentDecided, refund: RefundDecided, key: str) -> None:
        self.changes.refunded(payment, refund, key)

    # --- time --------------------------------------------------------------------------------------------------

    def _due(self, id: str) -> None:
        entry = self.book.get(id)
        if entry is not None:
            self._settle(entry)

    def _settle(self, entry: Entry) -> None:
        """Says of an order whose time is over that it is; the engine has ended it. Does not await."""
        hold = self._ledger.engine.remembered(entry.hold)
        if entry.order.status is OPEN and hold is not None and hold.status == HoldState.EXPIRED:
            self.changes.ended_by(entry, Event.EXPIRED)
        money = self._ledger.engine.remembered(entry.money) if entry.money else None
        if money is not None and money.status == HoldState.EXPIRED:
            if back := entry.given_back(entry.order.authorised):
                self._ledger.post(chain(*back))
            self.changes.given_up(entry, Event.LAPSED)

    async def run(self) -> None:
        """Lets orders expire on time, also those of before a restart. Ends when cancelled or stopped."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.resume(), name="orders that have not ended")
            tasks.create_task(self.due.run(), name="orders that expire")

    async def resume(self) -> None:
        """Takes up the orders that had not ended when the server started."""
        position = self._ledger.durable_position
        while True:
            with contextlib.suppress(ReadsBehind, TooBusy, NotDeciding):
                await self.reads.wait(position)
                return await self._take_up()
            await asyncio.sleep(RESUME_SECONDS)

    async def _take_up(self) -> None:
        after = ""
        while facts := await self.reads.unended(after):
            for fact in facts:
                self._watch_time(self.book.take(fact))
            after = facts[-1].id
        self.due.settle()

    # --- asking ------------------------------------------------------------------------------------------------

    async def get(self, merchant: Merchant, id: str, wait_seconds: float = 0) -> Order:  # not money: a time
        """An order as it is now; with `wait_seconds`, once it is changed, or after so long. Raises OrderNotFound."""
        entry = await self._own(merchant, id)
        if wait_seconds and entry.order.status is OPEN:
            return await self.watch(id, entry.order.version, wait_seconds)
        return await self._told(entry)

    async def watch(self, id: str, version: int, seconds: float) -> Order:  # not money: a time
        """The order, once its version is another than this, or after so long; at once where too many wait already.

        For whoever may see it: nobody's key is asked for. Raises OrderNotFound.
        """
        entry = await self._entry(id)
        if entry.order.version == version:
            await self.waiters.ended(id, entry.merchant, seconds)
            entry = await self._entry(id)
        return await self._told(entry)

    async def find(self, id: str) -> tuple[Order, Merchant]:
        """An order as it is now, and whose it is, for whoever has its address: its payer. Raises OrderNotFound."""
        entry = await self._entry(id)
        merchant = self._merchants.by_number(entry.merchant)
        if merchant is None:
            raise OrderNotFound(f"there is no order {id}")
        return await self._told(entry), merchant

    async def hold_of(self, id: str) -> bytes:
        """What names the order in the ledger. Raises OrderNotFound."""
        return (await self._entry(id)).hold

    async def by_number(self, merchant: Merchant, merchant_order: str) -> Order:
        """The order of this number, as it is now. Raises OrderNotFound."""
        hold = plan.hold_of(merchant.number, merchant_order)
        known = self._ledger.engine.remembered(hold)
        if known is None or known.type != Type.HOLD or known.kind != TransferKind.ORDER:
            raise OrderNotFound(f"there is no order {merchant_order}")
        return await self._told(await self._entry_of(hold))

    async def by_key(self, merchant: Merchant, key: str) -> Order:
        """The order that a request with this `Idempotency-Key` was about. Raises OrderNotFound."""
        await self.reads.wait(self._ledger.durable_position, who=("merchant", merchant.number))
        fact = await self.reads.by_key(merchant.number, key)
        if fact is None:
            raise OrderNotFound("no order was asked for with this key")
        return await self._told(await self._entry(fact.id))

    async def list(
        self, merchant: Merchant, cursor: str | None, limit: int, wanted: Wanted
    ) -> tuple[list[Order], str | None]:
        """A page of the merchant's orders, newest first, and the next page's cursor."""
        await self.reads.wait(self._ledger.durable_position, who=("merchant", merchant.number))
        facts, after = await self.reads.newest(merchant.number, cursor, limit, wanted)
        return [order_object(fact) for fact in facts], after

    async def _told(self, entry: Entry) -> Order:
        """As it is, once that is on disk."""
        with contextlib.suppress(NotDeciding):
            self.due.settle()
        order = entry.order
        await self._ledger.durable(self._ledger.position)
        return order

    async def _own(self, merchant: Merchant, id: str) -> Entry:
        entry = await self._entry(id)
        if entry.merchant != merchant.number:
            raise OrderNotFound(f"there is no order {id}")
        return entry

    async def _entry(self, id: str) -> Entry:
        """The order, in memory from now until something is awaited. Raises OrderNotFound, ReadsBehind."""
        while True:
            found = self.book.get(id)
            if found is not None:
                return found
            forgotten = self.book.forgotten
            await self.reads.wait(self._ledger.durable_position)
            fact = await self.reads.by_id(id)
            if fact is None and self.book.get(id) is None:
                raise OrderNotFound(f"there is no order {id}")
            if fact is not None and self.book.forgotten == forgotten:
                return self._take(fact)

    async def _entry_of(self, hold: bytes) -> Entry:
        await self.reads.wait(self._ledger.durable_position)
        fact = await self.reads.by_hold(hold)
        if fact is None:
            raise ReadsBehind("the order is there, and the read model does not know it yet")
        return await self._entry(fact.id)

    def _take(self, fact: OrderChanged) -> Entry:
        entry = self.book.take(fact)
        if entry.order.status not in ENDED:
            self._watch_time(entry)
        return entry


def _described(request: PaymentRequest, order: Order) -> PaymentRequest:
    """What is paid at a till, by what the order says where the till says nothing."""
    if request.description or not order.description:
        return request
    return msgspec.structs.replace(request, description=order.description)
