"""Public ids: a prefix that says what it names, and a UUIDv7 (RFC 9562) in hex. In order of time, unguessable.

An id names; it never authorises. The 74 random bits come from the operating system, so that seeing one id tells nothing
of the next. Within the bank customers and merchants have numbers, each of a type of its own.
"""

from __future__ import annotations

import os
import re
import threading
from typing import Literal, NewType

CustomerNumber = NewType("CustomerNumber", int)  # from 1
MerchantNumber = NewType("MerchantNumber", int)  # from 1
NO_CUSTOMER, NO_MERCHANT = CustomerNumber(0), MerchantNumber(0)
Party = tuple[Literal["customer"], CustomerNumber] | tuple[Literal["merchant"], MerchantNumber]  # of a payment

CUSTOMER, MERCHANT, PAYMENT, REFUND = "cus_", "mer_", "pay_", "ref_"
STAFF, APPLICATION, SESSION, DEVICE, FACTOR = "stf_", "app_", "ses_", "dev_", "fac_"
CHALLENGE, EVIDENCE, MESSAGE, DOCUMENT, CASE, CHANGE = "chl_", "evi_", "msg_", "doc_", "cas_", "chg_"
REPORT, INTENT, DELIVERY, ACCOUNT, TRANSFER = "rep_", "int_", "dlv_", "acc_", "trf_"
LOCK, QUICK_PAYMENT, SERVICE, ORDER, REMEMBERED = "lck_", "qpy_", "svc_", "ord_", "rem_"
ENDPOINT, EVENT = "whe_", "evt_"  # of webhooks
NOTICE = "ntc_"  # in a customer's inbox
USER = "usr_"  # one of a merchant's people
PERSON_TRANSFER, PAYEE_CHECK = "pst_", "pck_"  # between people; of a payee's name
MONEY_REQUEST, RECEIVE_CODE, SPLIT = "req_", "rcv_", "spl_"
RED_PACKET = "rpk_"
KEY = "key_"  # of the API, which is named so and not shown
SCHEDULE = "sch_"  # of transfers
MOVEMENT = "mov_"  # one account's side of what moved

_SHAPE = re.compile(r"([a-z]{3}_)[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}", re.ASCII)
_BUFFER_BYTES = 10 * 400
_VERSION_7, _VARIANT = 7 << 76, 2 << 62
_RANDOM_A, _RANDOM_B = 0xFFF << 64, (1 << 62) - 1


class _Random(threading.local):
    """Bytes of the operating system, fetched 400 ids at a time. One per thread: two never draw the same bytes."""

    left: bytes = b""
    at: int = 0


_random = _Random()


def _random_80_bits() -> int:
    at = _random.at
    if at >= len(_random.left):
        _random.left, at = os.urandom(_BUFFER_BYTES), 0
    _random.at = at + 10
    return int.from_bytes(_random.left[at : at + 10], "little")


# A child of fork would draw what its parent draws.
os.register_at_fork(after_in_child=lambda: _random.__dict__.clear())


def new_id(prefix: str, now_us: int) -> str:
    """A new id; `now_us` is Unix time in microseconds, of which the id keeps the milliseconds."""
    return _uuid7(prefix, now_us, _random_80_bits())


def derived_id(prefix: str, at_us: int, digest: bytes) -> str:
    """The id of something that happened at a time, always the same; `digest`: 16 bytes that nobody can guess."""
    return _uuid7(prefix, at_us, int.from_bytes(digest[:10], "little"))


def _uuid7(prefix: str, at_us: int, random: int) -> str:
    milliseconds = (at_us // 1000) & 0xFFFF_FFFF_FFFF
    number = milliseconds << 80 | _VERSION_7 | (random & _RANDOM_A) | _VARIANT | (random & _RANDOM_B)
    return f"{prefix}{number:032x}"


def is_id(prefix: str, text: str) -> bool:
    """Whether the text has the shape of such an id. Says nothing of whether it was ever given."""
    match = _SHAPE.fullmatch(text)
    return match is not None and match[1] == prefix
