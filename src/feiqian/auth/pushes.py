"""Telling a customer on this phone: switched on and off by whoever is signed in on it, and moved by its browser.

A browser may be told for as long as its device is not signed out; a session that ends by its time does not end it, or
hardly a phone that is closed would ever be reached. What is opened from there asks to sign in.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from feiqian.auth.base import AccessService
from feiqian.auth.errors import DetailsInvalid
from feiqian.auth.model import Session
from feiqian.notify.push_subscription import PushSubscription, SubscriptionInvalid, read_subscription
from feiqian.runtime.transactions import reads, writes
from feiqian.subjects import customer


class Told(NamedTuple):
    """A device that is told. `mark`: of the address, by which its browser knows its own; `here`: the one that asks."""

    device: str
    mark: str
    here: bool


@dataclass(kw_only=True, eq=False, repr=False)
class PushSwitch(AccessService):
    """`private`: push services may be on this machine, for tests."""

    private: bool = False

    @writes
    def switch_on(self, connection: Connection, session: Session, subscription: str) -> None:
        """A browser's push subscription (its JSON) is this device's. Raises DetailsInvalid."""
        if session.device is None:
            raise DetailsInvalid("subscription", "invalid")
        number, device = session.subject.customer, session.device
        self.customers.profiles.lock(connection, number)  # two taps at once
        before = self.customers.profiles.pushes.on(connection, number, device)
        wanted = msgspec.structs.replace(self._read(subscription), device=device)
        self.customers.profiles.pushes.put(connection, number, wanted)
        if before is None:
            self._record(connection, session.subject, "push_on", {"device": device})

    @writes
    def switch_off(self, connection: Connection, session: Session, device: str = "") -> bool:
        """Nothing is pushed to this device, or another of the customer's, any more, not even what is queued.

        Returns whether anything was.
        """
        number, device = session.subject.customer, device or session.device or ""
        self.customers.profiles.lock(connection, number)
        was_on = self.customers.profiles.pushes.on(connection, number, device) is not None
        if was_on:
            self.customers.profiles.pushes.forget(connection, number, device=device)
            self._record(connection, session.subject, "push_off", {"device": device})
        return was_on

    @writes
    def renew(self, connection: Connection, old: str, subscription: str) -> bool:
        """A browser that is told at the address `old` is told by this subscription from now on.

        Only that browser and its push service know the old address: that is the proof, because the session may be over.
        Returns whether there was one; raises DetailsInvalid.
        """
        wanted, kept = self._read(subscription), self.customers.profiles.pushes.at(connection, old)
        if kept is None:
            return False
        device = kept.subscription.device
        self.customers.profiles.lock(connection, kept.customer)
        self.customers.profiles.pushes.put(connection, kept.customer, msgspec.structs.replace(wanted, device=device))
        self._record(connection, customer(kept.customer), "push_renewed", {"device": device})
        return True

    @reads
    def mark(self, connection: Connection, session: Session) -> str:
        """Of the address at which this device is told, for the page to compare with its browser's; "" if it is not."""
        return next((told.mark for told in self.told.within(connection, session) if told.here), "")

    @reads
    def told(self, connection: Connection, session: Session) -> list[Told]:
        """The devices of this customer that are told, the oldest first."""
        kept = self.customers.profiles.pushes.of(connection, session.subject.customer)
        subscriptions = [one.subscription for one in kept if one.subscription.device]
        return [Told(one.device, mark_of(one.endpoint), one.device == session.device) for one in subscriptions]

    def _read(self, subscription: str) -> PushSubscription:
        try:
            return read_subscription(subscription, private=self.private)
        except SubscriptionInvalid:
            raise DetailsInvalid("subscription", "invalid") from None


def mark_of(endpoint: str) -> str:
    """base64url of its SHA-256: the address itself is a secret between the browser and the bank."""
    return urlsafe_b64encode(hashlib.sha256(endpoint.encode()).digest()).rstrip(b"=").decode()
