"""Facts: what the business wants to know of a journal row, beside the engine's records.

Each is one MessagePack array, tagged. Money in facts is in minor units, currencies are ISO 4217 numbers, times are Unix
microseconds. Fields are only ever added, at the end and with a default, because journals are kept for years.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from feiqian.ids import NO_CUSTOMER, NO_MERCHANT, CustomerNumber, MerchantNumber
from feiqian.money import NO_CURRENCY, NOTHING, CurrencyNumber, MinorUnits


class PaymentStatus(StrEnum):
    """What became of a payment. The values are on the wire and on disk."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    WAITING = "needs_verification"  # for its customer
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    AUTHORISED = "authorised"  # the money is held; what is captured of it is a payment of its own
    CAPTURED = "captured"  # of what was authorised: at least once
    VOIDED = "voided"  # and nothing of it was captured
    LAPSED = "lapsed"  # likewise


class RefundStatus(StrEnum):
    """What became of a refund, at once and for good."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"


class TransferStatus(StrEnum):
    """What became of a transfer between a customer's own accounts, at once and for good."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"


class PersonTransferStatus(StrEnum):
    """What became of a transfer to somebody else. The values are on the wire and on disk."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    HELD = "held"  # can be cancelled until its time is over; then the money goes
    WAITING = "waiting"  # for the receiver's registration
    CANCELLED = "cancelled"
    RETURNED = "returned"


class PacketStatus(StrEnum):
    """Whether a red packet was made. The values are on the wire and on disk."""

    OPEN = "open"
    DECLINED = "declined"


class Proof(msgspec.Struct, array_like=True, frozen=True):
    """What a payer had proved when the payment was decided."""

    challenge: str  # that the customer passed
    factors: tuple[str, ...]  # names of `policy.factors.Factor`
    evidence: str  # the id of a kept signature, or empty


class LimitMet(msgspec.Struct, array_like=True, frozen=True):
    """The limit for which a payment was declined, as it was then. `cap` and `left` in minor units, or payments where
    `counts`."""

    scope: str  # a `policy.scopes.Scope`
    span: str  # a `policy.scopes.Span`
    rule: str  # a `limits.model.Rule`: whose it was
    cap: int
    left: int
    resets_at: int  # Unix seconds; 0: no calendar resets it
    counts: bool = False


class PaymentDecided(msgspec.Struct, tag="payment", array_like=True, frozen=True, gc=False):
    """A payment was authorised, declined, or waits for the customer. `status` is the first it had."""

    id: str
    transfer: bytes  # names its chain in the engine; of a waiting payment, its hold
    status: PaymentStatus
    reason: str | None  # why it was declined, a name of `payments.policy.Decline`
    merchant: MerchantNumber
    customer: CustomerNumber
    amount: MinorUnits
    currency: CurrencyNumber
    fee: MinorUnits
    merchant_order: str
    description: str
    store: str
    terminal: str
    created_at: int
    expires_at: int = 0  # of a waiting payment, else 0
    code_hash: bytes = b""  # keyed, of the code's digits (`payments.methods.code`); older facts have none
    source: bytes = b""  # the customer's account that is debited; empty: the wallet
    method: str = "code"  # the name of an `Intent`'s method
    proof: Proof | None = None  # of a payment that was verified before it was decided
    limit: LimitMet | None = None  # of a payment that a limit declined

    @property
    def order(self) -> str:
        """The id of the order that it is an attempt to pay, or ""."""
        return ""

    @property
    def order_hold(self) -> bytes:
        """The order's hold, which a success of this attempt ends."""
        return b""

    @property
    def counters(self) -> bytes:
        """By which money was counted towards its payer's limits that is only held."""
        return b""


class AttemptDecided(PaymentDecided, tag="attempt", array_like=True, frozen=True):
    """A payment that is an attempt to pay an order: the same, and which order."""

    order: str = ""
    order_hold: bytes = b""
    counters: bytes = b""  # of limits, by which money was counted that is only held (`limits.giving_back`)


class PaymentCancelled(msgspec.Struct, tag="cancel", array_like=True, frozen=True):
    """A waiting payment was cancelled by the merchant. Journals of version 1 do not say whose it was: 0."""

    id: str
    cancelled_at: int
    merchant: MerchantNumber = NO_MERCHANT
    customer: CustomerNumber = NO_CUSTOMER


class RefundDecided(msgspec.Struct, tag="refund", array_like=True, frozen=True):
    """Part or all of a payment went back to the customer, or could not."""

    id: str
    transfer: bytes
    payment: str
    status: RefundStatus
    reason: str | None
    merchant: MerchantNumber
    customer: CustomerNumber
    amount: MinorUnits
    currency: CurrencyNumber
    merchant_refund: str
    created_at: int


class PaymentConfirmed(msgspec.Struct, tag="confirm", array_like=True, frozen=True):
    """A waiting payment was confirmed by its customer, and succeeded at that moment."""

    id: str
    merchant: MerchantNumber
    customer: CustomerNumber
    amount: MinorUnits
    currency: CurrencyNumber
    fee: MinorUnits  # the fact of a payment that waits has none: it is charged now
    challenge: str  # that the customer passed
    factors: tuple[str, ...]  # names of `policy.factors.Factor`
    evidence: str  # the id of a kept signature, or empty
    confirmed_at: int


class PaymentRefused(msgspec.Struct, tag="refuse", array_like=True, frozen=True):
    """A waiting payment was declined: by its customer, or by the bank when the customer confirmed it."""

    id: str
    merchant: MerchantNumber
    customer: CustomerNumber
    amount: MinorUnits
    currency: CurrencyNumber
    reason: str  # a name of `payments.policy.Decline`
    refused_at: int
    limit: LimitMet | None = None  # if a limit declined it


class PaymentExpired(msgspec.Struct, tag="expire", array_like=True, frozen=True):
    """Tells those concerned that a payment's time is over; the engine's record, in this row or before, ended it."""

    id: str
    merchant: MerchantNumber
    customer: CustomerNumber
    expired_at: int


class OwnTransferDecided(msgspec.Struct, tag="own_transfer", array_like=True, frozen=True):
    """Money moved between two accounts of one customer, or could not."""

    id: str
    transfer: bytes
    status: TransferStatus
    reason: str | None  # why it was declined, a name of `deposits.transfers.TransferDecline`
    customer: CustomerNumber
    amount: MinorUnits
    currency: CurrencyNumber
    debit: bytes  # the customer's accounts in the ledger
    credit: bytes
    number: str  # the customer's own, which makes the transfer one
    created_at: int
    closing: bool = False  # it emptied the account, which was closed with it


class PersonTransferDecided(msgspec.Struct, tag="transfer", array_like=True, frozen=True):
    """Money went from one customer to another, could not, or is held on its way. `status` is the first it had."""

    id: str
    transfer: bytes  # names its chain in the engine; of money that is held, its hold
    status: PersonTransferStatus
    reason: str | None  # why it was declined, a name of `transfers.model.TransferDecline`
    sender: CustomerNumber
    receiver: CustomerNumber  # NO_CUSTOMER: nobody yet
    amount: MinorUnits
    currency: CurrencyNumber
    debit: bytes  # accounts in the ledger
    credit: bytes
    note: str
    number: str  # the sender's own, which makes the transfer one
    created_at: int
    held_until: int = 0  # of money that is held
    way: str = ""  # how the receiver was named, a `payees.model.Way`
    payee: str = ""  # the receiver as the sender has named and confirmed them
    about: str = ""  # the id of what is paid with it: a request, a schedule
    check: str = ""  # the id of the check of the payee's name that the sender was told
    proof: Proof | None = None
    limit: LimitMet | None = None  # if a limit declined it
    counters: bytes = b""  # by which money that is held was counted towards its sender's limits, on this day (yyyymmdd)
    counted_on: int = 0


class PersonTransferEnded(msgspec.Struct, tag="transfer_ended", array_like=True, frozen=True):
    """A transfer that was held has ended, or waits no longer."""

    id: str
    status: PersonTransferStatus
    sender: CustomerNumber
    receiver: CustomerNumber
    at: int
    by: str = ""  # a subject, or "" where its time was over
    transfer: bytes = b""  # the engine's, by which the money went; empty if it did not
    amount: MinorUnits = NOTHING
    currency: CurrencyNumber = NO_CURRENCY
    payee: str = ""  # as the sender has named them


class PacketMade(msgspec.Struct, tag="packet", array_like=True, frozen=True):
    """Somebody has put money into a red packet, or could not. Its shares are decided here, for good."""

    id: str
    transfer: bytes  # names its chain in the engine
    status: PacketStatus
    reason: str | None  # why it was declined, a name of `packets.model.PacketDecline`
    sender: CustomerNumber
    receiver: CustomerNumber  # who alone may take it; NO_CUSTOMER: whoever has its link
    amount: MinorUnits
    currency: CurrencyNumber
    debit: bytes  # an account of the sender's in the ledger
    shares: tuple[int, ...]  # minor units, in the order in which they are taken; their sum is the amount
    mode: str  # how they were decided, a `packets.model.Mode`
    note: str
    number: str  # the sender's own, which makes the packet one
    created_at: int
    ends_at: int  # then what is left returns
    payee: str = ""  # the receiver as the sender has named and confirmed them
    check: str = ""  # the id of the check of the receiver's name that the sender was told
    proof: Proof | None = None
    limit: LimitMet | None = None  # if a limit declined it


class PacketTaken(msgspec.Struct, tag="packet_taken", array_like=True, frozen=True):
    """Somebody has taken a share of a red packet."""

    id: str
    transfer: bytes
    sender: CustomerNumber
    receiver: CustomerNumber  # who has taken it
    place: int  # of the share, from 0 on
    left: int  # shares that nobody has taken yet
    amount: MinorUnits
    currency: CurrencyNumber
    credit: bytes
    at: int


class PacketReturned(msgspec.Struct, tag="packet_returned", array_like=True, frozen=True):
    """What nobody had taken of a red packet in time went back to its sender."""

    id: str
    transfer: bytes
    sender: CustomerNumber
    receiver: CustomerNumber  # the sender, who has it back
    amount: MinorUnits
    currency: CurrencyNumber
    credit: bytes
    at: int


class BalanceChanged(msgspec.Struct, tag="balance", array_like=True, frozen=True):
    """Money moved on an account whose owner is reminded of it, and what was on it right after that."""

    id: str  # of the transfer, in hex
    account: bytes
    other: bytes  # the account on the transfer's other side
    customer: CustomerNumber  # whose `account` is
    merchant: MerchantNumber  # whose `other` is, or 0
    credited: bool  # came in
    amount: MinorUnits
    currency: CurrencyNumber
    balance: MinorUnits
    kind: int  # the transfer's, as the features' `kinds` declare it
    at: int


class OrderChanged(msgspec.Struct, tag="order", array_like=True, frozen=True):
    """An order was created, or something changed of it. `object` is the whole of it afterwards: what its merchant is
    shown, in MessagePack (`orders.model.Order`)."""

    id: str
    event: str  # a name of `orders.model.Event`
    merchant: MerchantNumber
    customer: CustomerNumber  # who has paid it, or 0
    hold: bytes  # the zero-amount hold that names it in the engine
    version: int  # from 1; of one order no two changes have the same
    at: int
    object: bytes
    key: str = ""  # the request's `Idempotency-Key`
    money: bytes = b""  # the hold of what is authorised and not captured yet
    counters: bytes = b""  # by which that was counted towards its payer's limits, on this day (yyyymmdd)
    counted_on: int = 0


Ending = PaymentConfirmed | PaymentRefused | PaymentCancelled | PaymentExpired  # of a payment that waited
OfPackets = PacketMade | PacketTaken | PacketReturned
BetweenPeople = PersonTransferDecided | PersonTransferEnded | OfPackets
OfPayments = PaymentDecided | AttemptDecided | RefundDecided | Ending
Fact = OfPayments | OwnTransferDecided | BetweenPeople | BalanceChanged | OrderChanged

TOO_DEEP = "it is nested more deeply than any fact is"
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Fact)
_limits = msgspec.msgpack.Decoder(LimitMet)


def tag_of(data: bytes) -> bytes:
    """Of which kind an encoded fact is: the tag, without decoding the rest; nothing of what is too short for one."""
    try:
        at = 1 if data[0] < 0xA0 else 3  # an array of up to 15 fields has one byte before its tag
        return data[at + 1 : at + 1 + (data[at] & 0x1F)]
    except IndexError:
        return b""


def tag_of_kind(kind: type[msgspec.Struct]) -> bytes:
    """The tag of facts of this kind."""
    return str(kind.__struct_config__.tag).encode()


def encode_fact(fact: Fact) -> bytes:
    return _encoder.encode(fact)


def decode_fact(data: bytes) -> Fact:
    """Raises msgspec.DecodeError for what is no fact of this version."""
    try:
        fact: Fact = _decoder.decode(data)
    except RecursionError as error:
        raise msgspec.DecodeError(TOO_DEEP) from error
    return fact


def encode_limit(limit: LimitMet) -> bytes:
    """For a read model: a journal has it within a fact."""
    return _encoder.encode(limit)


def decode_limit(data: bytes) -> LimitMet:
    return _limits.decode(data)


def decode_values(data: bytes) -> list[object]:
    """The fields of a fact of any version, as far as they can be told without knowing it; none where nothing can."""
    try:
        values = msgspec.msgpack.decode(data)
    except (ValueError, RecursionError):
        return []
    return values if isinstance(values, list) else []
