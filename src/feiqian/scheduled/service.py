"""Sets up scheduled transfers, skips and ends them. What is set up is confirmed once, with all that it is bound to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, insert, select, update

from feiqian.auth.base import AccessService
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView, Passed
from feiqian.auth.challenges.service import Verification
from feiqian.clock import DAY, MICROSECONDS, microseconds
from feiqian.field_cipher import FieldCipher
from feiqian.ids import SCHEDULE, CustomerNumber, new_id
from feiqian.limits.model import LimitQuestion
from feiqian.limits.service import PaymentLimits
from feiqian.money import BY_NUMBER
from feiqian.payees.model import NameCheck, Way
from feiqian.policy.factors import Purpose
from feiqian.runtime.locks import lock
from feiqian.runtime.sweeping import remove_some
from feiqian.runtime.transactions import reads, writes
from feiqian.scheduled import rows
from feiqian.scheduled.days import check_days, following
from feiqian.scheduled.errors import ScheduleInvalid, ScheduleNotFound, ScheduleOver, SchedulesUsedUp
from feiqian.scheduled.model import KIND, MOST, RUN_HOUR, Planned, Rhythm, Schedule, State
from feiqian.scheduled.tables import schedules
from feiqian.subjects import Subject
from feiqian.transfers.caution import Care
from feiqian.transfers.model import METHOD, Asked, Wanted
from feiqian.transfers.service import PersonTransfers, payee_words

SHOWN = 100  # of one customer: those that go on, and the last that are over
_LASTING = (Way.MOBILE, Way.ALIAS, Way.ACCOUNT)  # a receive code names its payee for minutes
_c = schedules.c


@dataclass(kw_only=True, eq=False, repr=False)
class Schedules(AccessService):
    """Of one bank. Another's schedule is as if it were not."""

    cipher: FieldCipher
    verification: Verification
    limits: PaymentLimits
    transfers: PersonTransfers
    zone: ZoneInfo

    # --- setting up --------------------------------------------------------------------------------------------------

    async def begin(self, subject: Subject, planned: Planned, language: str, device: str | None) -> ChallengeView:
        """What the customer has to pass; what is asked for is kept for it.

        Raises ScheduleInvalid, and what `PersonTransfers.begin` raises.
        """
        check_days(planned.rhythm, planned.first, planned.until, self.today())
        wanted = await self.transactions.read(self.transfers.wanted, subject.customer, planned.asked, True)
        care = await self.transfers.care_of(subject.customer, wanted)
        care.check(wanted.amount, wanted.currency)
        if wanted.payee.check is NameCheck.NO_MATCH or wanted.payee.way not in _LASTING:
            raise ScheduleInvalid("check")
        now = self.clock.now() // MICROSECONDS
        asking = LimitQuestion(subject.customer, wanted.currency, wanted.amount, now, METHOD)
        needs = self.limits.needs(asking, Purpose.TRANSFER)
        view = await self.verification.begin(subject, _binding(planned, wanted), language, needs, device=device)
        await self.transactions.write(self._keep, planned, wanted, view.id, subject.customer)
        return view

    async def care(self, customer: CustomerNumber, planned: Planned) -> Care:
        """What is unusual of it now. Raises as `PersonTransfers.care`."""
        return await self.transfers.care(customer, planned.asked)

    async def care_begun(self, customer: CustomerNumber, challenge: str) -> Care:
        """The same, of what is to be confirmed by this challenge: what the customer is told before.

        Raises ScheduleNotFound, CheckNotFound, PersonTransferInvalid.
        """
        return await self.transfers.care_of(customer, await self.transactions.read(self._begun, customer, challenge))

    def _begun(self, connection: Connection, customer: CustomerNumber, challenge: str) -> Wanted:
        planned = self._planned(connection, self._by(connection, customer, _c.challenge == challenge))
        return self.transfers.wanted(connection, customer, planned.asked, False)

    def _keep(
        self,
        connection: Connection,
        planned: Planned,
        wanted: Wanted,
        challenge: str,
        customer: CustomerNumber,
    ) -> None:
        now = self.clock.now()
        id = new_id(SCHEDULE, now)
        of_transfer = {"check_id": wanted.check, "number": wanted.number, "way": wanted.payee.way}
        money = {"amount": wanted.amount, "currency": wanted.currency, "source": planned.asked.source}
        days = {"rhythm": planned.rhythm, "first": planned.first, "until": planned.until, "next_day": None}
        open_ = {"next_at": 0, "tries": 0, "state": State.BEGUN, "why": "", "proved": b""}
        who = {"id": id, "customer": customer, "challenge": challenge, "confirmed_at": 0, "at": now}
        said = {"said": rows.seal(self.cipher, wanted, id), "digest": wanted.payee.digest}
        connection.execute(insert(schedules).values(who | of_transfer | money | days | open_ | said))

    @writes
    def set_up(self, connection: Connection, subject: Subject, challenge: str) -> Schedule:
        """With the challenge that was passed for it; again, it is the same.

        Raises ScheduleNotFound, SchedulesUsedUp, ScheduleInvalid (its first day is over), and what
        `Verification.consume` raises: BindingDiffers where the payee is not as it was confirmed.
        """
        lock(connection, f"schedules of {subject.customer}")
        kept = self._by(connection, subject.customer, _c.challenge == challenge)
        if kept.state is not State.BEGUN:
            return kept
        going = select(func.count()).where(_c.customer == subject.customer, _c.state == State.ACTIVE)
        if connection.execute(going).scalar_one() >= MOST:
            raise SchedulesUsedUp
        planned = self._planned(connection, kept)
        check_days(planned.rhythm, planned.first, planned.until, self.today())
        wanted, now = self.transfers.wanted(connection, subject.customer, planned.asked, False), self.clock.now()
        bound = _binding(planned, wanted)
        passed = self.verification.consume_within(connection, challenge, subject, bound, now)
        proof = {"proved": self.verification.keep(passed, kept.use), "confirmed_at": now}
        first = {"next_day": kept.first, "next_at": self.moment_of(kept.first), "state": State.ACTIVE}
        connection.execute(update(schedules).where(_c.id == kept.id).values(proof | first))
        self._record(connection, subject, "schedule_set_up", {"schedule": kept.id})
        return self._by(connection, subject.customer, _c.id == kept.id)

    # --- by its customer ---------------------------------------------------------------------------------------------

    @reads
    def all_of(self, connection: Connection, customer: CustomerNumber) -> Sequence[Schedule]:
        """Those that go on, and the newest that are over."""
        mine = select(schedules).where(_c.customer == customer, _c.state != State.BEGUN)
        ordered = mine.order_by((_c.state != State.ACTIVE), _c.id.desc()).limit(SHOWN)
        return [rows.to_show(self.cipher, row) for row in connection.execute(ordered).all()]

    @reads
    def get(self, connection: Connection, customer: CustomerNumber, id: str) -> Schedule:
        """Raises ScheduleNotFound."""
        found = self._by(connection, customer, _c.id == id)
        if found.state is State.BEGUN:
            raise ScheduleNotFound
        return found

    @reads
    def begun(self, connection: Connection, customer: CustomerNumber, challenge: str) -> Schedule:
        """What is to be confirmed by this challenge. Raises ScheduleNotFound."""
        return self._by(connection, customer, _c.challenge == challenge)

    @writes
    def skip(self, connection: Connection, subject: Subject, id: str, day: date) -> Schedule:
        """Leaves out the next day, which the customer takes to be this one. Raises ScheduleNotFound, ScheduleOver."""
        found = self._by(connection, subject.customer, _c.id == id)
        if found.state is not State.ACTIVE or found.next_day != day or found.rhythm is Rhythm.ONCE:
            raise ScheduleOver
        if not rows.change(connection, found, **self.after(found, day)):
            raise ScheduleOver
        self._record(connection, subject, "schedule_skipped", {"schedule": id})
        return self._by(connection, subject.customer, _c.id == id)

    @writes
    def end(self, connection: Connection, subject: Subject, id: str) -> Schedule:
        """No more of it is made; again, it changes nothing. Raises ScheduleNotFound."""
        found = self._by(connection, subject.customer, _c.id == id)
        if found.state is State.ACTIVE and rows.change(connection, found, **over(State.ENDED)):
            self._record(connection, subject, "schedule_ended", {"schedule": id})
        return self._by(connection, subject.customer, _c.id == id)

    def proved(self, schedule: Schedule) -> Passed:
        """What the customer has proved for it. Raises SealBroken where the schedule is not as it was confirmed."""
        return self.verification.kept(schedule.proved, schedule.use)

    def sweep(self, connection: Connection, now: int, most: int) -> int:
        """Removes what was never confirmed."""
        return len(remove_some(connection, schedules, (_c.state == State.BEGUN) & (_c.at < now - DAY), most))

    # --- days --------------------------------------------------------------------------------------------------------

    def today(self) -> date:
        """The bank's."""
        return self.day_of(self.clock.now())

    def day_of(self, moment: int) -> date:
        return datetime.fromtimestamp(moment // MICROSECONDS, self.zone).date()

    def moment_of(self, day: date) -> int:
        """When it is tried on this day, in Unix microseconds."""
        return microseconds(datetime.combine(day, time(RUN_HOUR), self.zone))

    def after(self, schedule: Schedule, day: date) -> dict[str, object]:
        """The values of its row once this day is done."""
        following_day = following(schedule.rhythm, schedule.first, schedule.until, day)
        if following_day is None:
            return over(State.ENDED)
        return {"next_day": following_day, "next_at": self.moment_of(following_day), "tries": 0}

    # --- how ---------------------------------------------------------------------------------------------------------

    def _by(self, connection: Connection, customer: CustomerNumber, which: object) -> Schedule:
        row = connection.execute(select(schedules).where(_c.customer == customer, which)).one_or_none()  # type: ignore[arg-type]
        if row is None:
            raise ScheduleNotFound
        return rows.to_show(self.cipher, row)

    def _planned(self, connection: Connection, kept: Schedule) -> Planned:
        """What was asked for."""
        row = connection.execute(select(_c.number, _c.check_id).where(_c.id == kept.id)).one()
        asked = Asked(*row, kept.amount, BY_NUMBER[kept.currency].code, kept.source, kept.note)
        return Planned(asked, kept.rhythm, kept.first, kept.until)


def over(state: State, why: str = "") -> dict[str, object]:
    """The values of a row that is done with."""
    return {"state": state, "why": why, "next_day": None, "next_at": 0, "tries": 0}


def _binding(planned: Planned, wanted: Wanted) -> ChallengeBinding:
    """What is confirmed: the payee as of now, every day of it, the amount of each."""
    until = planned.until.isoformat() if planned.until else ""
    days = f"{planned.rhythm} {planned.first.isoformat()}" + (f" – {until}" if until else "")
    return ChallengeBinding(
        purpose=Purpose.TRANSFER,
        kind=KIND,
        amount=wanted.amount,
        currency=wanted.currency,
        payee=payee_words(wanted.payee),
        reference=days,
        ids="\n".join((wanted.number, wanted.check, planned.asked.source, wanted.payee.digest, wanted.note)),
    )
