"""A customer's limits under /v1, and which problem each error of theirs is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar.params import JSONBody

from feiqian.auth.api.refused import CHALLENGE_NOT_PASSED, FACTOR_NOT_USABLE
from feiqian.auth.api.render import DONE, shown
from feiqian.auth.api.shapes import ChallengeShown, Done
from feiqian.clock import MICROSECONDS, moment
from feiqian.errors import FeiqianError
from feiqian.ledger.bounds import MAX_AMOUNT
from feiqian.limits.errors import OwnLimitInvalid, OwnLimitRises
from feiqian.limits.own import Limit, Which
from feiqian.money import BY_CODE, BY_NUMBER, MinorUnits
from feiqian.policy.model import NO_BOUND
from feiqian.policy.scopes import Scope, Span
from feiqian.strings.patterns import matching
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import LONGEST_ID, TheServices, TheSession, get, grouped, post
from feiqian.web.v1.problems import CONFLICT, INVALID, FieldError, Kind, ProblemError, Told

PROBLEMS: dict[type[FeiqianError], Kind] = {OwnLimitInvalid: INVALID, OwnLimitRises: CONFLICT}
_FIELDS = {"above_bank": "amount", "unset": "amount"}


def _field(problem: ProblemError, error: OwnLimitInvalid) -> None:
    problem.errors = (FieldError(_FIELDS.get(error.reason, "scope"), error.reason),)


TOLD: dict[type[FeiqianError], Told] = {OwnLimitInvalid: _field}

Currency = Annotated[str, matching("[A-Z]{3}", examples=["CNY"])]
OfScope = Annotated[Literal["all", "code", "quick"], msgspec.Meta(examples=["all"])]
OfSpan = Annotated[Literal["payment", "day", "month", "year"], msgspec.Meta(examples=["day"])]
Cap = Annotated[MinorUnits, msgspec.Meta(ge=0, le=MAX_AMOUNT, examples=[50_000])]


class NamedLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One limit: of all payments or of one method, over what it counts."""

    currency: Currency
    scope: OfScope
    period: OfSpan


class LowerLimit(NamedLimit, frozen=True, kw_only=True):
    """What it is from now on, in minor units."""

    amount: Cap


class HigherLimit(NamedLimit, frozen=True, kw_only=True):
    """What it is to be after the bank's delay, in minor units; null: no limit of your own any more."""

    amount: Cap | None


class RaiseLimit(HigherLimit, frozen=True, kw_only=True):
    """With the challenge that was passed for it."""

    challenge: Annotated[str, msgspec.Meta(max_length=LONGEST_ID, examples=["chl_01a21ac8d8a073fb8e8d69f236941c11"])]


class Waiting(msgspec.Struct, frozen=True):
    """What a limit will be; null: no limit of your own."""

    amount: int | None
    at: datetime


class LimitShown(msgspec.Struct, frozen=True):
    """One limit. Amounts in minor units; null where nothing is set. `amount` is the lowest, `rule` whose that is, `own`
    what you have set. `resets_at`: when it is fresh again."""

    currency: Currency
    scope: OfScope
    period: OfSpan
    rule: str
    amount: int | None
    bank: int | None
    own: int | None
    used: int
    left: int | None
    resets_at: datetime | None
    waiting: Waiting | None


class LimitList(msgspec.Struct, frozen=True):
    """In the currency of each wallet; none before the identity was checked."""

    limits: list[LimitShown]


@get("/v1/me/limits", "listLimits", "What you may pay: used, left, and when it is fresh again", who="customer")
async def list_limits(session: TheSession, services: TheServices) -> LimitList:
    return LimitList([_shown(limit) for limit in await services.own_limits.all_of(session.subject.customer)])


@post(
    "/v1/me/limits/lower",
    "lowerLimit",
    "Lower a limit at once; needs nothing else",
    who="customer",
    problems=(problems.CONFLICT,),
)
async def lower_limit(data: JSONBody[LowerLimit], session: TheSession, services: TheServices) -> Done:
    await services.own_limits.lower(session, _which(data), data.amount)
    return DONE


@post(
    "/v1/me/limits/challenge",
    "beginRaisingLimit",
    "Begin to prove that it is you, to raise a limit",
    who="customer",
    problems=(FACTOR_NOT_USABLE,),
)
async def begin_raising_limit(
    data: JSONBody[HigherLimit], session: TheSession, services: TheServices
) -> ChallengeShown:
    return shown(await services.own_limits.challenge(session, _which(data), data.amount))


@post(
    "/v1/me/limits/raise",
    "raiseLimit",
    "Raise a limit after the bank's delay, with a challenge that was passed for it",
    who="customer",
    problems=(problems.NOT_FOUND, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED),
)
async def raise_limit(data: JSONBody[RaiseLimit], session: TheSession, services: TheServices) -> Waiting:
    at = await services.own_limits.raise_to(session, _which(data), data.amount, data.challenge)
    return Waiting(data.amount, moment(at))


@post("/v1/me/limits/keep", "keepLimit", "Keep a limit that would rise as it is", who="customer")
async def keep_limit(data: JSONBody[NamedLimit], session: TheSession, services: TheServices) -> Done:
    await services.own_limits.keep(session, _which(data))
    return DONE


def _which(data: NamedLimit) -> Which:
    currency = BY_CODE.get(data.currency)
    if currency is None:
        raise ProblemError(INVALID, errors=(FieldError("currency", "is no currency of ISO 4217"),))
    return Which(currency.number, Scope(data.scope), Span(data.period))


def _shown(limit: Limit) -> LimitShown:
    which, state, own = limit
    waits = Waiting(own.next_cap, moment(own.next_at)) if own is not None and own.next_at else None
    return LimitShown(
        currency=BY_NUMBER[which.currency].code,
        scope=which.scope.value,  # type: ignore[arg-type]  # `own.SCOPES` are those of the shape
        period=which.span.value,  # type: ignore[arg-type]
        rule=state.rule.value,
        amount=_bounded(state.cap),
        bank=_bounded(state.bank),
        own=own.cap if own is not None else None,
        used=state.used,
        left=_bounded(state.left) if state.cap < NO_BOUND else None,
        resets_at=moment(state.resets_at * MICROSECONDS) if state.resets_at else None,
        waiting=waits,
    )


def _bounded(cap: int) -> int | None:
    return cap if cap < NO_BOUND else None


OPERATIONS = grouped(
    "Limits",
    "The lowest of the bank's limits and your own counts: lowered at once, raised after a proof and a delay.",
    list_limits,
    lower_limit,
    begin_raising_limit,
    raise_limit,
    keep_limit,
)
