"""Payment codes' 17 digits: a keyed permutation of an issuing device's number and the tag of a slot. Specification.

Knows no time, no customers, and no digits but these. `native_permutation.py` is the same in Rust, which serves.

The permutation is an alternating Feistel network over decimal halves, of the shape of FF1 (NIST SP 800-38G: 17 digits,
ten rounds, the halves in turn), whose pseudo-random function is keyed BLAKE2s (RFC 7693) instead of AES:

    device += F(0, tag)  mod 10^9;  tag += F(1, device) mod 10^8;  device += F(2, tag) ...   ten rounds in all
    F(round, half) = BLAKE2s-64(key, salt = version, person = "fq-perm2", round ‖ half) mod 10^9 or 10^8
    tag(device, slot) = word slot mod 8 of BLAKE2s-256(key, salt = version, person = "fq-tag-2", device ‖ slot // 8)
                        mod 10^8

Integers are little-endian: 4 bytes each, `slot // 8` and the digest of a round 8. Reducing 64 bits mod 10^9 favours no
value by more than 10^-10 of its chance, reducing the 32 bits of a tag by 0.12 %; a guess gains nothing by the latter,
because nobody without the key can choose the tag that a guess stands for.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from typing import Protocol

DEVICES, TAGS = 10**9, 10**8
BODIES = DEVICES * TAGS  # how many there are of the 17 digits
ROUNDS = 10
SECRET_BYTES = 32
MOST_SLOTS = 64  # that a code is compared with at once

_GROUP = 8  # one digest of 32 bytes has the tags of eight slots
_GROUP_TAGS = struct.Struct("<8I")
_ROUND, _SLOTS = struct.Struct("<II"), struct.Struct("<IQ")


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
        self._tag = hashlib.blake2s(key=secret, salt=salt, person=b"fq-tag-2")

    def issue(self, device: int, slot: int) -> int:
        require_issuable(device, slot)
        return self.permute(device, self._tags(device, slot // _GROUP)[slot % _GROUP])

    def read(self, body: int, newest: int, count: int) -> Opened:
        require_readable(body, newest, count)
        device, tag = self.unpermute(body)
        slots = range(newest, max(newest - count, -1), -1)
        tags = {group: self._tags(device, group) for group in {slot // _GROUP for slot in slots}}
        wanted = tag.to_bytes(4, "little")
        same = [
            hmac.compare_digest(tags[slot // _GROUP][slot % _GROUP].to_bytes(4, "little"), wanted) for slot in slots
        ]
        return device, same.index(True) if any(same) else None

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
        prf = self._round.copy()
        prf.update(_ROUND.pack(round, half))
        return int.from_bytes(prf.digest(), "little")

    def _tags(self, device: int, group: int) -> list[int]:
        prf = self._tag.copy()
        prf.update(_SLOTS.pack(device, group))
        return [word % TAGS for word in _GROUP_TAGS.unpack(prf.digest())]


def require_issuable(device: int, slot: int) -> None:
    """Raises ValueError unless there is a code of this device and slot."""
    if not (0 <= device < DEVICES and 0 <= slot < 1 << 64):
        raise ValueError("a device's number has at most nine digits, and a slot 64 bits")


def require_readable(body: int, newest: int, count: int) -> None:
    """Raises ValueError unless these can be digits, and slots to compare them with."""
    if not (0 <= body < BODIES and 0 <= newest < 1 << 64 and 0 <= count <= MOST_SLOTS):
        raise ValueError(f"a code has 17 digits here, a slot 64 bits, and at most {MOST_SLOTS} slots are compared")
