"""Issues payment codes of the first format, as commit a30ad07 did: for the tests of what is read after an upgrade."""

from __future__ import annotations

import hashlib
import struct

CUSTOMERS, TAGS = 10**9, 10**8


def masked_code(secret: bytes, version: int, customer: int, seconds: int) -> str:
    slot = seconds // 10
    tags = hashlib.blake2b(struct.pack("<QQ", customer, slot // 8), key=secret, person=b"fq-code-tag").digest()
    tag = struct.unpack("<8Q", tags)[slot % 8] % TAGS
    mask = hashlib.blake2b(tag.to_bytes(8, "little"), key=secret, person=b"fq-code-mask", digest_size=8).digest()
    masked = (customer + int.from_bytes(mask, "little") % CUSTOMERS) % CUSTOMERS
    return f"88{version}{masked:09d}{tag:08d}"
