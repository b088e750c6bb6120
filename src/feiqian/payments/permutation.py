"""Payment codes' 17 digits: a keyed permutation of an issuing device's number and the tag of a slot. Specification.

Knows no time, no customers, and no digits but these. `native_permutation.py` is the same in Rust, which serves.

The permutation is an alternating Feistel network over decimal halves, of the shape of FF1 (NIST SP 800-38G: 17 digits,
ten rounds, the halves in turn), whose pseudo-random function is keyed BLAKE2s (RFC 7693) instead of AES:

    device += F(0, tag)  mod 10^9;  tag += F(1, device) mod 10^8;  device += F(2, tag) ...   ten rounds in all
    F(round, half) = BLAKE2s-64(key, salt = version, person = "fq-perm2", round ‖ half)
    tag = slot + BLAKE2s-64(key, salt = version, person = "fq-tag-2", device ‖ 0) mod 10^8

Numbers are little-endian, of 4 bytes; salt and digests of 8. Reducing 64 bits mod 10^9 makes no value likelier than
another by more than one part in 10^10. A tag is of one slot only, for 10^8 slots (31 years): so no two codes of one
version of the key are alike, where tags made at random would give a customer's codes twins that tell they are of one.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Protocol

DEVICES, TAGS = 10**9, 10**8
BODIES = DEVICES * TAGS  # how many there are of the 17 digits
ROUNDS = 10
SECRET_BYTES = 32
MOST_SLOTS = 64  # that a code is compared with at once

_WORDS = struct.Struct("<II")


# What is in 17 digits: the device's number and, if the tag is of a slot that was compared, how many slots before the
# newest that is. (A plain tuple: this is on the way of each payment.)
Opened = tuple[int, int | None]


class CodeKey(Protocol):
    """One version of the key."""

    def issue(self, device: int, slot: int) -> int:
        """The 17 digits of a device in a slot. Raises ValueError for what is out of range."""
        ...

    def read(self, body: int, newest: int, count: int) -> Opened:
        """What is in 17 digits, compared with the `count` slots up to `newest`, without those below 0.

        The same work for every body. Raises ValueError for what is out of range.
        """
        ...


class SpecCodeKey:
    """See `CodeKey`."""

    def __init__(self, secret: bytes, version: int) -> None:
        salt = version.to_bytes(8, "little")
        self._round = hashlib.blake2s(key=secret, salt=salt, person=b"fq-perm2", digest_size=8)
        self._tag = hashlib.blake2s(key=secret, salt=salt, person=b"fq-tag-2", digest_size=8)

    def issue(self, device: int, slot: int) -> int:
        require_issuable(device, slot)
        return self.permute(device, (slot + self._offset(device)) % TAGS)

    def read(self, body: int, newest: int, count: int) -> Opened:
        require_readable(body, newest, count)
        device, tag = self.unpermute(body)
        back = (newest - tag + self._offset(device)) % TAGS
        return device, back if back < count and back <= newest else None

    def permute(self, device: int, tag: int) -> int:
        """The 17 digits that stand for a device and a tag."""
        for round in range(0, ROUNDS, 2):
            device = (device + self._mask(round, tag)) % DEVICES
            tag = (tag + self._mask(round + 1, device)) % TAGS
        return device * TAGS + tag

    def unpermute(self, body: int) -> tuple[int, int]:
        """The device and the tag that 17 digits stand for."""
        device, tag = divmod(body, TAGS)
        for round in range(ROUNDS - 2, -1, -2):
            tag = (tag - self._mask(round + 1, device)) % TAGS
            device = (device - self._mask(round, tag)) % DEVICES
        return device, tag

    def _mask(self, round: int, half: int) -> int:
        return _number_of(self._round, round, half)

    def _offset(self, device: int) -> int:
        """What a device's tags are ahead of the slots, before it is cut to eight digits."""
        return _number_of(self._tag, device, 0)


def _number_of(keyed: hashlib.blake2s, first: int, second: int) -> int:
    """The pseudo-random function of two words, as a number of 64 bits."""
    prf = keyed.copy()
    prf.update(_WORDS.pack(first, second))
    return int.from_bytes(prf.digest(), "little")


def require_issuable(device: int, slot: int) -> None:
    """Raises ValueError unless there is a code of this device and slot."""
    if not (0 <= device < DEVICES and 0 <= slot < 1 << 64):
        raise ValueError("a device's number has at most nine digits, and a slot 64 bits")


def require_readable(body: int, newest: int, count: int) -> None:
    """Raises ValueError unless these can be digits, and slots to compare them with."""
    if not (0 <= body < BODIES and 0 <= newest < 1 << 64 and 0 <= count <= MOST_SLOTS):
        raise ValueError(f"a code has 17 digits here, a slot 64 bits, and at most {MOST_SLOTS} slots are compared")
