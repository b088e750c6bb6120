"""What two of the staff can change of the staff itself: the roles of an account."""

from __future__ import annotations

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

    def __init__(self, services: Services) -> None:
        self._db, self._clock, self._work = services.db, services.clock, services.work
        self._members = services.staff.members

    async def check(self, about: Subject, values: RolesValues) -> None:
        try:
            roles_of(values.roles)
        except StaffError:
            raise ChangeInvalid("roles") from None

    async def apply(self, change: Change, values: RolesValues, by: Subject) -> None:
        await self._work.db(self._set, change.about.number, values.roles, by)

    def text(self, values: RolesValues, words: Words) -> str:
        names = ", ".join(words.texts(f"staff.role.{role}") for role in values.roles)
        return words.texts("staff.change.roles", roles=names)

    def _set(self, number: int, roles: tuple[str, ...], by: Subject) -> None:
        with self._db.write() as connection:
            self._members.set_roles(connection, number, roles, by, self._clock.now())


CHANGES = (StaffRoles,)
