"""What red packets refuse."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.packets.model import Why


class PacketNotFound(FeiqianError):
    """There is no such packet, or it is not for this customer."""

    def __init__(self) -> None:
        super().__init__("there is no such packet")


class PacketNumberUsed(FeiqianError):
    """The number was used before, for another packet."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} was used before, for another packet")


class PacketInvalid(FeiqianError):
    """It makes no sense as it was asked, or is beyond what the bank allows: `field` is wrong. `most` is what it may be
    at most, in minor units or shares; 0 where that is not why."""

    def __init__(self, field: str, most: int = 0) -> None:
        super().__init__(f"the packet cannot be as was asked: {field}")
        self.field, self.most = field, most


class ReceiverNotConfirmed(FeiqianError):
    """The name that was given is not the receiver's, or nobody is known by what was given."""

    def __init__(self) -> None:
        super().__init__("the receiver's name could not be confirmed; nothing can be sent like this")


class ReceiverCannotReceive(FeiqianError):
    """The receiver cannot be sent money from others at present; nothing tells why."""

    def __init__(self) -> None:
        super().__init__("this receiver cannot be sent money from others at present")


class PacketNotTaken(FeiqianError):
    """Nothing can be taken from it by this customer: `why`."""

    def __init__(self, why: Why) -> None:
        super().__init__(f"nothing can be taken from this packet: {why}")
        self.why = why
