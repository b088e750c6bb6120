"""Text messages as they travel: the GSM alphabet where it suffices, UCS-2 where not, long ones in parts.

3GPP TS 23.038 (alphabets: 160 septets or 70 UTF-16 units) and TS 23.040, 9.2.3.24.1 (concatenation by a header of 6
bytes, which leaves 153 or 67). No character is cut in two: neither an escaped one nor a surrogate pair.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from feiqian.notify.smpp_pdus import GSM, UCS2, gsm, is_gsm

ONE_SEPTETS, PART_SEPTETS = 160, 153
ONE_BYTES, PART_BYTES = 140, 134
MOST_PARTS = 255


class Parts(NamedTuple):
    """What is submitted: `bodies` with their header if there are several."""

    data_coding: int
    bodies: tuple[bytes, ...]

    @property
    def concatenated(self) -> bool:
        return len(self.bodies) > 1


def parts_of(text: str, message_id: str) -> Parts:
    """One or several bodies. The same message gives the same parts, so a phone takes a part sent twice for one."""
    if is_gsm(text):
        return _parted(GSM, [gsm(character) for character in text], ONE_SEPTETS, PART_SEPTETS, message_id)
    characters = [character.encode("utf-16-be") for character in text]
    return _parted(UCS2, characters, ONE_BYTES, PART_BYTES, message_id)


def _parted(coding: int, characters: list[bytes], one: int, part: int, message_id: str) -> Parts:
    if sum(map(len, characters)) <= one:
        return Parts(coding, (b"".join(characters),))
    bodies = _fill(characters, part)[:MOST_PARTS]
    reference = hashlib.blake2b(message_id.encode(), digest_size=1).digest()
    header = b"\x05\x00\x03" + reference + bytes([len(bodies)])
    return Parts(coding, tuple(header + bytes([n]) + body for n, body in enumerate(bodies, 1)))


def _fill(characters: list[bytes], size: int) -> list[bytes]:
    bodies = [b""]
    for character in characters:
        if len(bodies[-1]) + len(character) > size:
            bodies.append(b"")
        bodies[-1] += character
    return bodies
