"""Issuing devices of phones that keep codes of the coming minutes: one for each phone, revoked when it is signed out.

A number is used again by the same customer's next phone, once all codes that were given out of it are over: so a
customer has few, however often they sign in and out. All functions work in the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, insert, select, update

from feiqian.clock import MICROSECONDS, Clock
from feiqian.customers.errors import CustomersError
from feiqian.customers.issuing import IssuingDevices
from feiqian.customers.tables import issuing_phones
from feiqian.db import after_commit
from feiqian.ids import CustomerNumber
from feiqian.runtime.locks import lock
from feiqian.subjects import Role, Subject

MOST = 8  # of one customer at once
_SIGNED_OUT = ""
_c = issuing_phones.c


class TooManyPhones(CustomersError):
    """So many phones of the customer have codes that still hold. In some minutes there is room again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneDevices:
    """Takes, finds and revokes."""

    issuing: IssuingDevices
    clock: Clock

    def of(self, connection: Connection, customer: CustomerNumber, phone: str, until: int) -> int:
        """The phone's number, if codes may be given out of it that hold until then (Unix seconds); else 0."""
        mine = (_c.customer == customer, _c.phone == phone, _c.until >= until)
        return connection.execute(select(_c.number).where(*mine)).scalar() or 0

    def take(self, connection: Connection, customer: CustomerNumber, phone: str, until: int) -> int:
        """As `of`, and makes it so. Raises TooManyPhones, NoDevicesLeft."""
        hold(connection, customer)
        rows = connection.execute(select(issuing_phones).where(_c.customer == customer).order_by(_c.until)).all()
        row = next((row for row in rows if row.phone == phone), None)
        if row is None and rows and rows[0].until < self.clock.now() // MICROSECONDS:
            row = rows[0]
        if row is None and len(rows) >= MOST:
            raise TooManyPhones("too many phones have codes that still hold")
        number = self._add(connection, customer) if row is None else int(row.number)
        self.issuing.set_revoked(connection, number, 0)
        connection.execute(update(issuing_phones).where(_c.number == number).values(phone=phone, until=until))
        after_commit(connection, partial(self.issuing.take_up, customer))
        return number

    def signed_out(self, connection: Connection, subject: Subject, device: str, but: str) -> None:
        """A phone is signed out: its codes are refused from the commit on. "" is every phone but `but`."""
        if subject.role is not Role.CUSTOMER:
            return
        customer = subject.customer
        hold(connection, customer)
        which = _c.phone == device if device else _c.phone.not_in((but, _SIGNED_OUT))
        numbers = connection.execute(select(_c.number).where(_c.customer == customer, which)).scalars().all()
        for number in numbers:
            self.issuing.set_revoked(connection, number, self.clock.now())
            connection.execute(update(issuing_phones).where(_c.number == number).values(phone=_SIGNED_OUT))
        if numbers:
            after_commit(connection, partial(self.issuing.take_up, customer))

    def _add(self, connection: Connection, customer: CustomerNumber) -> int:
        now, owner = self.clock.now(), range(customer, customer + 1)
        (number,) = self.issuing.add_within(connection, owner, now)
        connection.execute(insert(issuing_phones).values(number=number, customer=customer, phone=_SIGNED_OUT, until=0))
        return number


def hold(connection: Connection, customer: CustomerNumber) -> None:
    """One at a time for a customer: whoever looks whether a session lives does so behind it."""
    lock(connection, f"phones of {customer}")
