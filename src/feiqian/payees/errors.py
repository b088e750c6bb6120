"""What is refused to whoever names a payee. No text tells whether anybody is known by what was given."""

from __future__ import annotations

from feiqian.errors import FeiqianError


class PayeeInvalid(FeiqianError):
    """This can name nobody, by its form alone. `field`: way, payee or name; `reason` a word for it."""

    def __init__(self, field: str, reason: str = "invalid") -> None:
        super().__init__(f"this names no payee: {field} is {reason}")
        self.field, self.reason = field, reason


class PayeeIsSender(FeiqianError):
    """It names the sender."""

    def __init__(self) -> None:
        super().__init__("this is yourself: move money between your own accounts instead")


class CheckNotFound(FeiqianError):
    """There is no such check, it is somebody else's, or it is too old: check the payee again."""

    def __init__(self) -> None:
        super().__init__("there is no such check of a payee, or it is too old; check the payee again")


class PayeeChanged(FeiqianError):
    """What was given names somebody else by now, or the payee's name has changed: check the payee again."""

    def __init__(self) -> None:
        super().__init__("the payee has changed since the check; check the payee again")


class ChecksThrottled(FeiqianError):
    """So many payees were checked in a day, or so many whose name did not fit. `until`: Unix microseconds."""

    def __init__(self, until: int) -> None:
        super().__init__("too many payees were checked today; try again later")
        self.until = until


class SenderNotVerified(FeiqianError):
    """Whoever asks has not shown who they are."""

    def __init__(self) -> None:
        super().__init__("your identity has to be verified first")


class ReceivingAliasTaken(FeiqianError):
    """It is, or was, somebody else's, or looks like one that is."""

    def __init__(self) -> None:
        super().__init__("somebody else has this alias, or one that looks like it")


class ReceivingAliasTriesUsedUp(FeiqianError):
    """An alias was chosen as often as it may be."""

    def __init__(self) -> None:
        super().__init__("an alias was chosen as often as it may be; try again tomorrow, or keep one of before")
