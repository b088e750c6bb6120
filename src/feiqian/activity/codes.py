"""The code of a receipt: 24 letters and digits that nobody can guess, derived from the movement with the bank's key.

The same receipt always has the same code. Pure but for the cipher.
"""

from __future__ import annotations

from base64 import b32encode

from feiqian.field_cipher import FieldCipher
from feiqian.ids import CustomerNumber
from feiqian.strings.normal import without_separators

LETTERS, GROUP = 24, 4  # 120 bits
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")  # RFC 4648, 6
_TYPED_FOR = str.maketrans("018", "OIB")  # what people take for letters of it


def code_of(cipher: FieldCipher, customer: CustomerNumber, movement: str) -> str:
    return b32encode(cipher.blind_index(f"{customer}/{movement}", "activity/receipt")[: LETTERS * 5 // 8]).decode()


def blind_of(cipher: FieldCipher, code: str) -> bytes:
    """By which it is found."""
    return cipher.blind_index(code, "activity/code")


def read_code(typed: str) -> str | None:
    """The code as somebody typed it, with or without dashes, in whatever case; None: it can be none."""
    code = without_separators(typed).upper().translate(_TYPED_FOR)
    return code if len(code) == LETTERS and set(code) <= _ALPHABET else None


def grouped(code: str) -> str:
    """As it is shown: "ABCD-EFGH-…"."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))
