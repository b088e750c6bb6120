"""Browsers that customers asked to be told on: push subscriptions, sealed, one for each device. Works in the caller's
transaction. That a device is signed out is told by whoever keeps sessions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, delete, insert, select

from feiqian.customers.tables import PUSH, pushes
from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.notify.model import Message
from feiqian.notify.push_subscription import PushSubscription
from feiqian.subjects import Role, Subject

MANY = 10  # of one customer; another makes the oldest go
_c = pushes.c


class Kept(NamedTuple):
    """A subscription with its row."""

    id: int
    customer: CustomerNumber
    subscription: PushSubscription


class Pushes:
    """Seals, finds and forgets."""

    def __init__(self, cipher: FieldCipher) -> None:
        self._cipher = cipher

    def put(self, connection: Connection, number: CustomerNumber, subscription: PushSubscription) -> None:
        """The device's only one from now on. A browser is told of the customer alone who asked last."""
        blind, device = self._blind(subscription.endpoint), subscription.device
        connection.execute(delete(pushes).where(_c.address_blind == blind))
        self.forget(connection, number, device=device)
        others = self.of(connection, number)
        self._delete(connection, others[: max(0, len(others) + 1 - MANY)])
        sealed = PUSH.seal(self._cipher, subscription.text(), blind.hex())
        connection.execute(insert(pushes).values(customer=number, address=sealed, address_blind=blind))

    def of(self, connection: Connection, number: CustomerNumber) -> list[Kept]:
        """A customer's, the oldest first."""
        rows = connection.execute(select(pushes).where(_c.customer == number).order_by(_c.id))
        return [self._kept(row) for row in rows]

    def on(self, connection: Connection, number: CustomerNumber, device: str) -> PushSubscription | None:
        """That of a device of the customer's."""
        return next(
            (kept.subscription for kept in self.of(connection, number) if kept.subscription.device == device), None
        )

    def at(self, connection: Connection, endpoint: str) -> Kept | None:
        """Whoever's it is."""
        row = connection.execute(select(pushes).where(_c.address_blind == self._blind(endpoint))).one_or_none()
        return None if row is None else self._kept(row)

    def is_kept(self, connection: Connection, subject: Subject, address: str) -> bool:
        """Whether this subscription's browser is still to be told of this customer's news."""
        return self._same(connection, subject, address) is not None

    def signed_out(self, connection: Connection, subject: Subject, device: str, but: str) -> None:
        """A device is signed out: nothing is pushed to it any more. "" is every device but `but`."""
        if subject.role is Role.CUSTOMER:
            self.forget(connection, subject.customer, device=device, but=but)

    def gone(self, connection: Connection, message: Message) -> None:
        """The push service says that there is no such browser any more. If it is another customer's now, it stays."""
        if kept := self._same(connection, message.to, message.address):
            self._delete(connection, [kept])

    def forget(self, connection: Connection, number: CustomerNumber, *, device: str = "", but: str = "") -> None:
        """The customer's on this device; without one, all but that on the device `but`."""
        found = [(kept, kept.subscription.device) for kept in self.of(connection, number)]
        self._delete(connection, [kept for kept, on in found if (on == device if device else not but or on != but)])

    def _same(self, connection: Connection, subject: Subject, address: str) -> Kept | None:
        if subject.role is not Role.CUSTOMER:
            return None
        return next(
            (kept for kept in self.of(connection, subject.customer) if kept.subscription.text() == address), None
        )

    def _delete(self, connection: Connection, gone: list[Kept]) -> None:
        if gone:
            connection.execute(delete(pushes).where(_c.id.in_([kept.id for kept in gone])))

    def _blind(self, endpoint: str) -> bytes:
        return self._cipher.blind_index(endpoint, "push")

    def _kept(self, row: Any) -> Kept:
        text = PUSH.text(self._cipher, row.address, bytes(row.address_blind).hex())
        return Kept(row.id, CustomerNumber(row.customer), msgspec.json.decode(text, type=PushSubscription))
