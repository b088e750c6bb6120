"""What can be changed by two: who may propose it, what it takes, whether it makes sense now, and how it is done.

Carrying out is idempotent, because a change that was approved is carried out again after a crash.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, NamedTuple, get_args

import msgspec
from sqlalchemy import Connection

from feiqian.accounts.service import Accounts
from feiqian.auth.challenges.service import Verification
from feiqian.auth.freezing import Freezing
from feiqian.auth.notices import Notices
from feiqian.backoffice.errors import ChangeInvalid, MemberNotFound, StaffError
from feiqian.backoffice.members import Members, roles_of
from feiqian.backoffice.model import Change, ChangeKind, StaffRole
from feiqian.clock import Clock
from feiqian.customers.registry import Customers
from feiqian.db import BankDb
from feiqian.ledger.bounds import MAX_AMOUNT, BoundExceeded
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.onboarding.real_name import RealName
from feiqian.policy.model import Policy
from feiqian.runtime.work import Work
from feiqian.subjects import Role, Subject

CorrectionReason = Literal["charged_twice", "not_delivered", "misposted", "fee", "goodwill", "fraud", "other"]
CORRECTION_REASONS: tuple[str, ...] = get_args(CorrectionReason)


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The kind says all."""


class LevelValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of the policy's levels: the new one, and the one that it was proposed to be changed from."""

    level: str
    before: str


class FreezeValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which freeze is lifted, by its time in Unix microseconds: never one that came after the proposal."""

    frozen_at: int


class AmountValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`amount` in minor units of `currency` (ISO 4217 number)."""

    currency: CurrencyNumber
    amount: MinorUnits


class CorrectionValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`amount` above zero is in the customer's favour; `reason` in one of a few words (texts "staff.correction.")."""

    currency: CurrencyNumber
    amount: MinorUnits
    reason: CorrectionReason = "other"


class RolesValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of `StaffRole`."""

    roles: tuple[str, ...]


Values = Nothing | LevelValues | FreezeValues | AmountValues | CorrectionValues | RolesValues


class Effect(NamedTuple):
    """A balance or limit in minor units, before a change and after it."""

    before: MinorUnits
    after: MinorUnits


class Act(NamedTuple):
    """`proposers`: any one of these roles; `about`: whose accounts it changes."""

    values: type[Values]
    proposers: frozenset[StaffRole]
    about: frozenset[Role]


_SUPPORT, _ADMIN = frozenset({StaffRole.SUPPORTER}), frozenset({StaffRole.ADMIN})
_CUSTOMER, _STAFF = frozenset({Role.CUSTOMER}), frozenset({Role.STAFF})
ACTS = {
    ChangeKind.SET_LEVEL: Act(LevelValues, _SUPPORT | {StaffRole.REVIEWER}, _CUSTOMER),
    ChangeKind.UNFREEZE: Act(FreezeValues, _SUPPORT, _CUSTOMER),
    ChangeKind.ADJUST: Act(CorrectionValues, _SUPPORT, _CUSTOMER),
    ChangeKind.DAY_LIMIT: Act(AmountValues, _SUPPORT, _CUSTOMER),
    ChangeKind.RELEASE_LOCK: Act(Nothing, _SUPPORT | _ADMIN, _CUSTOMER | _STAFF),
    ChangeKind.STAFF_ROLES: Act(RolesValues, _ADMIN, _STAFF),
}


class Acts:
    """Checks and carries out, by the features that own what is changed."""

    def __init__(
        self,
        db: BankDb,
        policy: Policy,
        clock: Clock,
        work: Work,
        customers: Customers,
        accounts: Accounts,
        real_name: RealName,
        freezing: Freezing,
        verification: Verification,
        members: Members,
        notices: Notices,
    ) -> None:
        self._db, self._policy, self._work, self._customers, self._accounts = db, policy, work, customers, accounts
        self._real_name, self._freezing, self._verification = real_name, freezing, verification
        self._members, self._clock, self._notices = members, clock, notices
        self._checks: Mapping[ChangeKind, Callable[[Subject, Any], Awaitable[None]]] = {
            ChangeKind.SET_LEVEL: self._check_level,
            ChangeKind.UNFREEZE: self._check_unfreeze,
            ChangeKind.ADJUST: self._check_adjust,
            ChangeKind.DAY_LIMIT: self._check_day_limit,
            ChangeKind.RELEASE_LOCK: self._check_lock,
            ChangeKind.STAFF_ROLES: self._check_roles,
        }
        self._ways: Mapping[ChangeKind, Callable[[Change, Any, Subject], Awaitable[None]]] = {
            ChangeKind.SET_LEVEL: self._set_level,
            ChangeKind.UNFREEZE: self._unfreeze,
            ChangeKind.ADJUST: self._adjust,
            ChangeKind.DAY_LIMIT: self._day_limit,
            ChangeKind.RELEASE_LOCK: self._release_lock,
            ChangeKind.STAFF_ROLES: self._staff_roles,
        }

    async def check(self, kind: ChangeKind, about: Subject, values: Mapping[str, object]) -> None:
        """Raises ChangeInvalid for what makes no sense now. It may again be otherwise when it is approved."""
        converted = values_of(kind, values)
        if about.role not in ACTS[kind].about:
            raise ChangeInvalid("about")
        if not await self._work.db(self._is_there, about):
            raise ChangeInvalid("about")
        await self._checks[kind](about, converted)

    async def apply(self, change: Change, by: Subject) -> None:
        """Carries it out; `by` approved it. Raises the errors of the features that do it."""
        await self._ways[change.kind](change, values_of(change.kind, change.values), by)

    async def effect(self, kind: ChangeKind, about: Subject, values: Mapping[str, object]) -> Effect | None:
        """What a change of an amount finds and would leave, as things stand now. None of other changes."""
        converted = values_of(kind, values)
        if not isinstance(converted, AmountValues | CorrectionValues):
            return None
        if converted.currency not in self._accounts.wallets(about.customer):
            return None
        if isinstance(converted, AmountValues):
            return Effect(self._accounts.day_limit(about.customer, converted.currency), converted.amount)
        balance = await self._accounts.balance(about.customer, converted.currency)
        return Effect(balance, MinorUnits(balance + converted.amount))

    def tell(self, connection: Connection, change: Change, now: int) -> None:
        """Tells the customer of a change that was carried out, where the feature that did it has not."""
        values = values_of(change.kind, change.values)
        if isinstance(values, CorrectionValues):
            self._notices.corrected(connection, change.about.customer, values.currency, values.amount, change.id, now)
        elif isinstance(values, AmountValues):
            self._notices.changed(connection, change.about.customer, "limit", now)
        elif change.kind is ChangeKind.RELEASE_LOCK and change.about.role is Role.CUSTOMER:
            self._notices.changed(connection, change.about.customer, "lock", now)

    # --- does it make sense --------------------------------------------------------------------------------------

    async def _check_level(self, about: Subject, values: LevelValues) -> None:
        if values.level not in {level.name for level in self._policy.levels}:
            raise ChangeInvalid("level")
        if values.before != self._level(about):
            raise ChangeInvalid("level_moved")
        if values.level == values.before:
            raise ChangeInvalid("level_same")
        await self._check_reviewed(about, values)

    async def _check_reviewed(self, about: Subject, values: LevelValues) -> None:
        """Whose identity staff have to decide is not raised past them."""
        raised = self._policy.level(values.level).index > self._policy.level(values.before).index
        if raised and await self._work.db(self._real_name.is_being_reviewed, about.customer):
            raise ChangeInvalid("review_waits")

    async def _check_unfreeze(self, about: Subject, values: FreezeValues) -> None:
        profile = await self._work.db(self._customers.profile, about.customer)
        if profile is None or not profile.frozen:
            raise ChangeInvalid("not_frozen")
        if profile.frozen_at != values.frozen_at:
            raise ChangeInvalid("frozen_anew")

    async def _check_adjust(self, about: Subject, values: CorrectionValues) -> None:
        if not 0 < abs(values.amount) <= MAX_AMOUNT:
            raise ChangeInvalid("amount")
        self._check_wallet(about, values.currency)
        try:
            self._accounts.check_adjustment(about.customer, values.currency, values.amount)
        except BoundExceeded as error:
            raise ChangeInvalid(error.reason) from None

    async def _check_day_limit(self, about: Subject, values: AmountValues) -> None:
        if not 0 <= values.amount <= MAX_AMOUNT:
            raise ChangeInvalid("amount")
        self._check_wallet(about, values.currency)
        self._check_highest(values)

    def _check_highest(self, values: AmountValues) -> None:
        """Nobody's own limit is above that of the highest level, however many agree."""
        highest = self._policy.levels[-1].limits_in(values.currency)
        if highest is None or values.amount > highest.day:
            raise ChangeInvalid("limit_high")

    def _check_wallet(self, about: Subject, currency: CurrencyNumber) -> None:
        if currency not in self._accounts.wallets(about.customer):
            raise ChangeInvalid("wallet")

    async def _check_lock(self, about: Subject, _: Nothing) -> None:
        if not await self._work.db(self._locked, about):
            raise ChangeInvalid("not_locked")

    async def _check_roles(self, _: Subject, values: RolesValues) -> None:
        try:
            roles_of(values.roles)
        except StaffError:
            raise ChangeInvalid("roles") from None

    def _level(self, about: Subject) -> str:
        return self._policy.levels[self._customers.standing(about.customer)].name

    def _is_there(self, about: Subject) -> bool:
        if about.role is Role.CUSTOMER:
            return self._customers.known(about.customer)
        try:
            with self._db.read() as connection:
                self._members.by_number(connection, about.number)
        except MemberNotFound:
            return False
        return True

    def _locked(self, about: Subject) -> bool:
        with self._db.read() as connection:
            return self._verification.lock_of(connection, about) is not None

    # --- doing it ------------------------------------------------------------------------------------------------

    async def _set_level(self, change: Change, values: LevelValues, by: Subject) -> None:
        if self._level(change.about) not in (values.before, values.level):
            raise ChangeInvalid("level_moved")
        await self._check_reviewed(change.about, values)
        await self._real_name.raise_level(change.about.customer, values.level, by)

    async def _unfreeze(self, change: Change, values: FreezeValues, by: Subject) -> None:
        number = change.about.customer
        profile = await self._work.db(self._customers.profile, number)
        if profile is None or not profile.frozen:
            return  # it is as it was to be

        def still_that_one(connection: Connection, _: int) -> None:
            now = self._customers.profiles.get(connection, number)
            if now is None or now.frozen_at != values.frozen_at:
                raise ChangeInvalid("frozen_anew")

        await self._freezing.unfreeze(number, by, still_that_one)

    async def _adjust(self, change: Change, values: CorrectionValues, _: Subject) -> None:
        try:
            await self._accounts.adjust(change.about.customer, values.currency, values.amount, change.id)
        except BoundExceeded as error:  # as one that an older version let be proposed, or the sum by now
            raise ChangeInvalid(error.reason) from None

    async def _day_limit(self, change: Change, values: AmountValues, _: Subject) -> None:
        self._check_highest(values)
        await self._accounts.set_day_limit(change.about.customer, values.currency, values.amount)

    async def _release_lock(self, change: Change, _: Nothing, by: Subject) -> None:
        await self._work.db(self._unlock, change.about, by)

    async def _staff_roles(self, change: Change, values: RolesValues, by: Subject) -> None:
        await self._work.db(self._roles, change.about.number, values.roles, by)

    def _unlock(self, about: Subject, by: Subject) -> None:
        with self._db.write() as connection:
            self._verification.unlock(connection, about, by)

    def _roles(self, number: int, roles: tuple[str, ...], by: Subject) -> None:
        with self._db.write() as connection:
            self._members.set_roles(connection, number, roles, by, self._clock.now())


def values_of(kind: ChangeKind, values: Mapping[str, object]) -> Values:
    """The values as what the kind takes. Raises ChangeInvalid for any other, and for more."""
    try:
        return msgspec.convert(dict(values), ACTS[kind].values)
    except msgspec.ValidationError:
        raise ChangeInvalid("values") from None
