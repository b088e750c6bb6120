"""A merchant's people, what each role may do, and who is signed in. Times: Unix microseconds; no repr has a token."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from feiqian.auth.sessions.model import Session
from feiqian.ids import MerchantNumber
from feiqian.merchant_users.errors import MerchantSuspended, NotPermitted
from feiqian.merchants.registry import Merchant
from feiqian.subjects import Role, Subject


class MerchantRole(StrEnum):
    """What one of a merchant's people is there for; each has one."""

    OWNER = "owner"
    DEVELOPER = "developer"
    OPERATOR = "operator"  # at the counter, and for customers who ask
    VIEWER = "viewer"


class Permission(StrEnum):
    """What a page or an act needs."""

    ORDERS_READ = "orders.read"
    ORDERS_TAKE = "orders.take"  # what brings the merchant money, as a capture does
    ORDERS_REFUND = "orders.refund"
    KEYS_READ = "keys.read"
    KEYS_WRITE = "keys.write"
    WEBHOOKS_READ = "webhooks.read"
    WEBHOOKS_WRITE = "webhooks.write"
    PEOPLE_READ = "people.read"
    PEOPLE_WRITE = "people.write"


P = Permission
PERMISSIONS: dict[MerchantRole, frozenset[Permission]] = {
    MerchantRole.OWNER: frozenset(Permission),
    MerchantRole.DEVELOPER: frozenset(
        {P.ORDERS_READ, P.KEYS_READ, P.KEYS_WRITE, P.WEBHOOKS_READ, P.WEBHOOKS_WRITE, P.PEOPLE_READ}
    ),
    MerchantRole.OPERATOR: frozenset({P.ORDERS_READ, P.ORDERS_TAKE, P.ORDERS_REFUND}),
    MerchantRole.VIEWER: frozenset({P.ORDERS_READ, P.KEYS_READ, P.WEBHOOKS_READ, P.PEOPLE_READ}),
}
PAID_IN = frozenset({Permission.ORDERS_TAKE})  # of a merchant that is suspended nobody may; refunds go on


class UserState(StrEnum):
    INVITED = "invited"  # has not enrolled (again) yet
    ACTIVE = "active"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class MerchantUser:
    """One of a merchant's people. `email` is what they sign in with; `name` is "" before they have enrolled."""

    number: int
    id: str
    merchant: MerchantNumber
    email: str = field(repr=False)
    name: str
    role: MerchantRole
    state: UserState
    language: str
    invited_at: int

    @property
    def subject(self) -> Subject:
        return Subject(Role.USER, self.number)

    @property
    def permissions(self) -> frozenset[Permission]:
        return PERMISSIONS[self.role]


@dataclass(frozen=True, slots=True)
class Member:
    """One of a merchant's people, signed in by this session."""

    user: MerchantUser
    merchant: Merchant
    session: Session

    @property
    def subject(self) -> Subject:
        return self.user.subject

    @property
    def permissions(self) -> frozenset[Permission]:
        return self.user.permissions

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions and (permission not in PAID_IN or self.merchant.accepting)

    def require(self, permission: Permission) -> None:
        """Raises NotPermitted, and MerchantSuspended where only that is why."""
        if permission not in self.permissions:
            raise NotPermitted(permission, roles_with(permission))
        if not self.may(permission):
            raise MerchantSuspended


def roles_with(permission: Permission) -> tuple[str, ...]:
    """Any one of these roles would do."""
    return tuple(role.value for role in MerchantRole if permission in PERMISSIONS[role])
