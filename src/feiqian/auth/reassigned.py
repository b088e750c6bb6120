"""A mobile number that the telephone company has given to somebody else is the customer's no more, and proves nothing.

Nothing is sent there any longer, no code to it counts, and every session ends, because what opened it may have been a
code to that number. The customer signs in with what needs no message, or comes to a branch, and shows a new number.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from feiqian.auth.base import AccessService
from feiqian.auth.sessions.service import Sessions
from feiqian.ids import CustomerNumber
from feiqian.runtime.transactions import writes
from feiqian.subjects import Subject, customer


@dataclass(kw_only=True, eq=False, repr=False)
class ReassignedNumbers(AccessService):
    """For staff."""

    sessions: Sessions

    @writes
    def mark(self, connection: Connection, number: CustomerNumber, ending: str, by: Subject) -> bool:
        """Takes the number that ends so off the file; False if another is on file by now. Raises CustomerNotFound."""
        profiles = self.customers.profiles
        profiles.lock(connection, number)
        mobile = profiles.need(connection, number).mobile
        if not mobile or not mobile.endswith(ending):
            return False
        profiles.remove_mobile(connection, number, by)
        self.sessions.close_all(connection, customer(number), by=by)
        now = self.clock.now()
        self.audit_log.append(connection, by, "number_reassigned", str(customer(number)), {}, now)
        self.notices.tell(connection, number, "number_reassigned", now)
        return True
