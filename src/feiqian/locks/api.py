"""A customer's money locks under /v1, and which problem each error of theirs is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar.params import JSONBody

from feiqian.auth.api.refused import CHALLENGE_NOT_PASSED, FACTOR_NOT_USABLE
from feiqian.auth.api.render import shown
from feiqian.auth.api.shapes import ChallengeShown, WithChallenge
from feiqian.clock import moment
from feiqian.deposits.api.shapes import Place
from feiqian.deposits.model import WALLET
from feiqian.errors import FeiqianError
from feiqian.locks.errors import LockNotFound, LockRefused, LockStateDiffers
from feiqian.locks.model import MoneyLock
from feiqian.money import BY_CODE, BY_NUMBER
from feiqian.payments.requests import Amount, CurrencyCode, Reference
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, get, grouped, post
from feiqian.web.v1.problems import CONFLICT, INVALID, NOT_FOUND, FieldError, Kind, ProblemError, Told

PROBLEMS: dict[type[FeiqianError], Kind] = {
    LockNotFound: NOT_FOUND,
    LockRefused: INVALID,
    LockStateDiffers: CONFLICT,
}
_FIELDS = {"insufficient": "amount", "stopped": "account", "too_many": "amount"}


def _field(problem: ProblemError, error: LockRefused) -> None:
    problem.errors = (FieldError(_FIELDS.get(error.reason, error.reason), error.reason),)


TOLD: dict[type[FeiqianError], Told] = {LockRefused: _field}

Account = Annotated[Place, msgspec.Meta(examples=[WALLET])]


class NewLock(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is locked. `account`: the id of a deposit account, or `wallet`. `amount` in minor units. The same
    `reference` again is the same lock."""

    account: Account = WALLET
    currency: CurrencyCode
    amount: Amount
    reference: Reference


class LockShown(msgspec.Struct, frozen=True):
    """A lock. `opens_at`: of one that is being opened."""

    id: Annotated[str, msgspec.Meta(examples=["lck_01a21ac8d8a073fb8e8d69f236941c11"])]
    account: Account
    currency: CurrencyCode
    amount: Amount
    state: Literal["locking", "locked", "opening", "releasing", "open"]
    locked_at: datetime
    opens_at: datetime | None
    opened_at: datetime | None


class LockList(msgspec.Struct, frozen=True):
    """All that are not open, and the newest that are."""

    locks: list[LockShown]


_OF_ONE = (problems.NOT_FOUND, problems.CONFLICT)


@get("/v1/me/locks", "listLocks", "What of your money is locked", who="customer")
async def list_locks(session: TheSession, services: TheServices) -> LockList:
    return LockList([_shown(lock) for lock in await services.locks.all_of(session.subject.customer)])


@post("/v1/me/locks", "lockMoney", "Lock an amount at once; needs nothing else", who="customer")
async def lock_money(data: JSONBody[NewLock], session: TheSession, services: TheServices) -> LockShown:
    currency = BY_CODE.get(data.currency)
    if currency is None:
        raise ProblemError(INVALID, errors=(FieldError("currency", "is no currency of ISO 4217"),))
    account = "" if data.account == WALLET else data.account
    lock = services.locks.lock(session, account, currency.number, data.amount, data.reference)
    return _shown(await lock)


@post(
    "/v1/me/locks/{id:str}/challenge",
    "beginOpeningLock",
    "Begin to prove that it is you, to open a lock",
    who="customer",
    problems=(*_OF_ONE, FACTOR_NOT_USABLE),
)
async def begin_opening_lock(id: Id, session: TheSession, services: TheServices) -> ChallengeShown:
    return shown(await services.locks.challenge(session, id))


@post(
    "/v1/me/locks/{id:str}/open",
    "openLock",
    "Let a lock open after the bank's delay, with a challenge that was passed for it",
    who="customer",
    problems=(*_OF_ONE, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED),
)
async def open_lock(id: Id, data: JSONBody[WithChallenge], session: TheSession, services: TheServices) -> LockShown:
    return _shown(await services.locks.open(session, id, data.challenge))


@post("/v1/me/locks/{id:str}/keep", "keepLock", "Keep a lock that would open", who="customer", problems=_OF_ONE)
async def keep_lock(id: Id, session: TheSession, services: TheServices) -> LockShown:
    return _shown(await services.locks.keep(session, id))


def _shown(lock: MoneyLock) -> LockShown:
    return LockShown(
        id=lock.id,
        account=lock.account or WALLET,
        currency=BY_NUMBER[lock.currency].code,
        amount=lock.amount,
        state=lock.state.value,
        locked_at=moment(lock.locked_at),
        opens_at=moment(lock.opens_at) if lock.opens_at else None,
        opened_at=moment(lock.opened_at) if lock.opened_at else None,
    )


OPERATIONS = grouped(
    "Money lock",
    "An amount that nothing can spend: locked at once, opened with strong factors after a delay.",
    list_locks,
    lock_money,
    begin_opening_lock,
    open_lock,
    keep_lock,
)
