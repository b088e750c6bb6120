"""The first format of payment codes, read for the minute after an upgrade; nothing issues it any more.

The nine digits are the customer's number plus a mask that depends on the eight of the tag alone: two codes that meet in
the tag have the same mask, so that who knows the customer of one knows that of the other. That is why it was replaced.
"""

from __future__ import annotations

import hashlib
import hmac
import struct

from feiqian.payments.permutation import TAGS, Opened, require_readable

CUSTOMERS = 10**9

_GROUP = 8  # one digest of 64 bytes holds the tags of eight slots
_GROUP_TAGS = struct.Struct("<8Q")


class MaskedKey:
    """One version of the key, split in two. Reads as `permutation.CodeKey` does, but what it finds is a customer."""

    def __init__(self, secret: bytes) -> None:
        self._tag = hashlib.blake2b(key=secret, person=b"fq-code-tag")
        self._mask = hashlib.blake2b(key=secret, person=b"fq-code-mask", digest_size=8)

    def read(self, body: int, newest: int, count: int) -> Opened:
        """The customer's number, and how many slots before the newest the code is, if it is one of `count`."""
        require_readable(body, newest, count)
        masked, tag = divmod(body, TAGS)
        customer = (masked - self._mask_of(tag)) % CUSTOMERS
        wanted = tag.to_bytes(4, "little")
        for slot in range(newest, max(newest - count, -1), -1):
            if hmac.compare_digest(self._tag_of(customer, slot).to_bytes(4, "little"), wanted):
                return customer, newest - slot
        return customer, None

    def _tag_of(self, customer: int, slot: int) -> int:
        prf = self._tag.copy()
        prf.update(struct.pack("<QQ", customer, slot // _GROUP))
        return int(_GROUP_TAGS.unpack(prf.digest())[slot % _GROUP]) % TAGS

    def _mask_of(self, tag: int) -> int:
        prf = self._mask.copy()
        prf.update(tag.to_bytes(8, "little"))
        return int.from_bytes(prf.digest(), "little") % CUSTOMERS
