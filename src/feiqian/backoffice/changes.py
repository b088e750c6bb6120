"""What two of the staff can change of the staff itself: the roles of an account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from feiqian.backoffice.change_kinds import ChangeKind, Words
from feiqian.backoffice.errors import ChangeInvalid, StaffError
from feiqian.backoffice.members import roles_of
from feiqian.backoffice.model import Change, StaffRole
from feiqian.services import Services
from feiqian.subjects import Role, Subject


class RolesValues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of `StaffRole`."""

    roles: tuple[str, ...]


class StaffRoles(ChangeKind[RolesValues]):
    """Other roles for a staff account."""

    name = "staff_roles"
    values = RolesValues
    proposers = frozenset({StaffRole.ADMIN})
    about = frozenset({Role.STAFF})
    confirmed = ("roles",)
    fields: ClassVar[Mapping[str, str]] = {"roles": "roles"}

    def __init__(self, services: Services) -> None:
        self._transactions, self._clock = services.transactions, services.clock
        self._members = services.staff.members

    async def check(self, about: Subject, values: RolesValues) -> None:
        try:
            roles_of(values.roles)
        except StaffError:
            raise ChangeInvalid("roles") from None

    async def apply(self, change: Change, values: RolesValues, by: Subject) -> None:
        number, now = change.about.number, self._clock.now()
        await self._transactions.write(self._members.set_roles, number, values.roles, by, now)

    def text(self, values: RolesValues, words: Words) -> str:
        names = ", ".join(words.texts(f"staff.role.{role}") for role in values.roles)
        return words.texts("staff.change.roles", roles=names)


CHANGES = (StaffRoles,)
