"""Scheduled transfers under /v1, and which problem each error is."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar.params import JSONBody

from feiqian.auth.api.refused import CHALLENGE_NOT_PASSED, FACTOR_NOT_USABLE
from feiqian.auth.api.render import shown as challenge_shown
from feiqian.auth.api.shapes import ChallengeShown
from feiqian.auth.api.shapes import Id as ChallengeId
from feiqian.clock import moment
from feiqian.errors import FeiqianError
from feiqian.money import BY_NUMBER
from feiqian.payees.api import PAYEE_CHANGED
from feiqian.scheduled.errors import ScheduleInvalid, ScheduleNotFound, ScheduleOver, SchedulesUsedUp
from feiqian.scheduled.model import Planned, Rhythm, Schedule, State, Why
from feiqian.transfers.api import CareShown, TransferAsked, care_shown
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, TheVisitor, get, grouped, post
from feiqian.web.v1.problems import CONFLICT, INVALID, NOT_FOUND, FieldError, Kind, ProblemError, Told

SCHEDULE_OVER = Kind("schedule-over", "It has ended, or its next day is another by now", 409)
PROBLEMS: dict[type[FeiqianError], Kind] = {
    ScheduleNotFound: NOT_FOUND,
    ScheduleInvalid: INVALID,
    ScheduleOver: SCHEDULE_OVER,
    SchedulesUsedUp: CONFLICT,
}
PATH = "/v1/me/scheduled-transfers"


def _field(problem: ProblemError, error: ScheduleInvalid) -> None:
    problem.errors = (FieldError(error.field, "invalid"),)


TOLD: dict[type[FeiqianError], Told] = {ScheduleInvalid: _field}
Day = Annotated[date, msgspec.Meta(examples=["2027-01-31"])]


class ScheduleAsked(TransferAsked, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A transfer, and when it is made. `first` from tomorrow on; `until`: the last day on which it may be made."""

    rhythm: Annotated[Rhythm, msgspec.Meta(examples=["monthly"])]
    first: Day
    until: Day | None = None

    def planned(self) -> Planned:
        return Planned(self.asked(), self.rhythm, self.first, self.until)


class ScheduleConfirmed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The challenge that was passed for what was asked."""

    challenge: ChallengeId


class ScheduleSkipped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The day that is left out: `next_day`, as it was shown."""

    day: Day


class ScheduleShown(msgspec.Struct, frozen=True):
    """A scheduled transfer; `next_day` and `next_at` are null once it is over, `why` says why the bank stopped it."""

    id: Annotated[str, msgspec.Meta(examples=["sch_01a21ac8d8a073fb8e8d69f236941c11"])]
    state: State
    why: Why | None
    payee: str
    amount: int
    currency: str
    source: str
    note: str
    rhythm: Rhythm
    first: date
    until: date | None
    next_day: date | None
    next_at: datetime | None


class ScheduleList(msgspec.Struct, frozen=True):
    """Those that go on first."""

    data: list[ScheduleShown]


@post(
    PATH + "/warnings",
    "getScheduleWarnings",
    "What is unusual of scheduling a transfer; to be shown before it is confirmed",
    who="customer",
    description="Each of its days is judged anew: what is unusual then may be held first, and that is told.",
    problems=(problems.NOT_FOUND, PAYEE_CHANGED),
)
async def get_schedule_warnings(data: JSONBody[ScheduleAsked], session: TheSession, services: TheServices) -> CareShown:
    return care_shown(await services.schedules.care(session.subject.customer, data.planned()))


@post(
    PATH + "/challenge",
    "beginSchedule",
    "Begin to schedule a transfer; the challenge's `text` is what is confirmed",
    who="customer",
    problems=(problems.NOT_FOUND, PAYEE_CHANGED, FACTOR_NOT_USABLE),
)
async def begin_schedule(
    data: JSONBody[ScheduleAsked], session: TheSession, visitor: TheVisitor, services: TheServices
) -> ChallengeShown:
    begun = services.schedules.begin(session.subject, data.planned(), visitor.language, session.device)
    return challenge_shown(await begun)


@post(
    PATH,
    "createSchedule",
    "Schedule a transfer, with the challenge that was passed for it",
    who="customer",
    description="Each of its days is one transfer, whose `number` is made of the schedule's id and the day. The payee "
    "is asked again each time: if they are called otherwise by then, the schedule is stopped.",
    problems=(problems.NOT_FOUND, problems.CONFLICT, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED),
)
async def create_schedule(
    data: JSONBody[ScheduleConfirmed], session: TheSession, services: TheServices
) -> ScheduleShown:
    return _shown(await services.schedules.set_up(session.subject, data.challenge))


@get(PATH, "listSchedules", "Scheduled transfers", who="customer")
async def list_schedules(session: TheSession, services: TheServices) -> ScheduleList:
    return ScheduleList([_shown(one) for one in await services.schedules.all_of(session.subject.customer)])


@get(PATH + "/{id:str}", "getSchedule", "A scheduled transfer", who="customer", problems=(problems.NOT_FOUND,))
async def get_schedule(id: Id, session: TheSession, services: TheServices) -> ScheduleShown:
    return _shown(await services.schedules.get(session.subject.customer, id))


@post(
    PATH + "/{id:str}/skip",
    "skipSchedule",
    "Leave out the next day",
    who="customer",
    problems=(problems.NOT_FOUND, SCHEDULE_OVER),
)
async def skip_schedule(
    id: Id, data: JSONBody[ScheduleSkipped], session: TheSession, services: TheServices
) -> ScheduleShown:
    return _shown(await services.schedules.skip(session.subject, id, data.day))


@post(
    PATH + "/{id:str}/end",
    "endSchedule",
    "Make no more of it; again, it changes nothing",
    who="customer",
    problems=(problems.NOT_FOUND,),
)
async def end_schedule(id: Id, session: TheSession, services: TheServices) -> ScheduleShown:
    return _shown(await services.schedules.end(session.subject, id))


def _shown(one: Schedule) -> ScheduleShown:
    return ScheduleShown(
        id=one.id,
        state=one.state,
        why=one.why,
        payee=one.payee,
        amount=one.amount,
        currency=BY_NUMBER[one.currency].code,
        source=one.source,
        note=one.note,
        rhythm=one.rhythm,
        first=one.first,
        until=one.until,
        next_day=one.next_day,
        next_at=moment(one.next_at) if one.next_at else None,
    )


OPERATIONS = grouped(
    "Scheduled transfers",
    "Money that is sent later, or repeatedly.",
    get_schedule_warnings,
    begin_schedule,
    create_schedule,
    list_schedules,
    get_schedule,
    skip_schedule,
    end_schedule,
)
