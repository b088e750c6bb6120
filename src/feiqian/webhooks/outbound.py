"""What merchants are told of payments and refunds: as the API shows them, from the journal's facts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, get_args

from msgspec.structs import replace
from sqlalchemy import Connection

from feiqian.events import (
    Ending,
    Fact,
    PaymentCancelled,
    PaymentConfirmed,
    PaymentDecided,
    PaymentRefused,
    PaymentStatus,
    RefundDecided,
)
from feiqian.payments.views import first_answer, refund_view
from feiqian.webhooks import facts
from feiqian.webhooks.model import MerchantEvent
from feiqian.webhooks.telling import MerchantEvents

if TYPE_CHECKING:
    from feiqian.services import Services

_WAITING = PaymentStatus.WAITING.encode()
_TOLD = (PaymentDecided, RefundDecided, *get_args(Ending))


class PaymentEvents(MerchantEvents):
    """Each payment and refund, as the merchant's answer says it.

    The fact that ends a payment which waited does not repeat what it was; so that is kept as long as it may wait.
    """

    name = "payment_events"
    kinds = tuple(kind for kind in get_args(Fact) if issubclass(kind, _TOLD))
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

    def events_of(self, connection: Connection, fact: Fact) -> Iterable[MerchantEvent]:
        if isinstance(fact, PaymentDecided):
            if fact.status is PaymentStatus.WAITING:
                facts.keep(connection, fact.id, fact, fact.expires_at, fact.created_at)
            yield _payment(fact, fact.status, fact.created_at)
        elif isinstance(fact, RefundDecided):
            yield MerchantEvent(f"refund.{fact.status}", fact.merchant, fact.id, refund_view(fact), fact.created_at)
        elif isinstance(fact, Ending):
            yield _ended(facts.kept(connection, fact.id, PaymentDecided), fact)


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


OUTBOUND = (PaymentEvents,)
