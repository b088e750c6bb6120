"""How ids are computed and events are written. What kinds there are, the features say (their `kinds.py`).

Ids of accounts, allowances and claims are computed from what they stand for, so that the hot path looks nothing up; ids
of transfers are derived from what makes the operation one, so that a retry anywhere meets the first. An id has 16
bytes; the builders do not check that (struct would pad or cut), because they are only ever given ids made here.
"""

from __future__ import annotations

import struct
from hashlib import blake2b

from feiqian.money import CurrencyNumber

from .bounds import checked
from .engine import EVENT, NO_ID, Period, Side, Type

_ID = struct.Struct(">HHIQ")
_LENGTH = struct.Struct(">I")
_LOW = 2**64 - 1
BANK = 0  # owns the accounts of fees, cash, opening balances and corrections


def account_id(kind: int, currency: CurrencyNumber, owner: int, index: int = 0) -> bytes:
    """The account of this kind and currency (ISO 4217 number) that belongs to this owner; `index`, below 2**32, tells
    several of them apart."""
    return _ID.pack(kind, currency, index, owner)


def allowance_id(kind: int, currency: CurrencyNumber, owner: int) -> bytes:
    """The allowance of this kind; currency 0 where it counts no money."""
    return _ID.pack(kind, currency, 0, owner)


def claim_id(kind: int, number: int) -> bytes:
    """The claim of this kind on what has this number (below 2**96)."""
    return _ID.pack(kind, 0, number >> 64, number & _LOW)


def derived_id(label: bytes, *parts: bytes) -> bytes:
    """A transfer id made of what makes the operation one: BLAKE2b-128 of the parts, each with its length before it.

    `label` (at most 16 bytes) personalises the hash (RFC 7693), so that two uses never meet.
    """
    content = b""
    for part in parts:
        content += _LENGTH.pack(len(part)) + part
    return blake2b(content, digest_size=16, person=label).digest()


# --- events: 80 bytes each, unlinked (`engine.chain` links them) ---------------------------------------------------

_pack = EVENT.pack
_ACCOUNT, _TRANSFER, _HOLD = int(Type.ACCOUNT), int(Type.TRANSFER), int(Type.HOLD)
_CAPTURE, _RELEASE, _SWEEP = int(Type.CAPTURE), int(Type.RELEASE), int(Type.SWEEP)
_FREEZE, _UNFREEZE, _CLOSE = int(Type.FREEZE), int(Type.UNFREEZE), int(Type.CLOSE)
_ALLOWANCE, _USE, _RESTORE, _CLAIM = int(Type.ALLOWANCE), int(Type.USE), int(Type.RESTORE), int(Type.CLAIM)


def account(id: bytes, kind: int, currency: CurrencyNumber, *, overdraft: int = 0) -> bytes:
    """Opens an account; `overdraft` in minor units, `engine.UNLIMITED` for one without bound."""
    return _pack(_ACCOUNT, 0, kind, currency, overdraft, id, NO_ID, NO_ID, NO_ID)


def transfer(id: bytes, *, debit: bytes, credit: bytes, amount: int, kind: int = 0, reference: bytes = NO_ID) -> bytes:
    """Moves `amount` minor units from the debit account to the credit account. Raises BoundExceeded."""
    return _pack(_TRANSFER, 0, kind, 0, checked(amount), id, debit, credit, reference)


def hold(
    id: bytes,
    *,
    debit: bytes,
    credit: bytes,
    amount: int,
    timeout_seconds: int,
    kind: int = 0,
    reference: bytes = NO_ID,
) -> bytes:
    """Reserves `amount` minor units until captured, released, or `timeout_seconds` have passed (0: never).

    Raises BoundExceeded.
    """
    return _pack(_HOLD, 0, kind, timeout_seconds, checked(amount), id, debit, credit, reference)


def capture(id: bytes, *, hold: bytes, amount: int, kind: int = 0, reference: bytes = NO_ID) -> bytes:
    """Moves `amount` minor units of what is held; the rest of the hold is released. Raises BoundExceeded."""
    return _pack(_CAPTURE, 0, kind, 0, checked(amount), id, hold, NO_ID, reference)


def release(id: bytes, *, hold: bytes, kind: int = 0, reference: bytes = NO_ID) -> bytes:
    """Gives a hold up."""
    return _pack(_RELEASE, 0, kind, 0, 0, id, hold, NO_ID, reference)


def sweep(id: bytes, *, debit: bytes, credit: bytes, at_most: int, kind: int = 0, reference: bytes = NO_ID) -> bytes:
    """Moves what is available, and not more than `at_most` minor units."""
    return _pack(_SWEEP, 0, kind, 0, at_most, id, debit, credit, reference)


def freeze(account: bytes, sides: Side) -> bytes:
    """Stops debits, credits or both."""
    return _pack(_FREEZE, 0, sides, 0, 0, account, NO_ID, NO_ID, NO_ID)


def unfreeze(account: bytes, sides: Side) -> bytes:
    """Lets debits, credits or both go on."""
    return _pack(_UNFREEZE, 0, sides, 0, 0, account, NO_ID, NO_ID, NO_ID)


def close(account: bytes) -> bytes:
    """Closes an account for good; refused unless it is empty."""
    return _pack(_CLOSE, 0, 0, 0, 0, account, NO_ID, NO_ID, NO_ID)


def allowance(id: bytes, cap: int, period: Period) -> bytes:
    """Opens an allowance, or sets its cap."""
    return _pack(_ALLOWANCE, 0, period, 0, cap, id, NO_ID, NO_ID, NO_ID)


def use(allowance: bytes, amount: int) -> bytes:
    """Uses `amount` of an allowance in its current period."""
    return _pack(_USE, 0, 0, 0, amount, allowance, NO_ID, NO_ID, NO_ID)


def restore(allowance: bytes, *, amount: int, period_number: int) -> bytes:
    """Gives back what was used in the period of that number (`engine.period_number`)."""
    return _pack(_RESTORE, 0, 0, period_number, amount, allowance, NO_ID, NO_ID, NO_ID)


def claim(id: bytes, until: int) -> bytes:
    """Claims something that may happen once; `until` (Unix seconds) is when it need no longer be remembered."""
    return _pack(_CLAIM, 0, 0, 0, until, id, NO_ID, NO_ID, NO_ID)
