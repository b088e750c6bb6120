"""What payments tell the world: customers of a payment that waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from feiqian.events import AttemptDecided, Fact, PaymentDecided, PaymentStatus
from feiqian.money import BY_NUMBER, Money, format_plain
from feiqian.outbox.model import Origin, Outbound
from feiqian.subjects import customer

if TYPE_CHECKING:
    from feiqian.services import Services

_WAITING = PaymentStatus.WAITING.encode()


class WaitingPayments(Outbound):
    """A message for as long as the customer can answer: a closed phone does not ask by itself."""

    name = "waiting_payments"
    kinds = (PaymentDecided, AttemptDecided)

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


OUTBOUND = (WaitingPayments,)
