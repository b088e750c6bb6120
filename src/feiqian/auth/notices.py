"""Telling customers on every channel they have, in their language; and the low limits that follow some news."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from feiqian.accounts.opening import correction_reference
from feiqian.clock import HOUR
from feiqian.customers.applications import MOBILE, Application
from feiqian.customers.registry import Customers
from feiqian.db import after_commit
from feiqian.ids import CustomerNumber
from feiqian.inbox.service import Inbox
from feiqian.inbox.wishes import Wishes
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.notify.model import Audience, Channel, Contacts, Message
from feiqian.notify.service import Notify
from feiqian.notify.values import Amount, At, PlainFormatting, Value, formatted
from feiqian.policy.model import Policy
from feiqian.subjects import Role, customer


@dataclass(kw_only=True, eq=False, repr=False)
class Notices:
    """Messages go out with the caller's transaction."""

    customers: Customers
    notify: Notify
    inbox: Inbox
    wishes: Wishes
    policy: Policy
    zone: ZoneInfo  # of times in them

    def tell(
        self,
        connection: Connection,
        number: CustomerNumber,
        kind: str,
        now: int,
        values: Mapping[str, Value] | None = None,
        path: str = "",
    ) -> None:
        """Keeps it in the inbox (`path` as there), and queues the message for every channel that the customer has, as
        they want such messages to be sent. Both in the language that it is read in then."""
        self.inbox.put(connection, number, kind, values or {}, path, now=now)
        not_before = self.wishes.not_before(connection, number, kind, now)
        if not_before is None:
            return
        contacts = self.customers.contacts(connection, customer(number))
        if contacts is not None:
            said = formatted(values or {}, contacts.language, PlainFormatting(contacts.language, self.zone))
            self.notify.tell(connection, contacts, kind, said, now, not_before=not_before)

    def changed(self, connection: Connection, number: CustomerNumber, what: str, now: int) -> None:
        """That something was changed: one of the words of the texts "message.what."."""
        self.tell(connection, number, "changed", now, {"what": what})

    def moved(self, connection: Connection, before: Contacts | None, application: Application, now: int) -> None:
        """That an address was changed: at those of before, and at the new one alone."""
        what = {"what": application.kind}
        self.inbox.put(connection, application.customer, "changed", what, now=now)
        if before is not None:
            self.notify.tell(connection, before, "changed", what, now)
        mobile, email = (application.address, "") if application.kind == MOBILE else ("", application.address)
        new = Contacts(customer(application.customer), mobile, email, (), application.language)
        self.notify.tell(connection, new, "changed", what, now)

    def known(self, connection: Connection, application: Application, audience: Audience, now: int) -> None:
        """Instead of a code, a customer whose number somebody else entered is told so. Raises SendingCapped."""
        if application.subject.role is not Role.NOBODY:
            return
        number = self.customers.profiles.number_of(connection, application.address)
        if number is None:
            return
        message = Message(
            to=customer(number),
            channel=Channel.SMS,
            address=application.address,
            kind="number_known",
            language=self.customers.profiles.need(connection, number).language,
            secret=True,  # counted and capped as the code that it stands for
            audience=audience,
        )
        self.notify.queue(connection, message, now)

    def corrected(
        self,
        connection: Connection,
        number: CustomerNumber,
        currency: CurrencyNumber,
        amount: MinorUnits,
        reference: str,
        now: int,
    ) -> None:
        """A wallet was corrected by `amount` (minor units, above zero in the customer's favour) under `reference`."""
        shown = Amount(MinorUnits(abs(amount)), currency)
        values: dict[str, Value] = {"amount": shown, "reference": correction_reference(reference)}
        self.tell(connection, number, "credited" if amount > 0 else "debited", now, values)

    def signed_in(self, connection: Connection, number: CustomerNumber, device: str, now: int) -> None:
        """On a device that is new to the customer."""
        self.tell(connection, number, "signed_in", now, {"device": device, "at": At(now)})

    def moment(self, language: str, at: int) -> str:
        """Date and time in the words of a language, for a message."""
        return PlainFormatting(language, self.zone).moment(at)

    def cool(self, connection: Connection, number: CustomerNumber, now: int) -> None:
        """Low limits for the policy's time, from the caller's commit on."""
        self.customers.profiles.cool(connection, number, now + self.policy.cooling.hours * HOUR)
        after_commit(connection, partial(self.customers.take_up, number))
