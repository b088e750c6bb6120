"""Services of channels: requested and closed by customers, decided on by staff; the customer is told of each change.

Each act is one transaction with its line of the audit log and its message. Acts of one customer come one after another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from feiqian.auth.base import AccessService
from feiqian.channels.errors import ReasonMissing, ServiceNotFound, ServiceStateDiffers, TooManyRequests
from feiqian.channels.model import OPEN, BankingChannel, Reason, Service, ServiceState
from feiqian.channels.tables import channel_services
from feiqian.clock import DAY
from feiqian.ids import SERVICE, CustomerNumber, new_id
from feiqian.runtime.paging import FIRST, Ask, Order, Page, page_of
from feiqian.runtime.transactions import reads, writes
from feiqian.subjects import Subject
from feiqian.subjects import customer as subject_of

MANY = 50
REQUESTS_A_DAY = 5  # of one service: each is a message, and something for staff to look at
_c = channel_services.c
_COLUMNS = [_c[name] for name in Service._fields]
OLDEST = Order((_c.requested_at, _c.id), newest_first=False)


@dataclass(kw_only=True, eq=False, repr=False)
class ChannelServices(AccessService):
    """Those of all customers of one bank."""

    # --- asking ----------------------------------------------------------------------------------------------------

    @reads
    def of(self, connection: Connection, customer: CustomerNumber) -> dict[BankingChannel, Service]:
        """Those that the customer ever requested."""
        rows = connection.execute(select(*_COLUMNS).where(_c.customer == customer))
        return {row.channel: _service(row) for row in rows}

    def get(self, connection: Connection, id: str) -> Service:
        """The one whose newest request this is. Raises ServiceNotFound."""
        return _one(connection, _c.id == id)

    def waiting(self, connection: Connection, ask: Ask = FIRST, limit: int = MANY) -> Page[Service]:
        """A page of the requests that staff have to decide on, the oldest first."""
        page = page_of(connection, select(*_COLUMNS).where(_c.state == ServiceState.REQUESTED), OLDEST, ask, limit)
        return page.of([_service(row) for row in page.items])

    # --- by customers ----------------------------------------------------------------------------------------------

    @writes
    def request(self, connection: Connection, customer: CustomerNumber, channel: BankingChannel) -> Service:
        """Staff decide on it from now on. Raises ServiceStateDiffers if it is requested or active, TooManyRequests."""
        self.customers.profiles.lock(connection, customer)
        now = self.clock.now()
        row = connection.execute(select(channel_services).where(_is(customer, channel))).first()
        if row is not None and row.state in OPEN:
            raise ServiceStateDiffers(row.state)
        since, requests = (
            (now, 0) if row is None or now >= row.counted_since + DAY else (row.counted_since, row.requests)
        )
        if requests >= REQUESTS_A_DAY:
            raise TooManyRequests("try again tomorrow")
        values: dict[str, Any] = {"id": new_id(SERVICE, now), "state": ServiceState.REQUESTED, "reason": ""}
        values |= {"requested_at": now, "changed_at": now, "counted_since": since, "requests": requests + 1}
        if row is None:
            connection.execute(insert(channel_services).values(customer=customer, channel=channel, **values))
        else:
            connection.execute(update(channel_services).where(_is(customer, channel)).values(**values))
        return self._changed(connection, subject_of(customer), customer, channel)

    @writes
    def close(self, connection: Connection, customer: CustomerNumber, channel: BankingChannel) -> Service:
        """Closes it, or takes the request back. Raises ServiceNotFound, ServiceStateDiffers."""
        self.customers.profiles.lock(connection, customer)
        service = _one(connection, _is(customer, channel))
        if service.state not in OPEN:
            raise ServiceStateDiffers(service.state)
        return self._put(connection, service, ServiceState.CLOSED, None, subject_of(customer))

    # --- by staff --------------------------------------------------------------------------------------------------

    def decide(self, connection: Connection, id: str, reason: Reason | None, by: Subject) -> Service:
        """Active from now on, or refused for a reason. Raises ServiceNotFound, also for a request that was made anew,
        and ServiceStateDiffers."""
        self.customers.profiles.lock(connection, self.get(connection, id).customer)
        service = self.get(connection, id)
        if service.state is not ServiceState.REQUESTED:
            raise ServiceStateDiffers(service.state)
        state = ServiceState.ACTIVE if reason is None else ServiceState.REFUSED
        return self._put(connection, service, state, reason, by)

    def _put(
        self, connection: Connection, service: Service, state: ServiceState, reason: Reason | None, by: Subject
    ) -> Service:
        values = {"state": state, "reason": reason or "", "changed_at": self.clock.now()}
        connection.execute(update(channel_services).where(_is(service.customer, service.channel)).values(**values))
        return self._changed(connection, by, service.customer, service.channel)

    def _changed(
        self, connection: Connection, by: Subject, customer: CustomerNumber, channel: BankingChannel
    ) -> Service:
        """Writes it in the audit log and tells the customer."""
        now, service = self.clock.now(), _one(connection, _is(customer, channel))
        details = {"service": channel.value} | ({"reason": service.reason.value} if service.reason else {})
        action = f"service_{service.state}"
        self.audit_log.append(connection, by, action, str(subject_of(customer)), details, now)
        self.notices.tell(connection, customer, action, now, {"what": f"channel_{channel}"})
        return service


def count_waiting(connection: Connection) -> int:
    """How many requests staff have to decide on."""
    counted = select(func.count()).select_from(channel_services).where(_c.state == ServiceState.REQUESTED)
    return int(connection.execute(counted).scalar_one())


def reason_of(text: str) -> Reason:
    """Raises ReasonMissing for what is none."""
    try:
        return Reason(text)
    except ValueError:
        raise ReasonMissing("choose a reason") from None


def _is(customer: CustomerNumber, channel: BankingChannel) -> ColumnElement[bool]:
    return (_c.customer == customer) & (_c.channel == channel)


def _one(connection: Connection, which: ColumnElement[bool]) -> Service:
    row = connection.execute(select(*_COLUMNS).where(which)).first()
    if row is None:
        raise ServiceNotFound("there is no such request")
    return _service(row)


def _service(row: Any) -> Service:
    return Service(*(row._mapping[column] for column in _COLUMNS))
