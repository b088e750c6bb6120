"""What transfers between people refuse."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.money import Money


class PersonTransferNotFound(FeiqianError):
    """There is no such transfer, or it is none of this customer's."""

    def __init__(self) -> None:
        super().__init__("there is no such transfer")


class PersonTransferNumberUsed(FeiqianError):
    """The number was used before, for another transfer."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} was used before, for another transfer")


class PersonTransferInvalid(FeiqianError):
    """It makes no sense as it was asked: `field` is wrong."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the transfer cannot be as was asked: {field}")
        self.field = field


class NoteNotReportable(FeiqianError):
    """There is no note that came to this customer."""

    def __init__(self) -> None:
        super().__init__("no note came with it to you")


class ReportsUsedUp(FeiqianError):
    """As many notes were reported as may be in a day."""

    def __init__(self) -> None:
        super().__init__("so many notes are reported in a day, and no more; the bank can be called")


class UnusualTooHigh(PersonTransferInvalid):
    """A first payment, or another that is unusual, may be at most so much."""

    def __init__(self, at_most: Money) -> None:
        super().__init__("amount")
        self.at_most = at_most


class TransferOver(FeiqianError):
    """It is not held any more: nothing of it can be cancelled."""

    def __init__(self) -> None:
        super().__init__("it has gone, or has come back, already")


class WaitingUsedUp(FeiqianError):
    """So much money to numbers without a wallet was sent as may be in a day."""

    def __init__(self) -> None:
        super().__init__("no more money to numbers without a wallet can be sent today")
