"""What can be done about who asks again and again, or writes what offends: block them, report what they wrote."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from feiqian.auth.base import AccessService
from feiqian.cases.model import Case
from feiqian.ids import CustomerNumber
from feiqian.requests.errors import RequestOver
from feiqian.requests.model import RequestStatus
from feiqian.requests.service import MoneyRequests
from feiqian.requests.tables import blocks, requests
from feiqian.runtime.locks import lock
from feiqian.runtime.transactions import reads, writes
from feiqian.strings.masking import masked_name
from feiqian.transfers.reporting import NoteReports, Written

MOST_BLOCKED = 500
_b, _c = blocks.c, requests.c


@dataclass(frozen=True, slots=True)
class Blocked:
    """An asker who is blocked, by the request over which it was."""

    request: str
    name: str  # masked
    at: int


@dataclass(kw_only=True, eq=False, repr=False)
class Blocking(AccessService):
    """Of one bank. Who is blocked is never told: what they ask for reaches nobody, and ends unanswered."""

    notes: NoteReports
    requests: MoneyRequests

    @writes
    def block(self, connection: Connection, customer: CustomerNumber, id: str) -> None:
        """Whoever has made this request asks this customer no more; what waits of theirs is declined.

        Raises RequestNotFound."""
        found = self.requests.one(connection, _c.id == id, _c.asked == customer)
        lock(connection, f"requests of {found.asker}")  # so that none is made meanwhile
        try:
            with connection.begin_nested():
                row = {"customer": customer, "asker": found.asker, "id": id, "at": self.clock.now()}
                connection.execute(insert(blocks).values(row))
        except IntegrityError:
            return
        self._make_room(connection, customer)
        pair = (_c.asker == found.asker) & (_c.asked == customer) & (_c.status == RequestStatus.OPEN)
        for one in self.requests.all_of(connection, pair):
            if one.status is RequestStatus.OPEN:
                with suppress(RequestOver):  # it was paid in the same moment
                    self.requests.declined(connection, one)

    @writes
    def unblock(self, connection: Connection, customer: CustomerNumber, id: str) -> None:
        """The asker who was blocked over this request may ask again."""
        connection.execute(delete(blocks).where(_b.customer == customer, _b.id == id))

    @reads
    def blocked(self, connection: Connection, customer: CustomerNumber) -> list[Blocked]:
        """The newest first."""
        rows = connection.execute(select(blocks).where(_b.customer == customer).order_by(_b.at.desc())).all()
        known = ((row, self.customers.by_number(connection, row.asker)) for row in rows)
        return [Blocked(row.id, masked_name(asker.name), row.at) for row, asker in known if asker is not None]

    @writes
    def report(self, connection: Connection, customer: CustomerNumber, id: str) -> Case:
        """Opens a case with what is known of the request; of one that was reported before, that case.

        Raises RequestNotFound, ReportsUsedUp."""
        found = self.requests.one(connection, _c.id == id, _c.asked == customer)
        what = found.id, found.asker, found.amount, found.currency, found.asked_at, found.note
        case = self.notes.of.within(connection, customer, Written("request", *what))
        first = (_c.id == id, _c.reported_at == 0)
        connection.execute(update(requests).where(*first).values(case_id=case.id, reported_at=self.clock.now()))
        return case

    # --- how ---------------------------------------------------------------------------------------------------------

    def _make_room(self, connection: Connection, customer: CustomerNumber) -> None:
        mine = select(_b.at).where(_b.customer == customer).order_by(_b.at.desc())
        if (oldest := connection.execute(mine.offset(MOST_BLOCKED).limit(1)).scalar()) is not None:
            connection.execute(delete(blocks).where(_b.customer == customer, _b.at <= oldest))
