"""Payment codes: the 20 digits that a customer shows and a cashier scans. Decoded without a lookup; knows no accounts.

    88 V PPPPPPPPPPPPPPPPP
    issuer, version of the key, a keyed permutation of nine digits of issuing device and eight of the slot's tag

The permutation (`permutation.py`) is one for all slots. Without the key, the 17 digits of two codes tell nothing of
whether they are of one device: equal digits mean nothing, because each depends on all of device and tag.

A slot is 10 s. A code is accepted in its own slot and the 4 after it, and one slot early, for a phone that shows the
next code at once after a payment: so no code is accepted for longer than 60 s. Hence each device has 6 codes that would
do at any moment, of 10**17, and a guess is right with a chance of at most 6 × (devices not revoked) / 10**17: who has
not the key can only choose among them blindly. Guesses are counted per merchant (`guesses.py`); a right one works once.

"88" is no prefix in use for such codes in China (WeChat 10-15, Alipay 25-30, UnionPay 62, digital yuan 01).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from feiqian.ids import NO_CUSTOMER, CustomerNumber
from feiqian.ledger.chart import claim_id
from feiqian.payments.code_keys import MASKED, KeyRing, Version
from feiqian.payments.errors import NoIssuingDevice
from feiqian.payments.kinds import ClaimKind
from feiqian.payments.masked_codes import MaskedKey
from feiqian.payments.native_permutation import code_key
from feiqian.payments.permutation import DEVICES, CodeKey, Opened

if TYPE_CHECKING:
    from feiqian.customers.issuing import IssuingDevices

ISSUER = "88"
DIGITS = 20
SLOT_SECONDS = 10
SLOTS_AFTER, SLOTS_AHEAD = 4, 1
SLOTS_HELD = SLOTS_AHEAD + 1 + SLOTS_AFTER  # whose codes are accepted at one moment
LOOK_BACK_SLOTS = 30  # how far back a code is still told apart as expired, rather than as invalid
MOST_COMING = 60  # codes that are made ahead of time: those of ten minutes
CLAIM_MARGIN_SECONDS = 60  # a code stays claimed so long beyond its validity

_PAYMENT_CODE = int(ClaimKind.PAYMENT_CODE)
_SLOTS_COMPARED = SLOTS_AHEAD + 1 + LOOK_BACK_SLOTS


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

    customer: CustomerNumber
    fault: CodeFault | None
    claim_until: int


def claim_of(digits: str) -> bytes:
    """The id of the claim on a code of ours: it works once."""
    return claim_id(_PAYMENT_CODE, int(digits))


class CodeIssuer:
    """Issues codes with the ring's key, in whose process the time is told."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._generation = -1
        self._issuing: CodeKey
        self._load()

    def issue(self, device: int, now_seconds: int, ahead: int = 0) -> IssuedCode:
        """The device's code of this slot, or with `ahead=1` of the next, for when this one has been used."""
        if not 0 <= device < DEVICES or ahead not in (0, SLOTS_AHEAD):
            raise ValueError("a device's number has at most nine digits, and one slot ahead is the most")
        return self._of_slot(device, now_seconds // SLOT_SECONDS + ahead)

    def coming(self, device: int, now_seconds: int, count: int) -> list[IssuedCode]:
        """The device's codes of this slot and those after it, `count` in all: none holds before or beyond its time."""
        if not 0 <= device < DEVICES or not 0 <= count <= MOST_COMING:
            raise ValueError(f"a device's number has at most nine digits, and {MOST_COMING} codes are the most")
        first = now_seconds // SLOT_SECONDS
        return [self._of_slot(device, slot) for slot in range(first, first + count)]

    def _of_slot(self, device: int, slot: int) -> IssuedCode:
        if self._generation != self._ring.generation:
            self._load()
        body = self._issuing.issue(device, slot)
        valid_until = (slot + SLOTS_AFTER + 1) * SLOT_SECONDS
        return IssuedCode(f"{ISSUER}{self._ring.issuing}{body:017d}", valid_until, (slot + 1) * SLOT_SECONDS)

    def _load(self) -> None:
        """Takes up the ring's keys, as they have changed."""
        version = self._ring.issuing
        self._issuing = code_key(self._ring.secrets()[version], version)
        self._generation = self._ring.generation


class _Reader(NamedTuple):
    """One version: how its 17 digits are read, whose they are then, and from when it is refused (Unix s)."""

    read: Callable[[int, int, int], Opened]
    customer_of: Callable[[int], CustomerNumber]
    until: int | None


class Codes(CodeIssuer):
    """Issues and reads codes. Takes the time as an argument; the caller sees to it that it does not go back."""

    def __init__(self, ring: KeyRing, devices: IssuingDevices) -> None:
        self._devices = devices
        self._readers: dict[str, _Reader] = {}
        super().__init__(ring)

    def device_of(self, customer: CustomerNumber) -> int:
        """The device that issues the customer's codes. Raises NoIssuingDevice."""
        device = self._devices.device_of(customer)
        if not device:
            raise NoIssuingDevice("the customer has no device that may show payment codes")
        return device

    def read(self, digits: str, now_seconds: int) -> Scan:
        """Whose code this is, and whether it holds now. A code of a device that is unknown or revoked is of nobody."""
        if self._generation != self._ring.generation:
            self._load()
        ours = len(digits) == DIGITS and digits.isascii() and digits.isdigit() and digits.startswith(ISSUER)
        reader = self._readers.get(digits[2]) if ours else None
        if reader is None or (reader.until is not None and now_seconds >= reader.until):
            return Scan(NO_CUSTOMER, CodeFault.MALFORMED, 0)
        newest = now_seconds // SLOT_SECONDS + SLOTS_AHEAD
        number, back = reader.read(int(digits[3:]), newest, _SLOTS_COMPARED)
        customer = NO_CUSTOMER if back is None else reader.customer_of(number)
        if back is None or not customer:
            return Scan(NO_CUSTOMER, CodeFault.INVALID, 0)
        if back >= SLOTS_HELD:
            return Scan(customer, CodeFault.EXPIRED, 0)
        return Scan(customer, None, (newest - back + SLOTS_AFTER + 1) * SLOT_SECONDS + CLAIM_MARGIN_SECONDS)

    def _load(self) -> None:
        super()._load()
        self._readers = {str(v): self._reader(v, key) for v, key in self._ring.versions().items()}

    def _reader(self, version: int, key: Version) -> _Reader:
        if key.format == MASKED:
            return _Reader(MaskedKey(key.secret).read, self._customer_with_device, key.until)
        return _Reader(code_key(key.secret, version).read, self._devices.customer_of, key.until)

    def _customer_with_device(self, number: int) -> CustomerNumber:
        """A masked code names the customer; with every device of theirs revoked, it is refused, too."""
        customer = CustomerNumber(number)
        return customer if self._devices.device_of(customer) else NO_CUSTOMER
