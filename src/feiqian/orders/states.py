"""What changes an order, and what it is afterwards. Nothing here awaits: what was posted is in the same journal row."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from feiqian.clock import MICROSECONDS, moment
from feiqian.errors import NotDeciding
from feiqian.events import OrderChanged, PaymentDecided, PaymentStatus, RefundDecided, RefundStatus
from feiqian.ids import NO_CUSTOMER, CustomerNumber, MerchantNumber
from feiqian.ledger.ledger import Ledger
from feiqian.money import NOTHING, MinorUnits
from feiqian.orders.book import Book, Entry
from feiqian.orders.model import Attempt, Capture, Event, Order, OrderStatus, Taken, encode
from feiqian.payments.plan import rest_hold
from feiqian.payments.policy import AUTHORISED_SECONDS, Decline
from feiqian.payments.service import Payments
from feiqian.runtime import logs

_log = logs.get("feiqian.orders")
WAITING = PaymentStatus.WAITING


class Changes:
    """Of all orders; `told` hears of each that has changed."""

    def __init__(self, ledger: Ledger, book: Book, payments: Payments, told: Callable[[str], None]) -> None:
        self._clock, self._book, self._payments, self._told = ledger.clock, book, payments, told

    def created(self, order: Order, merchant: MerchantNumber, hold: bytes, key: str) -> Entry:
        """A new order, whose hold was posted."""
        now = self._clock.now()
        fact = _fact(order, Event.CREATED, (merchant, NO_CUSTOMER), hold, now, key)
        return self._book.change(None, fact, order)

    def ended_by(self, entry: Entry, event: Event, key: str = "") -> None:
        """Closed or expired: its hold is given up. What waits for customers is declined in the same row."""
        self._end(entry, event, entry.order.attempts, key=key, status=OrderStatus(event.value))

    def attempted(self, entry: Entry, payment: PaymentDecided) -> None:
        """An attempt was decided, for the first time."""
        order = entry.order
        attempt = Attempt(
            payment=payment.id,
            method=payment.method,
            status=payment.status,
            reason=payment.reason,
            created_at=moment(payment.created_at),
        )
        attempts = (*order.attempts, attempt)
        if payment.status is PaymentStatus.SUCCEEDED:
            self._paid(entry, payment, attempts, payment.fee)
        elif payment.status is PaymentStatus.AUTHORISED:
            self._authorised(entry, payment, attempts)
        elif payment.status is WAITING:
            entry.waiting[payment.id] = payment
            self._change(entry, Event.ATTEMPT_BEGUN, attempts=attempts, processing=True)
        else:
            self._change(entry, Event.ATTEMPT_FAILED, attempts=attempts)

    def attempt_ended(
        self, payment: PaymentDecided, status: PaymentStatus, reason: str | None, fee: MinorUnits
    ) -> None:
        """An attempt that waited has ended; twice is once."""
        entry = self._book.get(payment.order)
        if entry is None:
            _log.warning("attempt_of_unknown_order", order=payment.order, payment=payment.id, status=status)
            return
        entry.waiting.pop(payment.id, None)
        if not any(one.payment == payment.id and one.status is WAITING for one in entry.order.attempts):
            return
        attempts = _with(entry.order.attempts, {payment.id: (status, reason)})
        if status is PaymentStatus.SUCCEEDED:
            self._paid(entry, payment, attempts, fee)
        else:
            self._change(entry, Event.ATTEMPT_FAILED, attempts=attempts, processing=_processing(attempts))

    def captured(self, entry: Entry, payment: PaymentDecided, rest: MinorUnits, key: str = "") -> None:
        """Part of what is authorised was taken; so much is held still."""
        order = entry.order
        entry.money = rest_hold(payment.transfer) if rest else b""
        taken = (*order.taken, _taken(payment, payment.fee))
        self._change(entry, Event.CAPTURED, key=key, taken=taken, authorised=rest)

    def given_up(self, entry: Entry, event: Event, key: str = "") -> None:
        """What is held was voided by the merchant, or has lapsed."""
        entry.money = b""
        self._change(entry, event, key=key, authorised=NOTHING, status=OrderStatus(event.value))

    def refunded(self, payment: PaymentDecided, refund: RefundDecided, key: str) -> None:
        """A refund of what paid the order was decided."""
        entry = self._book.get(payment.order)
        if entry is None or refund.status is not RefundStatus.SUCCEEDED:
            return
        taken = tuple(
            msgspec.structs.replace(one, refunded=MinorUnits(one.refunded + refund.amount))
            if one.payment == payment.id
            else one
            for one in entry.order.taken
        )
        self._change(entry, Event.REFUNDED, key=key, taken=taken, refunds=entry.order.refunds + 1)

    def _paid(self, entry: Entry, payment: PaymentDecided, attempts: tuple[Attempt, ...], fee: MinorUnits) -> None:
        entry.customer = payment.customer
        self._end(entry, Event.PAID, attempts, taken=(_taken(payment, fee),), payment=payment.id)

    def _authorised(self, entry: Entry, payment: PaymentDecided, attempts: tuple[Attempt, ...]) -> None:
        now = self._clock.now() // MICROSECONDS * MICROSECONDS  # the engine counts whole seconds
        entry.customer, entry.money = payment.customer, payment.transfer
        entry.counters, entry.counted_on = payment.counters, self._clock.day(now // MICROSECONDS)
        before = moment(now + AUTHORISED_SECONDS * MICROSECONDS)
        more: dict[str, Any] = {"authorised": payment.amount, "payment": payment.id, "capture_before": before}
        self._end(entry, Event.AUTHORISED, attempts, **more)

    def _end(self, entry: Entry, event: Event, attempts: tuple[Attempt, ...], *, key: str = "", **values: Any) -> None:
        """The order can no longer be paid: that is recorded first, and then what waits for customers is declined.

        Should the ledger decide nothing more just now, those wait until their time; they cannot succeed.
        """
        waiting = entry.waiting
        if waiting:
            entry.waiting = {}
            declined = PaymentStatus.DECLINED, Decline.ORDER_NOT_OPEN.value
            attempts = _with(attempts, dict.fromkeys(waiting, declined))
        self._change(entry, event, key=key, ended=True, attempts=attempts, processing=False, **values)
        if waiting:
            with contextlib.suppress(NotDeciding):
                for payment in waiting.values():
                    self._payments.end_attempt(payment)

    def _change(self, entry: Entry, event: Event, *, key: str = "", ended: bool = False, **values: Any) -> None:
        now, order = self._clock.now(), entry.order
        at = moment(now)
        if ended:
            values["ended_at"] = at
        if "taken" in values or "authorised" in values:
            taken, authorised = values.get("taken", order.taken), values.get("authorised", order.authorised)
            values |= _sums(order, taken, authorised)
        changed = msgspec.structs.replace(order, version=order.version + 1, updated_at=at, **values)
        fact = _fact(changed, event, (entry.merchant, entry.customer), entry.hold, now, key)
        if entry.money:
            of_money = {"money": entry.money, "counters": entry.counters, "counted_on": entry.counted_on}
            fact = msgspec.structs.replace(fact, **of_money)
        self._book.change(entry, fact, changed)
        self._told(order.id)


def _fact(
    order: Order,
    event: Event,
    parties: tuple[MerchantNumber, CustomerNumber],
    hold: bytes,
    now_us: int,
    key: str,
) -> OrderChanged:
    """The order's newest change, as the journal keeps it."""
    return OrderChanged(order.id, event.value, *parties, hold, order.version, now_us, encode(order), key)


def _taken(payment: PaymentDecided, fee: MinorUnits) -> Taken:
    return Taken(
        payment=payment.id,
        amount=payment.amount,
        fee=fee,
        refunded=NOTHING,
        created_at=moment(payment.created_at),
    )


def _sums(order: Order, taken: tuple[Taken, ...], authorised: MinorUnits) -> dict[str, Any]:
    """The sums, and the status, that what was taken and is held of an order makes."""
    paid, fee, refunded = 0, 0, 0
    for one in taken:
        paid, fee, refunded = paid + one.amount, fee + one.fee, refunded + one.refunded
    sums: dict[str, Any] = {"paid": paid, "fee": fee, "net": paid - fee, "refunded": refunded}
    if authorised:
        sums["status"] = OrderStatus.AUTHORISED
    elif refunded:
        sums["status"] = OrderStatus.REFUNDED if refunded >= paid else OrderStatus.PARTIALLY_REFUNDED
    elif paid:
        sums["status"] = OrderStatus.PAID if order.capture is Capture.NOW else OrderStatus.CAPTURED
    return sums


def _with(attempts: tuple[Attempt, ...], ended: Mapping[str, tuple[PaymentStatus, str | None]]) -> tuple[Attempt, ...]:
    """The attempts, with what became of those that waited."""
    return tuple(
        msgspec.structs.replace(one, status=ended[one.payment][0], reason=ended[one.payment][1])
        if one.payment in ended and one.status is WAITING
        else one
        for one in attempts
    )


def _processing(attempts: tuple[Attempt, ...]) -> bool:
    return any(one.status is WAITING for one in attempts)
