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


class NameNotConfirmed(FeiqianError):
    """The name that was given is not the payee's, or nobody is known by what was given: nothing can be sent."""

    def __init__(self) -> None:
        super().__init__("the payee's name could not be confirmed; nothing can be sent like this")
