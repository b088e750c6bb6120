"""What two of the staff can change of access: a freeze, a lock after wrong answers, a number that was reassigned."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection

from feiqian.backoffice.change_kinds import ChangeKind, Fields, Nothing, Words
from feiqian.backoffice.errors import ChangeInvalid
from feiqian.backoffice.model import Change, StaffRole
from feiqian.services import Services
from feiqian.subjects import Role, Subject

ENDING = 4  # digits of a mobile number that tell staff which one it is


class FreezeValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which freeze is lifted, by its time in Unix microseconds: never one that came after the proposal."""

    frozen_at: int


class Unfreeze(ChangeKind[FreezeValues]):
    """Lifts one freeze."""

    name = "unfreeze"
    values = FreezeValues
    order = 40
    form = "auth/propose_unfreeze.html"

    def __init__(self, services: Services) -> None:
        self._transactions, self._profiles = services.transactions, services.customers.profiles
        self._freezing = services.freezing

    async def possible(self, about: Subject) -> bool:
        return bool(await self._frozen_at(about))

    async def check(self, about: Subject, values: FreezeValues) -> None:
        frozen_at = await self._frozen_at(about)
        if not frozen_at:
            raise ChangeInvalid("not_frozen")
        if frozen_at != values.frozen_at:
            raise ChangeInvalid("frozen_anew")

    async def apply(self, change: Change, values: FreezeValues, by: Subject) -> None:
        number = change.about.customer
        if not await self._frozen_at(change.about):
            return  # it is as it was to be

        def still_that_one(connection: Connection, _: int) -> None:
            now = self._profiles.get(connection, number)
            if now is None or now.frozen_at != values.frozen_at:
                raise ChangeInvalid("frozen_anew")

        await self._freezing.unfreeze(number, by, still_that_one)

    async def choices(self, about: Subject, words: Words) -> Mapping[str, object]:
        return {"frozen_at": await self._frozen_at(about)}

    def read(self, form: Fields) -> dict[str, object]:
        return {"frozen_at": int(form["frozen_at"]) if form["frozen_at"].isdecimal() else 0}

    def text(self, values: FreezeValues, words: Words) -> str:
        return words.texts("staff.change.unfreeze", since=words.when(values.frozen_at))

    async def _frozen_at(self, about: Subject) -> int:
        """When the customer's wallets were frozen; 0: they are not."""
        profile = await self._transactions.read(self._profiles.get, about.customer)
        return profile.frozen_at if profile is not None and profile.frozen else 0


class ReleaseLock(ChangeKind[Nothing]):
    """Ends a lock before its time."""

    name = "release_lock"
    values = Nothing
    proposers = frozenset({StaffRole.SUPPORTER, StaffRole.ADMIN})
    about = frozenset({Role.CUSTOMER, Role.STAFF})
    order = 50

    def __init__(self, services: Services) -> None:
        self._transactions, self._verification = services.transactions, services.verification
        self._notices = services.notices

    async def possible(self, about: Subject) -> bool:
        return await self._transactions.read(self._verification.lock_of, about) is not None

    async def check(self, about: Subject, values: Nothing) -> None:
        if not await self.possible(about):
            raise ChangeInvalid("not_locked")

    async def apply(self, change: Change, values: Nothing, by: Subject) -> None:
        await self._transactions.write(self._verification.unlock, change.about, by)

    def tell(self, connection: Connection, change: Change, values: Nothing, now: int) -> None:
        if change.about.role is Role.CUSTOMER:
            self._notices.changed(connection, change.about.customer, "lock", now)

    def text(self, values: Nothing, words: Words) -> str:
        return words.texts("staff.change.release_lock")


class ReassignedValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last digits of the number: never one that was put on file after the proposal."""

    ending: str


class NumberReassigned(ChangeKind[ReassignedValues]):
    """The telephone company has given the mobile number to somebody else."""

    name = "reassigned"
    values = ReassignedValues
    order = 60
    form = "auth/propose_reassigned.html"

    def __init__(self, services: Services) -> None:
        self._transactions, self._profiles = services.transactions, services.customers.profiles
        self._numbers = services.reassigned_numbers

    async def possible(self, about: Subject) -> bool:
        return bool(await self._ending(about))

    async def check(self, about: Subject, values: ReassignedValues) -> None:
        if not values.ending or values.ending != await self._ending(about):
            raise ChangeInvalid("number_moved")

    async def apply(self, change: Change, values: ReassignedValues, by: Subject) -> None:
        if not await self._ending(change.about):
            return  # it is as it was to be
        if not await self._numbers.mark(change.about.customer, values.ending, by):
            raise ChangeInvalid("number_moved")

    async def choices(self, about: Subject, words: Words) -> Mapping[str, object]:
        return {"ending": await self._ending(about)}

    def read(self, form: Fields) -> dict[str, object]:
        return {"ending": form["ending"]}

    def text(self, values: ReassignedValues, words: Words) -> str:
        return words.texts("staff.change.reassigned", ending=values.ending)

    async def _ending(self, about: Subject) -> str:
        """Of the number on file; "" if there is none."""
        profile = await self._transactions.read(self._profiles.get, about.customer)
        return profile.mobile[-ENDING:] if profile is not None else ""


CHANGES = (Unfreeze, ReleaseLock, NumberReassigned)
