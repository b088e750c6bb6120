"""Requests for services as supporters decide on them. Every look at one is in the audit log first."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.backoffice.members import require
from feiqian.backoffice.model import StaffMember, StaffRole
from feiqian.backoffice.staff_queues import StaffQueue
from feiqian.channels.model import Reason, Service
from feiqian.channels.service import count_waiting
from feiqian.customers.registry import Customer
from feiqian.runtime.paging import FIRST, Ask, Page
from feiqian.runtime.transactions import writes
from feiqian.services import Services
from feiqian.subjects import customer as subject_of


class ServiceOf(NamedTuple):
    """A service and whose it is; None: the customer is gone."""

    service: Service
    customer: Customer | None


class ServiceRequests(StaffQueue):
    """For supporters; everyone else is refused (NotAllowed)."""

    name = "services"
    icon = "phone"
    roles = frozenset({StaffRole.SUPPORTER})
    order = 35
    looks = frozenset({"services_listed", "service_looked_at"})

    def __init__(self, services: Services) -> None:
        self.transactions, self._clock = services.transactions, services.clock
        self._audit_log, self._customers, self._channels = services.audit_log, services.customers, services.channels

    @writes
    def waiting(self, connection: Connection, by: StaffMember, ask: Ask = FIRST) -> Page[ServiceOf]:
        """A page of the requests, the oldest first."""
        require(by, StaffRole.SUPPORTER)
        page = self._channels.waiting(connection, ask)
        shown = {"shown": tuple(one.id for one in page.items)}
        self._audit_log.append(connection, by.subject, "services_listed", "services", shown, self._clock.now())
        return page.of([ServiceOf(one, self._customers.by_number(connection, one.customer)) for one in page.items])

    @writes
    def open(self, connection: Connection, by: StaffMember, id: str) -> ServiceOf:
        """One. Raises ServiceNotFound."""
        require(by, StaffRole.SUPPORTER)
        service = self._channels.get(connection, id)
        about, details = str(subject_of(service.customer)), {"service": service.channel.value}
        self._audit_log.append(connection, by.subject, "service_looked_at", about, details, self._clock.now())
        return ServiceOf(service, self._customers.by_number(connection, service.customer))

    @writes
    def decide(self, connection: Connection, by: StaffMember, id: str, reason: Reason | None) -> Service:
        """Makes it active, or refuses it for a reason. Raises ServiceNotFound, ServiceStateDiffers."""
        require(by, StaffRole.SUPPORTER)
        return self._channels.decide(connection, id, reason, by.subject)

    def count_waiting(self, connection: Connection) -> int:
        """How many requests wait, of all channels."""
        return count_waiting(connection)


QUEUES = (ServiceRequests,)
