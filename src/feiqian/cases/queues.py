"""Cases as supporters work on them. Every look at one is in the audit log first; every line is there by the cases."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.backoffice.members import require
from feiqian.backoffice.model import StaffMember, StaffRole
from feiqian.backoffice.staff_queues import StaffQueue
from feiqian.cases.model import Case
from feiqian.customers.errors import CustomerNotFound
from feiqian.customers.registry import Customer
from feiqian.runtime.paging import FIRST, Ask, Page
from feiqian.runtime.transactions import writes
from feiqian.services import Services
from feiqian.subjects import customer

MANY = 50


class CaseOf(NamedTuple):
    """A case and whose it is; None: the customer is gone."""

    case: Case
    customer: Customer | None


class CaseQueue(StaffQueue):
    """For supporters; everyone else is refused (NotAllowed)."""

    name = "cases"
    icon = "bell"
    roles = frozenset({StaffRole.SUPPORTER})
    order = 30
    looks = frozenset({"case_looked_at"})

    def __init__(self, services: Services) -> None:
        self.transactions, self._clock = services.transactions, services.clock
        self._audit_log, self._cases, self._customers = services.audit_log, services.cases, services.customers

    @writes
    def waiting(self, connection: Connection, by: StaffMember, ask: Ask = FIRST) -> Page[CaseOf]:
        """A page of the open cases, the oldest first."""
        require(by, StaffRole.SUPPORTER)
        page = self._cases.waiting(connection, ask, MANY)
        shown = {"shown": tuple(case.id for case in page.items)}
        self._audit_log.append(connection, by.subject, "cases_listed", "cases", shown, self._clock.now())
        return page.of([CaseOf(case, self._customers.by_number(connection, case.customer)) for case in page.items])

    @writes
    def open(self, connection: Connection, by: StaffMember, id: str) -> CaseOf:
        """One case. Raises CaseNotFound."""
        require(by, StaffRole.SUPPORTER)
        case = self._cases.get(connection, id)
        about = str(customer(case.customer))
        self._audit_log.append(connection, by.subject, "case_looked_at", about, {"case": id}, self._clock.now())
        return CaseOf(case, self._customers.by_number(connection, case.customer))

    @writes
    def begin(self, connection: Connection, by: StaffMember, id: str, kind: str, text: str) -> Case:
        """A new case of the customer of this public id. Raises CustomerNotFound, CaseInvalid."""
        require(by, StaffRole.SUPPORTER)
        found = self._customers.by_id(connection, id)
        if found is None:
            raise CustomerNotFound("there is no such customer")
        return self._cases.open(connection, found.number, kind, text, by.subject, self._clock.now())

    @writes
    def note(self, connection: Connection, by: StaffMember, id: str, text: str) -> Case:
        """Raises CaseNotFound, CaseClosed, CaseInvalid."""
        require(by, StaffRole.SUPPORTER)
        return self._cases.note(connection, id, text, by.subject, self._clock.now())

    @writes
    def close(self, connection: Connection, by: StaffMember, id: str, text: str) -> Case:
        """Raises CaseNotFound, CaseClosed, CaseInvalid."""
        require(by, StaffRole.SUPPORTER)
        return self._cases.close(connection, id, text, by.subject, self._clock.now())

    def count_waiting(self, connection: Connection) -> int:
        """How many cases are open."""
        return self._cases.count_waiting(connection)


QUEUES = (CaseQueue,)
