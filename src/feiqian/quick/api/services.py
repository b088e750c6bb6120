"""The service of each own account: looked at, opened with a challenge, paused, closed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar.params import JSONBody

from feiqian.auth.api.refused import CHALLENGE_NOT_PASSED, FACTOR_NOT_USABLE
from feiqian.auth.api.render import DONE, shown
from feiqian.auth.api.shapes import ChallengeShown, Done, WithChallenge
from feiqian.clock import moment
from feiqian.money import BY_NUMBER
from feiqian.quick.allowed import allowed
from feiqian.quick.model import Pause, Quick, QuickState, Way
from feiqian.services import Services
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, get, grouped, post

_OF_ONE = (problems.NOT_FOUND, problems.CONFLICT)
LastFour = Annotated[str, msgspec.Meta(examples=["4821"])]


class QuickShown(msgspec.Struct, frozen=True):
    """An account, and whether it can be paid from by quick payment. `paused_because`: holder, staff, number_changed or
    reassigned. `by_message`: the largest payment with a code by SMS alone, in minor units; larger ones need more."""

    account: Annotated[str, msgspec.Meta(examples=["acc_01a21ac8d8a073fb8e8d69f236941c11"])]
    last_four: LastFour
    alias: str
    currency: Annotated[str, msgspec.Meta(examples=["CNY"])]
    state: QuickState
    paused_because: Pause | None
    opened_by: Way | None
    opened_at: datetime | None
    changed_at: datetime | None
    by_message: int


class QuickList(msgspec.Struct, frozen=True):
    """Of all accounts, the oldest first."""

    accounts: list[QuickShown]


@get("/v1/me/quick", "listQuick", "Quick payment of each of your accounts, and what it allows", who="customer")
async def list_quick(session: TheSession, services: TheServices) -> QuickList:
    found = await services.quick.all_of(session.subject.customer)
    return QuickList([_shown(services, quick) for quick in found])


@post(
    "/v1/me/quick/{id:str}/challenge",
    "beginOpeningQuick",
    "Begin to prove who you are, to open or resume quick payment of an account",
    who="customer",
    problems=(problems.NOT_FOUND, FACTOR_NOT_USABLE),
)
async def begin_opening_quick(id: Id, session: TheSession, services: TheServices) -> ChallengeShown:
    return shown(await services.own_quick.challenge(session, id))


@post(
    "/v1/me/quick/{id:str}/open",
    "openQuick",
    "Open quick payment of an account, or resume it",
    who="customer",
    problems=(*_OF_ONE, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED),
)
async def open_quick(id: Id, data: JSONBody[WithChallenge], session: TheSession, services: TheServices) -> QuickShown:
    return _shown(services, await services.own_quick.open(session, data.challenge, id))


@post(
    "/v1/me/quick/{id:str}/pause",
    "pauseQuick",
    "Pause quick payment of an account, at once; needs nothing else",
    who="customer",
    problems=_OF_ONE,
)
async def pause_quick(id: Id, session: TheSession, services: TheServices) -> QuickShown:
    return _shown(services, await services.own_quick.pause(session, id))


@post(
    "/v1/me/quick/{id:str}/close",
    "closeQuick",
    "Close quick payment of an account, at once; needs nothing else",
    who="customer",
    problems=_OF_ONE,
)
async def close_quick(id: Id, session: TheSession, services: TheServices) -> QuickShown:
    return _shown(services, await services.own_quick.close(session, id))


class QuickDeviceShown(msgspec.Struct, frozen=True):
    """A browser that remembers an account, so that only the code is asked for, until `ends_at`."""

    id: Annotated[str, msgspec.Meta(examples=["rem_01a21ac8d8a073fb8e8d69f236941c11"])]
    label: Annotated[str, msgspec.Meta(examples=["Firefox · Android"])]
    account: Annotated[str, msgspec.Meta(examples=["acc_01a21ac8d8a073fb8e8d69f236941c11"])]
    last_four: LastFour
    created_at: datetime
    used_at: datetime
    ends_at: datetime


class QuickDeviceList(msgspec.Struct, frozen=True):
    """All of them, the last used first."""

    devices: list[QuickDeviceShown]


@get("/v1/me/quick/devices", "listQuickDevices", "Browsers that remember an account of yours", who="customer")
async def list_quick_devices(session: TheSession, services: TheServices) -> QuickDeviceList:
    return QuickDeviceList(
        [
            QuickDeviceShown(
                one.id,
                one.label,
                one.account.id,
                one.account.last_four,
                *map(moment, (one.created_at, one.used_at, one.ends_at)),
            )
            for one in await services.quick_devices.of(session.subject.customer)
        ]
    )


@post(
    "/v1/me/quick/devices/{id:str}/forget",
    "forgetQuickDevice",
    "Let a browser remember your account no longer",
    who="customer",
    problems=(problems.NOT_FOUND,),
)
async def forget_quick_device(id: Id, session: TheSession, services: TheServices) -> Done:
    if not await services.quick_devices.forget(session, id):
        raise problems.ProblemError(problems.NOT_FOUND, "You have no such device.")
    return DONE


def _shown(services: Services, quick: Quick) -> QuickShown:
    account = quick.account
    return QuickShown(
        account=account.id,
        last_four=account.last_four,
        alias=account.alias,
        currency=BY_NUMBER[account.currency].code,
        state=quick.state,
        paused_because=quick.pause or None,
        opened_by=quick.way,
        opened_at=moment(quick.opened_at) if quick.opened_at else None,
        changed_at=moment(quick.changed_at) if quick.changed_at else None,
        by_message=allowed(services.policy, account.currency).by_message.minor,
    )


OPERATIONS = grouped(
    "Quick payment",
    "Paying from an account with mobile number, last six digits and a code: open it, pause it, close it; and which "
    "browsers remember an account.",
    list_quick,
    begin_opening_quick,
    open_quick,
    pause_quick,
    close_quick,
    list_quick_devices,
    forget_quick_device,
)
