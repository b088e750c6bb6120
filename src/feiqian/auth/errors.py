"""What is refused to those who prove who they are, or change what proves it.

No text tells whether a number or a name is known.
"""

from __future__ import annotations

from feiqian.customers.errors import CustomersError


class SignInRefused(CustomersError):
    """The mobile number or login, or what proves it, is not right. Nobody is told which."""

    def __init__(self, asked: str = "the mobile number or the password") -> None:
        super().__init__(f"{asked} is not right")


class SignInLocked(CustomersError):
    """Too many wrong answers for this name, known or not. `until` in Unix microseconds; a passkey still opens."""

    def __init__(self, until: int) -> None:
        super().__init__("too many wrong answers; try again later, or sign in with a passkey")
        self.until = until


class EnrolmentOver(CustomersError):
    """The token of an invitation is unknown, was used, or is out of time. Ask whoever invites for another one."""

    def __init__(self) -> None:
        super().__init__("this invitation is unknown, was used, or is out of time")


class NotConfirmed(CustomersError):
    """The code that was sent has not been entered yet."""


class DetailsInvalid(CustomersError):
    """Something that was entered cannot be right. `field` says what; `reason` is a word for it: missing, invalid,
    too_long, not_ascii, in_the_future, too_young."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


class ReportsThrottled(CustomersError):
    """So many phones were reported as lost from this network today that no more are taken."""

    def __init__(self) -> None:
        super().__init__("too many reports came from your network today; call the bank")


class PreAuthFlowOver(CustomersError):
    """There is no such sign-in or recovery under way. Begin anew."""


class SecretUnchanged(CustomersError):
    """A new password or PIN has to be another than the old one."""


class NotFrozen(CustomersError):
    """The customer's wallets are not frozen."""


class FrozenByBank(CustomersError):
    """The bank has frozen the wallets: only the bank lets money leave again."""
