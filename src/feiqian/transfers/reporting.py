"""A note that came with money and offends, threatens or deceives: its receiver reports it, and a case begins."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from feiqian.auth.base import AccessService
from feiqian.cases.model import Case, Kind
from feiqian.cases.service import Cases
from feiqian.clock import DAY, moment
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, Money, format_plain
from feiqian.runtime.locks import lock
from feiqian.runtime.transactions import writes
from feiqian.subjects import customer as subject_of
from feiqian.transfers.errors import NoteNotReportable, ReportsUsedUp
from feiqian.transfers.read_model.reads import Shown
from feiqian.transfers.service import PersonTransfers
from feiqian.transfers.tables import reported

REPORTS_A_DAY = 10
_c = reported.c


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
        return await self._report(receiver, shown)

    @writes
    def _report(self, connection: Connection, receiver: CustomerNumber, shown: Shown) -> Case:
        lock(connection, f"reports of customer {receiver}")
        now, id = self.clock.now(), shown.fact.id
        before = connection.execute(select(_c.case_id).where(_c.id == id)).scalar()
        if before is not None:
            return self.cases.get(connection, before)
        count = select(func.count()).where(_c.by == receiver, _c.at > now - DAY)
        if connection.execute(count).scalar_one() >= REPORTS_A_DAY:
            raise ReportsUsedUp
        by = subject_of(receiver)
        case = self.cases.open(connection, receiver, Kind.ABUSE, self._known(connection, shown), by, now)
        connection.execute(insert(reported).values(id=id, by=receiver, case_id=case.id, at=now))
        return case

    def _known(self, connection: Connection, shown: Shown) -> str:
        fact = shown.fact
        sender = self.customers.by_number(connection, fact.sender)
        amount = format_plain(Money(fact.amount, BY_NUMBER[fact.currency]))
        lines = (
            f"transfer {fact.id}",
            f"from {sender.id if sender else ''}",
            f"amount {amount}",
            f"at {moment(fact.created_at).isoformat()}",
            f"note: {fact.note}",
        )
        return "\n".join(lines)
