"""What transfers between people refuse."""

from __future__ import annotations

from feiqian.errors import FeiqianError


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
