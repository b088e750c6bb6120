"""Cases as supporters work on them. Every look at one is in the audit log first; every line is there by the cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.backoffice.members import require
from feiqian.backoffice.model import StaffMember, StaffRole
from feiqian.backoffice.staff_queues import StaffQueue
from feiqian.cases.model import Case
from feiqian.customers.errors import CustomerNotFound
from feiqian.customers.registry import Customer
from feiqian.services import Services
from feiqian.subjects import Subject, customer

MANY = 50
_Act = Callable[[Connection, str, str, Subject, int], Case]


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
        self._db, self._clock, self._work = services.db, services.clock, services.work
        self._audit_log, self._cases, self._customers = services.audit_log, services.cases, services.customers

    async def waiting(self, by: StaffMember) -> list[CaseOf]:
        """Open cases, the oldest first."""
        require(by, StaffRole.SUPPORTER)
        return await self._work.db(self._waiting, by)

    async def open(self, by: StaffMember, id: str) -> CaseOf:
        """One case. Raises CaseNotFound."""
        require(by, StaffRole.SUPPORTER)
        return await self._work.db(self._open, by, id)

    async def begin(self, by: StaffMember, id: str, kind: str, text: str) -> Case:
        """A new case of the customer of this public id. Raises CustomerNotFound, CaseInvalid."""
        require(by, StaffRole.SUPPORTER)
        return await self._work.db(self._begin, by, id, kind, text)

    async def note(self, by: StaffMember, id: str, text: str) -> Case:
        """Raises CaseNotFound, CaseClosed, CaseInvalid."""
        require(by, StaffRole.SUPPORTER)
        return await self._work.db(self._act, self._cases.note, by, id, text)

    async def close(self, by: StaffMember, id: str, text: str) -> Case:
        """Raises CaseNotFound, CaseClosed, CaseInvalid."""
        require(by, StaffRole.SUPPORTER)
        return await self._work.db(self._act, self._cases.close, by, id, text)

    def count_waiting(self, connection: Connection) -> int:
        """How many cases are open."""
        return self._cases.count_waiting(connection)

    def _waiting(self, by: StaffMember) -> list[CaseOf]:
        with self._db.write() as connection:
            cases = self._cases.waiting(connection, MANY)
            shown = {"shown": tuple(case.id for case in cases)}
            self._audit_log.append(connection, by.subject, "cases_listed", "cases", shown, self._clock.now())
        return [CaseOf(case, self._customers.by_number(case.customer)) for case in cases]

    def _open(self, by: StaffMember, id: str) -> CaseOf:
        with self._db.write() as connection:
            case = self._cases.get(connection, id)
            about = str(customer(case.customer))
            self._audit_log.append(connection, by.subject, "case_looked_at", about, {"case": id}, self._clock.now())
        return CaseOf(case, self._customers.by_number(case.customer))

    def _begin(self, by: StaffMember, id: str, kind: str, text: str) -> Case:
        found = self._customers.by_id(id)
        if found is None:
            raise CustomerNotFound("there is no such customer")
        with self._db.write() as connection:
            return self._cases.open(connection, found.number, kind, text, by.subject, self._clock.now())

    def _act(self, act: _Act, by: StaffMember, id: str, text: str) -> Case:
        with self._db.write() as connection:
            return act(connection, id, text, by.subject, self._clock.now())


QUEUES = (CaseQueue,)
