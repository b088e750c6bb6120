"""Checking a payee under /v1, and which problem each error is."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import JSONBody

from feiqian.clock import moment
from feiqian.deposits.aliases import LONGEST as LONGEST_ALIAS
from feiqian.errors import FeiqianError
from feiqian.money import BY_NUMBER
from feiqian.payees.comparing import LONGEST_NAME
from feiqian.payees.errors import (
    CheckNotFound,
    ChecksThrottled,
    PayeeChanged,
    PayeeInvalid,
    PayeeIsSender,
    ReceivingAliasTaken,
    ReceivingAliasTriesUsedUp,
    SenderNotVerified,
)
from feiqian.payees.model import NameCheck, PayeeCheck, Way
from feiqian.strings.patterns import LINE, matching
from feiqian.web.v1.operations import TheServices, TheSession, get, grouped, post
from feiqian.web.v1.problems import (
    CONFLICT,
    INVALID,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    FieldError,
    Kind,
    ProblemError,
    Told,
)

PAYEE_CHANGED = Kind("payee-changed", "The payee has changed since the check; check again", 409)
PROBLEMS: dict[type[FeiqianError], Kind] = {
    PayeeInvalid: INVALID,
    PayeeIsSender: CONFLICT,
    SenderNotVerified: CONFLICT,
    CheckNotFound: NOT_FOUND,
    PayeeChanged: PAYEE_CHANGED,
    ChecksThrottled: TOO_MANY_REQUESTS,
    ReceivingAliasTaken: CONFLICT,
    ReceivingAliasTriesUsedUp: TOO_MANY_REQUESTS,
}


def _field(problem: ProblemError, error: PayeeInvalid) -> None:
    problem.errors = (FieldError(error.field, error.reason),)


def _until(problem: ProblemError, error: ChecksThrottled) -> None:
    problem.until = moment(error.until)


TOLD: dict[type[FeiqianError], Told] = {PayeeInvalid: _field, ChecksThrottled: _until}

_NAME = "The payee's name as you know it; empty for a way that names itself."
_ID = "pck_01a21ac8d8a073fb8e8d69f236941c11"
CheckId = Annotated[str, matching("pck_[0-9a-f]{32}", description="A check of a payee.", examples=[_ID])]


class PayeeNamed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who is meant: `way` says what `payee` is (a mobile number, an account's number)."""

    way: Annotated[str, matching("[a-z_]{1,10}", examples=[Way.MOBILE.value])]
    payee: Annotated[str, matching(LINE, min_length=1, max_length=64, examples=["+8613900002222"])]
    name: Annotated[str, matching(LINE, max_length=LONGEST_NAME, description=_NAME, examples=["王小雨"])] = ""


class PayeeChecked(msgspec.Struct, frozen=True):
    """What came of it. `name`: the payee's, of a close match, or masked, of a way that names itself. `receives` false:
    nothing can be sent to this payee now. `no_match`: the name is not the payee's, or nobody is known by this."""

    id: CheckId
    check: NameCheck
    payee: str  # masked
    name: str
    receives: bool
    currency: str | None  # that has to be sent, if not any


@post(
    "/v1/me/payees/check",
    "checkPayee",
    "Compare a name with that of whom you want to send money",
    who="customer",
    description="Asked before every transfer, which names the check. An unknown number is answered as a known one "
    "whose name does not fit, and both count: so many checks may be made in a day.",
    problems=(CONFLICT,),
)
async def check_payee(data: JSONBody[PayeeNamed], session: TheSession, services: TheServices) -> PayeeChecked:
    return _shown(await services.payees.check(session.subject.customer, data.way, data.payee, data.name))


def _shown(check: PayeeCheck) -> PayeeChecked:
    currency = BY_NUMBER[check.currency].code if check.currency else None
    return PayeeChecked(check.id, check.check, check.shown, check.name, check.receives, currency)


class AliasToReceive(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """4 to 20 letters and digits, of the Latin alphabet or Chinese characters; no number; "" for none."""

    alias: Annotated[str, msgspec.Meta(max_length=LONGEST_ALIAS, examples=["meifromharbin"])]


@get("/v1/me/receiving-alias", "getReceivingAlias", "The name that you are paid by", who="customer")
async def get_receiving_alias(session: TheSession, services: TheServices) -> AliasToReceive:
    return AliasToReceive(await services.receiving_aliases.of(session.subject.customer))


@post(
    "/v1/me/receiving-alias",
    "chooseReceivingAlias",
    "Choose the name that you are paid by",
    who="customer",
    description="No two customers have aliases that look alike, and one that was given up is nobody else's. It may be "
    "tried ten times in 24 hours.",
    problems=(CONFLICT, TOO_MANY_REQUESTS),
)
async def choose_receiving_alias(
    data: JSONBody[AliasToReceive], session: TheSession, services: TheServices
) -> AliasToReceive:
    return AliasToReceive(await services.receiving_aliases.choose(session.subject.customer, data.alias))


OPERATIONS = grouped(
    "Payees",
    "Who is sent money, and whether the name fits; the name that you are paid by.",
    check_payee,
    get_receiving_alias,
    choose_receiving_alias,
)
