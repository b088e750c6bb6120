"""A mobile number that the telephone company has given to somebody else is the customer's no more, and proves nothing.

Nothing is sent there any longer, no code to it counts, and every session ends, because what opened it may have been a
code to that number. The customer signs in with what needs no message, or comes to a branch, and shows a new number.

Numbers that come from the telephone company are looked up, and nobody is told which are customers'. A number that came
on file on the day of the reassignment or later is its new holder's, so that a report that comes late, or twice, takes
it from nobody.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, delete, select

from feiqian.auth.base import AccessService
from feiqian.auth.errors import DetailsInvalid
from feiqian.auth.sessions.service import Sessions
from feiqian.auth.tables import reassigned
from feiqian.clock import MICROSECONDS, Clock
from feiqian.ids import CustomerNumber
from feiqian.kyc import numbers
from feiqian.kyc.errors import NumberInvalid
from feiqian.runtime import logs
from feiqian.runtime.transactions import writes
from feiqian.subjects import Subject, customer

EVERY_SECONDS = 10.0
BATCH = 500  # imported numbers that one transaction looks up
_c = reassigned.c
_log = logs.get("feiqian.reassigned")


@dataclass(kw_only=True, eq=False, repr=False)
class ReassignedNumbers(AccessService):
    """For staff, who know whose number it is, and for those who know the number alone. `operator` imports."""

    sessions: Sessions
    operator: Subject

    @writes
    def mark(self, connection: Connection, number: CustomerNumber, ending: str, by: Subject) -> bool:
        """Takes the number that ends so off the file; False if another is on file by now. Raises CustomerNotFound."""
        profiles = self.customers.profiles
        profiles.lock(connection, number)
        mobile = profiles.need(connection, number).mobile
        if not mobile or not mobile.endswith(ending):
            return False
        self._remove(connection, number, by)
        return True

    @writes
    def report(self, connection: Connection, mobile: str, day: int, by: Subject) -> None:
        """That a number (E.164) was given to somebody else on this day (yyyymmdd). Again: the same."""
        given = date(day // 10_000, day // 100 % 100, day % 100).isoformat()
        details = {"mobile": numbers.masked(mobile), "day": given}  # whether it is a customer's or not
        self.audit_log.append(connection, by, "number_reported", "customers", details, self.clock.now())
        self._take_in(connection, self.customers.profiles.blind(mobile), day, by)

    async def run(self) -> None:
        """Takes in what is imported, until cancelled."""
        while True:
            try:
                while await self.take_some():
                    pass
            except Exception as error:
                _log.warning("reassigned_numbers_not_taken_in", why=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    @writes
    def take_some(self, connection: Connection) -> int:
        """Takes in imported numbers, the oldest first, up to the first one of a customer; how many.

        One customer in a transaction: the next one's profile would be locked after the audit log.
        """
        taken: list[int] = []
        rows = connection.execute(select(reassigned).order_by(_c.id).limit(BATCH)).all()
        for row in rows:
            taken.append(row.id)
            if self._take_in(connection, row.mobile_blind, row.day, self.operator):
                break
        connection.execute(delete(reassigned).where(_c.id.in_(taken)))
        return len(taken)

    def _take_in(self, connection: Connection, blind: bytes, day: int, by: Subject) -> bool:
        """Whether it was a customer's."""
        profiles = self.customers.profiles
        number = profiles.number_of_blind(connection, blind)
        if number is None:
            return False
        profiles.lock(connection, number)
        if profiles.number_of_blind(connection, blind) != number:
            return False  # it was changed or marked meanwhile
        if self.clock.day(profiles.mobile_since(connection, number) // MICROSECONDS) >= day:
            return False
        self._remove(connection, number, by)
        return True

    def _remove(self, connection: Connection, number: CustomerNumber, by: Subject) -> None:
        self.customers.profiles.remove_mobile(connection, number, by)
        self.sessions.close_all(connection, customer(number), by=by)
        now = self.clock.now()
        self.audit_log.append(connection, by, "number_reassigned", str(customer(number)), {}, now)
        self.notices.tell(connection, number, "number_reassigned", now)


def read_report(mobile: str, day: str, clock: Clock) -> tuple[str, int]:
    """A number in E.164, and the day (yyyymmdd) on which it was given to somebody else (given as yyyy-mm-dd).

    Raises DetailsInvalid for `mobile` or `reassigned_on`.
    """
    try:
        number = numbers.mobile(mobile)
    except NumberInvalid:
        raise DetailsInvalid("mobile", "invalid") from None
    try:
        given = date.fromisoformat(day)
    except ValueError:
        raise DetailsInvalid("reassigned_on", "invalid") from None
    on = given.year * 10_000 + given.month * 100 + given.day
    if on > clock.day(clock.now() // MICROSECONDS):
        raise DetailsInvalid("reassigned_on", "in_the_future")
    return number, on
