"""What payments tell the world: customers of a payment that waits for them, merchants of what became of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlalchemy import Connection

from feiqian.events import (
    AttemptDecided,
    Ending,
    Fact,
    PaymentCancelled,
    PaymentConfirmed,
    PaymentDecided,
    PaymentExpired,
    PaymentRefused,
    PaymentStatus,
    RefundDecided,
)
from feiqian.ids import MerchantNumber
from feiqian.money import BY_NUMBER, Money, format_plain
from feiqian.outbox.model import Origin, Outbound
from feiqian.payments import waiting
from feiqian.payments.views import first_answer, refund_view
from feiqian.subjects import customer
from feiqian.webhooks.model import MerchantEvent
from feiqian.webhooks.telling import MerchantEvents, merchants_of

if TYPE_CHECKING:
    from feiqian.services import Services

_WAITING = PaymentStatus.WAITING.encode()
_MERCHANT_OF = merchants_of(
    PaymentDecided,
    AttemptDecided,
    RefundDecided,
    PaymentConfirmed,
    PaymentRefused,
    PaymentCancelled,
    PaymentExpired,
)


class WaitingPayments(Outbound):
    """A message for as long as the customer can answer: a closed phone does not ask by itself."""

    name = "waiting_payments"

    def __init__(self, services: Services) -> None:
        self._customers, self._merchants, self._notify = services.customers, services.merchants, services.notify

    def concerns(self, fact: bytes) -> bool:
        return _WAITING in fact

    def tell(self, connection: Connection, fact: Fact, origin: Origin, now: int) -> None:
        waits = isinstance(fact, PaymentDecided) and fact.status is PaymentStatus.WAITING and fact.expires_at > now
        if not isinstance(fact, PaymentDecided) or not waits:
            return
        contacts = self._customers.contacts(connection, customer(fact.customer))
        if contacts is None:
            return
        amount = format_plain(Money(fact.amount, BY_NUMBER[fact.currency]))
        values = {"amount": amount, "payee": self._merchants.name(fact.merchant), "payment": fact.id}
        to, once = self._notify.at_hand(contacts), f"{origin}/{fact.id}"
        self._notify.tell(connection, to, "payment_waiting", values, now, expires_at=fact.expires_at, once=once)


class PaymentEvents(MerchantEvents):
    """Each payment and refund, as the merchant's answer says it.

    The fact that ends a payment which waited does not repeat what it was; so that is kept as long as it may wait.
    """

    name = "payment_events"
    types = (
        "payment.succeeded",
        "payment.declined",
        "payment.waiting",
        "payment.authorised",
        "payment.cancelled",
        "payment.expired",
        "refund.succeeded",
        "refund.declined",
    )

    def __init__(self, services: Services) -> None:
        super().__init__(services.webhooks.telling)

    def concerns(self, fact: bytes) -> bool:
        return _WAITING in fact or super().concerns(fact)

    def merchant_of(self, fact: bytes) -> MerchantNumber | None:
        return _MERCHANT_OF(fact)

    def events_of(self, connection: Connection, fact: Fact) -> Iterable[MerchantEvent]:
        if isinstance(fact, PaymentDecided):
            if fact.status is PaymentStatus.WAITING:
                waiting.keep(connection, fact)
            yield _payment(fact, fact.status, fact.created_at)
        elif isinstance(fact, RefundDecided):
            yield MerchantEvent(f"refund.{fact.status}", fact.merchant, fact.id, refund_view(fact), fact.created_at)
        elif isinstance(fact, Ending):
            yield _ended(waiting.kept(connection, fact.id), fact)


def _ended(payment: PaymentDecided, end: Ending) -> MerchantEvent:
    """What became of a payment that waited."""
    if isinstance(end, PaymentConfirmed):
        return _payment(replace(payment, fee=end.fee), PaymentStatus.SUCCEEDED, end.confirmed_at)
    if isinstance(end, PaymentRefused):
        return _payment(replace(payment, reason=end.reason), PaymentStatus.DECLINED, end.refused_at)
    if isinstance(end, PaymentCancelled):
        return _payment(payment, PaymentStatus.CANCELLED, end.cancelled_at)
    return _payment(payment, PaymentStatus.EXPIRED, end.expired_at)


def _payment(payment: PaymentDecided, status: PaymentStatus, at: int) -> MerchantEvent:
    name = "waiting" if status is PaymentStatus.WAITING else status.value
    shown = first_answer(replace(payment, status=status))
    return MerchantEvent(f"payment.{name}", payment.merchant, payment.id, shown, at)


OUTBOUND = (WaitingPayments, PaymentEvents)
