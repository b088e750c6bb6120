"""What is asked of red packets, and why it is declined or refused. Amounts in minor units, times in Unix µs."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from feiqian.ids import NO_CUSTOMER, CustomerNumber
from feiqian.ledger.engine import Refusal
from feiqian.limits.model import Refused
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.payees.model import Payee


class Mode(StrEnum):
    """How shares are decided. The values are on the wire and on disk."""

    FIXED = "fixed"  # all the same; what cannot be divided is spread over the first
    RANDOM = "random"


class PacketDecline(StrEnum):
    """Why a packet is not made; besides, `limits.model.Refused`. The values are on the wire and on disk. Nothing tells
    why a receiver receives nothing."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    SOURCE_STOPPED = "source_stopped"  # frozen or closed
    NO_SUCH_SOURCE = "no_such_source"
    RECEIVER_NOT_RECEIVING = "receiver_not_receiving"
    DAILY_LIMIT = "daily_limit"
    TOO_MANY_PACKETS = "too_many_packets"
    NOT_POSSIBLE = "not_possible"


BY_REFUSAL = {
    Refusal.INSUFFICIENT_FUNDS: PacketDecline.INSUFFICIENT_FUNDS,
    Refusal.DEBIT_ACCOUNT_FROZEN: PacketDecline.SOURCE_STOPPED,
    Refusal.DEBIT_ACCOUNT_CLOSED: PacketDecline.SOURCE_STOPPED,
    Refusal.DEBIT_ACCOUNT_NOT_FOUND: PacketDecline.NO_SUCH_SOURCE,
    Refusal.ALLOWANCE_NOT_FOUND: PacketDecline.NO_SUCH_SOURCE,
    Refusal.ALLOWANCE_EXCEEDED: PacketDecline.DAILY_LIMIT,
}
REASONS = frozenset(PacketDecline) | frozenset(Refused)


class Why(StrEnum):
    """Why a share is not taken. The texts `packets.cannot.` say it; the values are on the wire."""

    GONE = "gone"  # all are taken
    ENDED = "ended"
    OWN = "own"  # its sender may not
    NOT_POSSIBLE = "not_possible"  # with this wallet, at present; nothing tells why
    TOO_MANY = "too_many"  # in a day


class Asked(NamedTuple):
    """What a sender asks for. `number` makes it one; `check` is that of the only receiver, "": whoever has the link
    takes a share. `source` is the id of an account of theirs, WALLET, or "": as payments by code are taken."""

    number: str
    amount: MinorUnits
    currency: str  # letters of ISO 4217
    shares: int
    mode: Mode
    check: str = ""
    source: str = ""
    note: str = ""


class Wanted(NamedTuple):
    """The same with all that was looked up, and what was drawn, for the decision."""

    id: str
    asked: Asked
    currency: CurrencyNumber
    source: bytes  # an account of the sender's in the ledger
    payee: Payee | None
    shares: tuple[MinorUnits, ...]
    ends_at: int

    @property
    def receiver(self) -> CustomerNumber:
        return NO_CUSTOMER if self.payee is None else self.payee.customer


class Packet(NamedTuple):
    """A packet as it is kept: what is needed to take from it, and to return the rest. `receiver` NO_CUSTOMER: anybody
    who has its link."""

    id: str
    sender: CustomerNumber
    receiver: CustomerNumber
    currency: CurrencyNumber
    debit: bytes  # the account of the sender's that it was filled from
    shares: tuple[MinorUnits, ...]
    ends_at: int
