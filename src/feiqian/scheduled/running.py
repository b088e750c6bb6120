"""Makes what is due: each date of a schedule is one transfer, because its number is made of both.

The payee is asked again each time, and whoever is called otherwise, or is somebody else, gets nothing. After a crash
between transfer and row the same number is asked for again, and tells what became of it at first. A schedule that is
not as it was confirmed is stopped, and the bank is told: nothing makes it right again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, select, update

from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.model import Passed
from feiqian.auth.notices import Notices
from feiqian.backoffice.model import OPERATOR
from feiqian.clock import HOUR, Clock
from feiqian.errors import LedgerError
from feiqian.events import PersonTransferDecided, PersonTransferStatus
from feiqian.field_cipher import SealBroken
from feiqian.ids import CustomerNumber
from feiqian.ledger.engine import CLOSED
from feiqian.notify.values import Amount, Value
from feiqian.payees.model import Payee
from feiqian.payees.service import Payees
from feiqian.policy.model import TransferRules
from feiqian.projections.errors import ReadsBehind
from feiqian.runtime import logs
from feiqian.runtime.alarms import Alarm
from feiqian.runtime.transactions import reads, writes
from feiqian.runtime.work import TooBusy
from feiqian.scheduled import rows
from feiqian.scheduled.days import following
from feiqian.scheduled.model import Schedule, State, Why
from feiqian.scheduled.service import Schedules, over
from feiqian.scheduled.tables import schedules
from feiqian.subjects import customer as subject_of
from feiqian.transfers.errors import PersonTransferInvalid, PersonTransferNumberUsed
from feiqian.transfers.model import Asked, TransferDecline, Wanted

EVERY_SECONDS, AT_ONCE = 10.0, 50
PATH = "/scheduled"
_SHORT = TransferDecline.INSUFFICIENT_FUNDS.value
_c = schedules.c
_log = logs.get("feiqian.scheduled")


class Altered(Exception):
    """A schedule is not as it was confirmed, and will never be."""


@dataclass(kw_only=True, eq=False, repr=False)
class Running:
    """Of one bank; one look at a time."""

    schedules: Schedules
    payees: Payees
    notices: Notices
    rules: TransferRules
    clock: Clock
    audit_log: AuditLog
    altered: Alarm  # rung for each that is stopped because it is not as it was confirmed
    failing: Alarm  # while some are tried again and again

    def __post_init__(self) -> None:
        self.transactions = self.schedules.transactions

    async def run(self) -> None:
        """Makes what is due until cancelled."""
        while True:
            try:
                await self.look()
            except (LedgerError, ReadsBehind, TooBusy) as error:
                _log.warning("schedules_wait", why=type(error).__name__)
            except Exception as error:
                _log.error("schedules_not_run", why=type(error).__name__, exc_info=error)
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> int:
        """Once: all that is due now; how many were looked at. One that fails holds up no other."""
        looked, failed = 0, dict[str, str]()
        while ids := [id for id in await self._due(AT_ONCE + len(failed)) if id not in failed]:
            for id in ids:
                try:
                    await self._one(id)
                except (LedgerError, ReadsBehind, TooBusy):
                    raise
                except Exception as error:
                    failed[id] = type(error).__name__
                    if not self.failing.on:  # else it is the same every ten seconds
                        _log.error("schedule_not_run", schedule=id, why=failed[id], exc_info=error)
            looked += len(ids)
        self.failing.set(bool(failed), schedules=list(failed)[:AT_ONCE])
        return looked

    async def _one(self, id: str) -> None:
        try:
            found = await self._confirmed(id)
        except Altered as error:
            return await self._stop_altered(id, str(error))
        if found is not None:
            await self._make(*found)

    async def _make(self, schedule: Schedule, passed: Passed) -> None:
        if self._too_late(schedule.next_at):
            return await self._leave_out(schedule)
        found = await self._wanted(schedule)
        if isinstance(found, Why):
            return await self._stop(schedule, found)
        try:
            fact = await self.schedules.transfers.make(schedule.customer, found, passed)
        except PersonTransferNumberUsed:
            return await self._go_on(schedule, "schedule_failed")
        await self._made(schedule, fact)

    async def _made(self, schedule: Schedule, fact: PersonTransferDecided) -> None:
        if fact.status is not PersonTransferStatus.DECLINED:
            return await self._go_on(schedule, "")
        if fact.reason == _SHORT and not schedule.tries and self.rules.retry_hours:
            return await self._try_again(schedule)
        await self._go_on(schedule, "schedule_failed")

    # --- rows --------------------------------------------------------------------------------------------------------

    @reads
    def _due(self, connection: Connection, most: int) -> list[str]:
        return rows.due(connection, self.clock.now(), most)

    @reads
    def _confirmed(self, connection: Connection, id: str) -> tuple[Schedule, Passed] | None:
        """One that is due, with what its customer has proved for it; None if it is not. Raises Altered."""
        due = (_c.id == id, _c.state == State.ACTIVE, _c.next_at <= self.clock.now())
        try:
            row = connection.execute(schedules.select().where(*due)).one_or_none()
            if row is None:
                return None
            schedule = rows.of_row(self.schedules.cipher, row)
            passed = self.schedules.proved(schedule)
        except (SealBroken, ValueError, LookupError) as error:  # also a word that is none of its column's
            raise Altered(type(error).__name__) from None
        if schedule.next_day is None:
            raise Altered("next_day")
        return schedule, passed

    @reads
    def _wanted(self, connection: Connection, schedule: Schedule) -> Wanted | Why:
        """What is transferred on this day, with the payee as of now."""
        payee = self.payees.named(connection, schedule.way, schedule.text, schedule.typed)
        if payee.digest != schedule.digest:
            return Why.PAYEE_CHANGED
        asked = Asked("", "", schedule.amount, "", schedule.source)
        try:
            source = self.schedules.transfers.source_of(connection, schedule.customer, asked, schedule.currency)
        except PersonTransferInvalid:
            return Why.SOURCE_GONE
        if schedule.source and self._is_closed(source):
            return Why.SOURCE_GONE
        return self._of_day(schedule, payee, source)

    def _is_closed(self, source: bytes) -> bool:
        held = self.schedules.transfers.ledger.engine.account(source)
        return held is None or bool(held.closed_and_frozen & CLOSED)

    def _of_day(self, schedule: Schedule, payee: Payee, source: bytes) -> Wanted:
        assert schedule.next_day is not None
        number = number_of(schedule.id, schedule.next_day, schedule.tries)
        money = schedule.amount, schedule.currency
        return Wanted(number, payee, *money, source, schedule.note, about=schedule.id)

    @writes
    def _go_on(self, connection: Connection, schedule: Schedule, told: str) -> None:
        """To the next day. What its customer has changed meanwhile stays so."""
        assert schedule.next_day is not None
        after = self.schedules.after(schedule, schedule.next_day)
        if rows.change(connection, schedule, **after) and told:
            self._tell(connection, schedule, told)

    @writes
    def _try_again(self, connection: Connection, schedule: Schedule) -> None:
        later = {"tries": schedule.tries + 1, "next_at": self.clock.now() + self.rules.retry_hours * HOUR}
        if rows.change(connection, schedule, **later):
            self._tell(connection, schedule, "schedule_again")

    @writes
    def _stop(self, connection: Connection, schedule: Schedule, why: Why) -> None:
        if rows.change(connection, schedule, **over(State.STOPPED, why.value)):
            self._tell(connection, schedule, f"schedule_{why.value}")
            self._record(connection, schedule.id, schedule.customer, why)

    async def _stop_altered(self, id: str, what: str) -> None:
        if await self._ended_altered(id):
            _log.error("schedule_altered", schedule=id, what=what)
            self.altered.ring(schedule=id)

    @writes
    def _ended_altered(self, connection: Connection, id: str) -> bool:
        """Whether it was not stopped before. Nothing else of its row is believed."""
        why, active = Why.NOT_AS_CONFIRMED, (_c.id == id, _c.state == State.ACTIVE)
        customer = connection.execute(select(_c.customer).where(*active).with_for_update()).scalar()
        if customer is None:
            return False
        connection.execute(update(schedules).where(*active).values(over(State.STOPPED, why.value)))
        self.notices.tell(connection, customer, f"schedule_{why.value}", self.clock.now(), path=PATH)
        self._record(connection, id, customer, why)
        return True

    def _record(self, connection: Connection, id: str, customer: CustomerNumber, why: Why) -> None:
        details, about = {"schedule": id, "why": why.value}, str(subject_of(customer))
        self.audit_log.append(connection, OPERATOR, "schedule_stopped", about, details, self.clock.now())

    @writes
    def _leave_out(self, connection: Connection, schedule: Schedule) -> None:
        """All days that are too late, told together."""
        day = schedule.next_day
        assert day is not None
        after = self.schedules.after(schedule, day)
        while (coming := following(schedule.rhythm, schedule.first, schedule.until, day)) is not None:
            if not self._too_late(self.schedules.moment_of(coming)):
                break
            after, day = self.schedules.after(schedule, coming), coming
        if rows.change(connection, schedule, **after):
            self._tell(connection, schedule, "schedule_missed")

    def _too_late(self, due_at: int) -> bool:
        """Whether so much later than it was due it is not made any more."""
        return self.schedules.today() > self.schedules.day_of(due_at) + timedelta(days=self.rules.late_days)

    def _tell(self, connection: Connection, schedule: Schedule, kind: str) -> None:
        values: dict[str, Value] = {"amount": Amount(schedule.amount, schedule.currency), "payee": schedule.payee}
        self.notices.tell(connection, schedule.customer, kind, self.clock.now(), values, PATH)


def number_of(schedule: str, day: date, tries: int) -> str:
    """What makes the transfer of a day one; another try of the same day is another, because a declined one stays so."""
    return f"{schedule}/{day:%Y%m%d}" + (f"/{tries + 1}" if tries else "")
