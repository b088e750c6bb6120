"""A note that offends, threatens or deceives, with money or a request for it: its reader reports it, a case begins.

The one way for the notes of all features: the caller has made sure that the note came to who reports it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select

from feiqian.auth.base import AccessService
from feiqian.cases.model import Case, Kind
from feiqian.cases.service import Cases
from feiqian.clock import DAY, moment
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, CurrencyNumber, MinorUnits, Money, format_plain
from feiqian.runtime.locks import lock
from feiqian.runtime.transactions import writes
from feiqian.subjects import customer as subject_of
from feiqian.transfers.errors import NoteNotReportable, ReportsUsedUp
from feiqian.transfers.service import PersonTransfers
from feiqian.transfers.tables import reported

REPORTS_A_DAY = 10
_c = reported.c


class Written(NamedTuple):
    """A note, and what is known of it. `what` it came with: "transfer", "request", "packet"; `at` in Unix microseconds.
    `shared`: it came to several, and each of them may report it."""

    what: str
    id: str
    writer: CustomerNumber
    amount: MinorUnits
    currency: CurrencyNumber
    at: int
    note: str
    shared: bool = False

    def key(self, reader: CustomerNumber) -> str:
        """What makes a report of it one."""
        if not self.shared:
            return self.id
        return hashlib.blake2b(f"{self.id}/{reader}".encode(), digest_size=16).hexdigest()


@dataclass(kw_only=True, eq=False, repr=False)
class NoteReports(AccessService):
    """Of one bank."""

    cases: Cases
    transfers: PersonTransfers

    async def report(self, receiver: CustomerNumber, id: str) -> Case:
        """Opens a case with what is known of the note; of one that was reported before, that case.

        Raises PersonTransferNotFound, NoteNotReportable, ReportsUsedUp.
        """
        shown = await self.transfers.get(receiver, id)
        if shown.receiver != receiver or not shown.fact.note:
            raise NoteNotReportable
        fact = shown.fact
        what = fact.id, fact.sender, fact.amount, fact.currency, fact.created_at, fact.note
        return await self.of(receiver, Written("transfer", *what))

    @writes
    def of(self, connection: Connection, reader: CustomerNumber, written: Written) -> Case:
        """The same, of whatever came to this reader. Raises ReportsUsedUp."""
        lock(connection, f"reports of customer {reader}")
        now, id = self.clock.now(), written.key(reader)
        before = connection.execute(select(_c.case_id).where(_c.id == id, _c.by == reader)).scalar()
        if before is not None:
            return self.cases.get(connection, before)
        count = select(func.count()).where(_c.by == reader, _c.at > now - DAY)
        if connection.execute(count).scalar_one() >= REPORTS_A_DAY:
            raise ReportsUsedUp
        known, by = self._known(connection, written), subject_of(reader)
        case = self.cases.open(connection, reader, Kind.ABUSE, known, by, now)
        connection.execute(insert(reported).values(id=id, by=reader, case_id=case.id, at=now))
        return case

    def _known(self, connection: Connection, written: Written) -> str:
        writer = self.customers.by_number(connection, written.writer)
        lines = (
            f"{written.what} {written.id}",
            f"from {writer.id if writer else ''}",
            f"amount {format_plain(Money(written.amount, BY_NUMBER[written.currency]))}",
            f"at {moment(written.at).isoformat()}",
            f"note: {written.note}",
        )
        return "\n".join(lines)
