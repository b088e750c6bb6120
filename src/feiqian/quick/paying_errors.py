"""What is refused to whoever pays by quick payment. No text tells whether a number or an account is known."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class QuickPaymentNotFound(FeiqianError):
    """There is no such quick payment, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("there is no such quick payment")


class QuickPaymentOver(FeiqianError):
    """It was not confirmed in time, and nothing was paid by it. Begin anew."""

    def __init__(self) -> None:
        super().__init__("the quick payment was not confirmed in time, and nothing was paid by it; begin anew")


class NotRemembered(FeiqianError):
    """This browser does not remember the account (any more): number and digits are asked for again."""

    def __init__(self) -> None:
        super().__init__("this browser does not remember the account any more; give the number and the six digits")


class AccountUnclear(FeiqianError):
    """Several accounts end in these digits: the alias, or more digits, say which."""

    def __init__(self) -> None:
        super().__init__("several of your accounts end in these digits: give the alias, or more digits")


class AccountNotOpen(FeiqianError):
    """Of a customer who has proved who they are: no account that is open to quick payment is meant."""

    def __init__(self) -> None:
        super().__init__("none of your accounts that are open to quick payment has this alias or ends in these digits")


class NotPayable(FeiqianError):
    """This cannot be paid so. `reason`: merchant, currency, amount."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"this cannot be paid by quick payment: {reason}")
        self.reason = reason


class AttemptsThrottled(FeiqianError):
    """So many quick payments were begun and not paid, with this number or account or from this network, that no more
    are taken for a time. `until`: Unix microseconds."""

    def __init__(self, until: int) -> None:
        super().__init__("too many quick payments were begun and not paid; try again later")
        self.until = until
