"""Payment codes: the 20 digits that a customer shows and a cashier scans. Decoded without a lookup; knows no accounts.

    88 V CCCCCCCCC TTTTTTTT
    issuer, version of the key, masked customer number, tag

The construction is that of a synthetic IV (RFC 5297): the tag is a pseudo-random function of (customer, slot), and
masks the customer number. Without the key, codes of one customer look like any others. PRF = BLAKE2b, keyed (RFC 7693).

A slot is 10 s. A code is accepted in its own slot and the 4 after it, and one slot early, for a phone that shows the
next code at once after a payment: so no code is accepted for longer than 60 s. Hence 6 tags would do at any moment, and
a guess is right with a chance of 6 / 10**8 = 6e-8 even if every one of the 10**9 customer numbers were taken; with
10**6 customers it is 6e-11. Guesses are counted per merchant (`guesses.py`), and a right one works once.

"88" is no prefix in use for such codes in China (WeChat 10-15, Alipay 25-30, UnionPay 62, digital yuan 01).
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from enum import Enum
from typing import NamedTuple

from feiqian.payments.code_keys import KeyRing

ISSUER = "88"
DIGITS = 20
SLOT_SECONDS = 10
SLOTS_AFTER, SLOTS_AHEAD = 4, 1
LOOK_BACK_SLOTS = 30  # how far back a code is still told apart as expired, rather than as invalid
CUSTOMERS, TAGS = 10**9, 10**8
CLAIM_MARGIN_SECONDS = 60  # a code stays claimed so long beyond its validity

_GROUP = 8  # one digest of 64 bytes holds the tags of eight slots
_GROUP_TAGS = struct.Struct("<8Q")


class IssuedCode(NamedTuple):
    """A code to show. It is accepted until `valid_until`, and another should be shown from `refresh_at` (Unix s)."""

    digits: str
    valid_until: int
    refresh_at: int


class CodeFault(Enum):
    """Why a code is not accepted."""

    MALFORMED = "malformed"  # not of our shape, or of no key that we have: no guess at all
    INVALID = "invalid"  # of our shape, but of nobody: perhaps a guess
    EXPIRED = "expired"


class Scan(NamedTuple):
    """What a code says: whose it is, whether it holds, and until when it has to stay claimed (Unix s)."""

    customer: int
    fault: CodeFault | None
    claim_until: int


class _Key:
    """One version of the key, split in two."""

    __slots__ = ("_mask", "_tag")

    def __init__(self, secret: bytes) -> None:
        self._tag = hashlib.blake2b(key=secret, person=b"fq-code-tag")
        self._mask = hashlib.blake2b(key=secret, person=b"fq-code-mask", digest_size=8)

    def tags(self, customer: int, group: int) -> tuple[int, ...]:
        """The tags of the eight slots from 8 * group on, before they are cut to eight digits."""
        prf = self._tag.copy()
        prf.update(struct.pack("<QQ", customer, group))
        return _GROUP_TAGS.unpack(prf.digest())

    def tag(self, customer: int, slot: int) -> int:
        return self.tags(customer, slot // _GROUP)[slot % _GROUP] % TAGS

    def mask(self, tag: int) -> int:
        prf = self._mask.copy()
        prf.update(tag.to_bytes(8, "little"))
        return int.from_bytes(prf.digest(), "little") % CUSTOMERS


class Codes:
    """Issues and reads codes. Takes the time as an argument; the caller sees to it that it does not go back."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._keys: dict[int, _Key] = {}
        self._generation = -1
        self._load()

    def issue(self, customer: int, now_seconds: int, ahead: int = 0) -> IssuedCode:
        """The customer's code of this slot, or with `ahead=1` of the next, for when this one has been used."""
        if not 0 <= customer < CUSTOMERS or ahead not in (0, SLOTS_AHEAD):
            raise ValueError("a customer number has at most nine digits, and one slot ahead is the most")
        self._load()
        slot = now_seconds // SLOT_SECONDS + ahead
        version = self._ring.issuing
        key = self._keys[version]
        tag = key.tag(customer, slot)
        masked = (customer + key.mask(tag)) % CUSTOMERS
        valid_until = (slot + SLOTS_AFTER + 1) * SLOT_SECONDS
        return IssuedCode(f"{ISSUER}{version}{masked:09d}{tag:08d}", valid_until, (slot + 1) * SLOT_SECONDS)

    def read(self, digits: str, now_seconds: int) -> Scan:
        """Whose code this is, and whether it holds now."""
        if self._generation != self._ring.generation:
            self._load()
        ours = len(digits) == DIGITS and digits.isascii() and digits.isdigit() and digits.startswith(ISSUER)
        key = self._keys.get(int(digits[2])) if ours else None
        if key is None:
            return Scan(0, CodeFault.MALFORMED, 0)
        tag = int(digits[12:])
        customer = (int(digits[3:12]) - key.mask(tag)) % CUSTOMERS
        now = now_seconds // SLOT_SECONDS
        slot = _find(key, customer, tag, now + SLOTS_AHEAD, now - SLOTS_AFTER)
        if slot is not None:
            return Scan(customer, None, (slot + SLOTS_AFTER + 1) * SLOT_SECONDS + CLAIM_MARGIN_SECONDS)
        if _find(key, customer, tag, now - SLOTS_AFTER - 1, now - LOOK_BACK_SLOTS) is not None:
            return Scan(customer, CodeFault.EXPIRED, 0)
        return Scan(0, CodeFault.INVALID, 0)

    def _load(self) -> None:
        """Takes up the ring's keys, if they have changed."""
        if self._generation != self._ring.generation:
            self._keys = {version: _Key(secret) for version, secret in self._ring.secrets().items()}
            self._generation = self._ring.generation


def _find(key: _Key, customer: int, tag: int, newest: int, oldest: int) -> int | None:
    """The slot, of those from newest back to oldest, in which the customer's tag is this one."""
    wanted = tag.to_bytes(4, "little")
    for group in range(newest // _GROUP, oldest // _GROUP - 1, -1):
        tags = key.tags(customer, group)
        for slot in range(min(newest, group * _GROUP + _GROUP - 1), max(oldest, group * _GROUP) - 1, -1):
            if hmac.compare_digest((tags[slot % _GROUP] % TAGS).to_bytes(4, "little"), wanted):
                return slot
    return None
