"""What is refused to merchants' people, and to whoever invites them.

MerchantUsersError
  UserInvalid        somebody cannot be invited, or named, as was asked
    AddressTaken     whoever accepts an invitation signs in for another merchant already
  UserNotFound       the merchant has no such person
  LastOwner          a merchant keeps one owner who can sign in
  NotPermitted       the role does not allow it
  MerchantSuspended  the bank has suspended the merchant: it takes no money
  FactorNeeded       without this factor there would be none left to sign in with
"""

from __future__ import annotations

from collections.abc import Iterable

from feiqian.errors import FeiqianError


class MerchantUsersError(FeiqianError):
    """Whatever the package raises."""


class UserInvalid(MerchantUsersError):
    """Says why. `reason` is a word for it: email, role, name, there, many, often, taken."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class AddressTaken(UserInvalid):
    """Told only to whoever reads what is sent to the address."""

    def __init__(self) -> None:
        super().__init__("taken", "this address signs in for another merchant; use another one here")


class UserNotFound(MerchantUsersError):
    """No such person, or one of another merchant's."""

    def __init__(self) -> None:
        super().__init__("the merchant has no such person")


class LastOwner(MerchantUsersError):
    """Make somebody else an owner first."""

    def __init__(self) -> None:
        super().__init__("a merchant keeps at least one owner who can sign in")


class NotPermitted(MerchantUsersError):
    """`roles`: any one of them would do."""

    def __init__(self, permission: str, roles: Iterable[str]) -> None:
        super().__init__(f"the role does not allow {permission}")
        self.roles = tuple(roles)


class MerchantSuspended(MerchantUsersError):
    """What is there can be read, and refunded."""

    def __init__(self) -> None:
        super().__init__("the merchant is suspended and takes no money")


class FactorNeeded(MerchantUsersError):
    """Add another one first."""

    def __init__(self) -> None:
        super().__init__("without this factor there would be none left to sign in with")
