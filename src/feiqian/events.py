"""Facts: what the business wants to know of a journal row, beside the engine's records.

Each is one MessagePack array, tagged. Money in facts is in minor units, currencies are ISO 4217 numbers, times are Unix
microseconds. Fields are only ever added, at the end and with a default, because journals are kept for years.
"""

from __future__ import annotations

from typing import Literal

import msgspec

PaymentStatus = Literal["succeeded", "declined", "needs_verification", "cancelled", "expired"]


class PaymentDecided(msgspec.Struct, tag="payment", array_like=True, frozen=True):
    """A payment was authorised, declined, or waits for the customer. `status` is the first it had."""

    id: str
    transfer: bytes  # names its chain in the engine; of a waiting payment, its hold
    status: PaymentStatus
    reason: str | None  # why it was declined, a name of `payments.policy.Decline`
    merchant: int
    customer: int
    amount: int
    currency: int
    fee: int
    merchant_order: str
    description: str
    store: str
    terminal: str
    created_at: int
    expires_at: int = 0  # of a waiting payment, else 0


class PaymentCancelled(msgspec.Struct, tag="cancel", array_like=True, frozen=True):
    """A waiting payment was cancelled by the merchant."""

    id: str
    cancelled_at: int


class RefundDecided(msgspec.Struct, tag="refund", array_like=True, frozen=True):
    """Part or all of a payment went back to the customer, or could not."""

    id: str
    transfer: bytes
    payment: str
    status: Literal["succeeded", "declined"]
    reason: str | None
    merchant: int
    customer: int
    amount: int
    currency: int
    merchant_refund: str
    created_at: int


Fact = PaymentDecided | PaymentCancelled | RefundDecided

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Fact)


def encode_fact(fact: Fact) -> bytes:
    return _encoder.encode(fact)


def decode_fact(data: bytes) -> Fact:
    """Raises msgspec.DecodeError for what is no fact of this version."""
    fact: Fact = _decoder.decode(data)
    return fact
