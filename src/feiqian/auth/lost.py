"""A phone that is lost or stolen, reported by somebody who is not signed in: freezing by identity details alone.

Whatever is wrong, the answer is the same. A report is written down, and whoever it is, the same is looked up and kept;
what is right is carried out right afterwards by `run`, also after a crash, so that no time tells either. Freezing can
be done by whoever knows the details: so often in a day, told on every channel, and lifted by the owner at once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, func, insert, select, update

from feiqian.auth.base import AccessService
from feiqian.auth.errors import ReportsThrottled
from feiqian.auth.freezing import Freezing
from feiqian.auth.preauth import PreAuthRecords
from feiqian.auth.strangers import Strangers
from feiqian.auth.tables import reports
from feiqian.cases.model import Kind, State
from feiqian.cases.service import Cases
from feiqian.clock import DAY
from feiqian.columns import SUBJECT
from feiqian.field_cipher import FieldCipher
from feiqian.ids import REPORT, CustomerNumber, new_id
from feiqian.kyc import numbers
from feiqian.policy.model import ReportRules
from feiqian.runtime import logs, network
from feiqian.runtime.locks import lock
from feiqian.subjects import Subject, customer
from feiqian.texts import texts_in

RIGHT, WRONG, CAPPED = "right", "wrong", "capped"
AGAIN_SECONDS = 1.0  # after something could not be carried out
_log = logs.get("feiqian.customers")
_c = reports.c


@dataclass(kw_only=True, eq=False, repr=False)
class LostPhones(AccessService):
    """`report` is for anybody; `run` is one per process. `rules`: how many reports are taken and carried out."""

    cipher: FieldCipher
    rules: ReportRules
    cases: Cases
    records: PreAuthRecords
    strangers: Strangers
    freezing: Freezing
    _noted: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def report(self, mobile: str, number: str, name: str) -> None:
        """`number` and `name` are the identity document's. Written down when this returns; see `run`.

        Raises identity's NumberInvalid for what is no mobile number at all, ReportsThrottled.
        """
        mobile = numbers.mobile(mobile)
        await self.transactions.write(self._note, mobile, number, name)
        self._noted.set()

    async def run(self) -> None:
        """Carries out what was reported, those of before a restart first. Ends when cancelled."""
        while True:
            self._noted.clear()
            if await self.carry_out():
                await self._noted.wait()
            else:
                await asyncio.sleep(AGAIN_SECONDS)

    async def carry_out(self) -> bool:
        """Freezes whoever was reported rightly and is not frozen yet. False: not all could be, and should be again."""
        try:
            waiting = await self.transactions.read(self._waiting)
        except Exception as error:
            return _not_carried_out(error)
        done = [await self._carry_out(id, number) for id, number in waiting]
        return all(done)

    async def _carry_out(self, id: str, number: CustomerNumber) -> bool:
        """One report: whatever keeps it from being carried out keeps no other."""
        try:
            await self.freezing.freeze(number, customer(number))
            await self.transactions.write(self._done, id, number)
        except Exception as error:  # whatever it is: a freeze that was promised is tried until it is done
            return _not_carried_out(error)
        return True

    # --- steps ---------------------------------------------------------------------------------------------------

    def _note(self, connection: Connection, mobile: str, number: str, name: str) -> None:
        """Looks up and keeps as much whatever is right."""
        now, client = self.clock.now(), network.client.get()
        owner, blind_index = self.records.owner(connection, mobile), self.cipher.blind_index(client, "reports/network")
        for counted in (blind_index.hex(), str(owner)):
            lock(connection, f"reports of {counted}")
        if _count(connection, _c.network == blind_index, now) >= self.rules.per_network_day:
            raise ReportsThrottled
        right = self.records.are_theirs(connection, owner, number, name)
        more = _right(connection, owner, now) < self.rules.per_person_day
        outcome = (RIGHT if more else CAPPED) if right else WRONG
        id = new_id(REPORT, now)
        values = {"id": id, "network": blind_index, "at": now} | SUBJECT.values(owner)
        done = 0 if outcome == RIGHT else now
        connection.execute(insert(reports).values(values | {"outcome": outcome, "done_at": done}))
        if given_up := self.strangers.reports(connection, client, id):
            connection.execute(delete(reports).where(_c.id.in_(given_up), _c.outcome == WRONG))

    def _waiting(self, connection: Connection) -> list[tuple[str, CustomerNumber]]:
        found = select(_c.id, _c.number).where(_c.done_at == 0).order_by(_c.at)
        return [(row.id, row.number) for row in connection.execute(found)]

    def _done(self, connection: Connection, id: str, number: CustomerNumber) -> None:
        now, subject = self.clock.now(), customer(number)
        mark = update(reports).where(_c.id == id, _c.done_at == 0).values(done_at=now)
        if not connection.execute(mark).rowcount:
            return
        self._open_case(connection, subject, now)
        self._record(connection, subject, "reported_lost", {"report": id})
        left = max(0, self.rules.per_person_day - _right(connection, subject, now))
        self.notices.tell(connection, number, "frozen_by_report", now, {"left": str(left)})

    def _open_case(self, connection: Connection, subject: Subject, now: int) -> None:
        """One for staff, unless one is open; every further report is a line of it."""
        profile = self.customers.profiles.need(connection, subject.customer)
        text = texts_in(profile.language)("customers.case.reported")
        for case in self.cases.of(connection, subject.customer):
            if case.kind is Kind.STOLEN_PHONE and case.state is State.OPEN:
                self.cases.note(connection, case.id, text, subject, now)
                return
        self.cases.open(connection, subject.customer, Kind.STOLEN_PHONE, text, subject, now)


def _not_carried_out(error: Exception) -> bool:
    _log.error("report_not_carried_out", error=type(error).__name__)
    return False


def _right(connection: Connection, subject: Subject, now: int) -> int:
    """How many reports of the day have been, or will be, carried out."""
    of = SUBJECT.are(reports, subject) & (_c.outcome == RIGHT)
    return _count(connection, of, now)


def _count(connection: Connection, which: object, now: int) -> int:
    query = select(func.count()).select_from(reports).where(which, _c.at > now - DAY)  # type: ignore[arg-type]
    return int(connection.execute(query).scalar_one())
