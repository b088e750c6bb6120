"""What is refused to customers and to those who would be. No text tells whether a number or a name is known."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class CustomersError(FeiqianError):
    """It cannot be done so. Nothing was changed."""


class SignInRefused(CustomersError):
    """The mobile number or the password is not right. Nobody is told which."""

    def __init__(self) -> None:
        super().__init__("the mobile number or the password is not right")


class SignInLocked(CustomersError):
    """Too many wrong answers for this number, known or not. `until` in Unix microseconds; a passkey still opens."""

    def __init__(self, until: int) -> None:
        super().__init__("too many wrong answers; try again later, or sign in with a passkey")
        self.until = until


class ApplicationOver(CustomersError):
    """There is no such application, or it took too long, or it has been finished. Begin anew."""


class NotConfirmed(CustomersError):
    """The code that was sent has not been entered yet."""


class DetailsInvalid(CustomersError):
    """Something that was entered cannot be right. `field` says what; `reason` is a word for it: missing, invalid,
    too_long, not_ascii, in_the_future, too_young."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


class DocumentRefused(CustomersError):
    """Nobody can become a customer with this document. `reasons` are words of the texts "identity.reason."."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(f"the document cannot be taken: {', '.join(reasons)}")
        self.reasons = reasons


class ReportsThrottled(CustomersError):
    """So many phones were reported as lost from this network today that no more are taken."""

    def __init__(self) -> None:
        super().__init__("too many reports came from your network today; call the bank")


class DoorClosed(CustomersError):
    """There is no such sign-in or recovery under way. Begin anew."""


class SecretUnchanged(CustomersError):
    """A new password or PIN has to be another than the old one."""


class CustomerNotFound(CustomersError):
    """There is no such customer, or nothing is kept of them but the name."""


class NotFrozen(CustomersError):
    """The customer's wallets are not frozen."""


class FrozenByBank(CustomersError):
    """The bank has frozen the wallets: only the bank lets money leave again."""


class AlreadyChecked(CustomersError):
    """Who the customer is has been checked already, or is being checked."""


class ChecksUsedUp(CustomersError):
    """As many identity checks as a customer may have in a day; documents are not to be tried out."""


class LevelUnknown(CustomersError):
    """The policy has no level of this name."""
