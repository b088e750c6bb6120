"""The numbers by which the ledger knows what is the red packets' own. On disk: given once, never used again."""

from __future__ import annotations

from enum import IntEnum
from hashlib import blake2b

from feiqian.ids import CustomerNumber
from feiqian.ledger.chart import BANK, account_id, allowance_id, claim_id, derived_id
from feiqian.money import NO_CURRENCY, CurrencyNumber


class PacketAccountKind(IntEnum):
    """The bank's own."""

    RED_PACKETS = 10  # one in each currency: what is in packets, and has neither been taken nor returned


class PacketAllowanceKind(IntEnum):
    """What is counted; the first of each packet, the others of each customer, currency 0."""

    PACKET_TOTAL = 230  # what has left a packet: at most what was put in
    PACKETS_MADE_DAY = 231
    PACKETS_TAKEN_DAY = 232


class PacketClaimKind(IntEnum):
    """What happens once."""

    PACKET_CLAIM = 220  # on one packet, by one customer


class PacketTransferKind(IntEnum):
    """Why money moves."""

    PACKET_FILLED = 40  # from its sender into it
    PACKET_TAKEN = 41  # a share, to whoever has taken it
    PACKET_RETURNED = 42  # what was left, to its sender


def bank_account(currency: CurrencyNumber) -> bytes:
    """Where the money of all packets of a currency is."""
    return account_id(PacketAccountKind.RED_PACKETS, currency, BANK)


def total(packet: str) -> bytes:
    """The allowance that all shares of a packet are taken from, and what returns."""
    digest = blake2b(packet.encode(), digest_size=8, person=b"packet-total").digest()
    return allowance_id(PacketAllowanceKind.PACKET_TOTAL, NO_CURRENCY, int.from_bytes(digest, "big"))


def made_day(sender: CustomerNumber) -> bytes:
    """The allowance that counts the packets a customer makes in a day."""
    return allowance_id(PacketAllowanceKind.PACKETS_MADE_DAY, NO_CURRENCY, sender)


def taken_day(taker: CustomerNumber) -> bytes:
    """The allowance that counts the packets a customer takes from in a day."""
    return allowance_id(PacketAllowanceKind.PACKETS_TAKEN_DAY, NO_CURRENCY, taker)


def taken_once(packet: str, taker: CustomerNumber) -> bytes:
    """The claim of a taker on a packet."""
    parts = packet.encode() + taker.to_bytes(8, "big")
    digest = blake2b(parts, digest_size=12, person=b"packet-claim").digest()
    return claim_id(PacketClaimKind.PACKET_CLAIM, int.from_bytes(digest, "big"))


def filled(sender: CustomerNumber, number: str) -> bytes:
    """The transfer into the packet that a sender's number names."""
    return derived_id(b"packet-filled", sender.to_bytes(8, "big"), number.encode())


def taken(packet: str, taker: CustomerNumber) -> bytes:
    """The transfer of a taker's share."""
    return derived_id(b"packet-taken", packet.encode(), taker.to_bytes(8, "big"))


def returned(packet: str, account: bytes, seconds: int) -> bytes:
    """The transfer of what returns, tried at this time. That it happens once, the total of the packet sees to."""
    return derived_id(b"packet-returned", packet.encode(), account, seconds.to_bytes(8, "big"))
