"""Cursors: where a page ended, as a text that means something only to the one it was given to.

A payment's cursor is the public id of the page's last payment: it says nothing that the page did not, and is looked up
among the merchant's own payments. A statement's cursor is a line's number, bound to its account. Neither needs a key or
a table, and both outlive a rebuild of the read model.
"""

from __future__ import annotations

import re
from hashlib import blake2b

from feiqian.ids import PAYMENT, is_id
from feiqian.projections.errors import CursorInvalid

_STATEMENT = re.compile(r"([0-9a-f]{16})\.([0-9]{1,18})", re.ASCII)


def check_payment_cursor(cursor: str) -> str:
    """Raises CursorInvalid unless it could have been given out."""
    if not is_id(PAYMENT, cursor):
        raise CursorInvalid("this is no cursor of a list of payments")
    return cursor


def statement_cursor(account: bytes, sequence: int) -> str:
    return f"{_tag(account)}.{sequence}"


def statement_sequence(account: bytes, cursor: str) -> int:
    """The line's number, or 0 (before the first line) if the cursor is of another account. Raises CursorInvalid."""
    match = _STATEMENT.fullmatch(cursor)
    if match is None:
        raise CursorInvalid("this is no cursor of a statement")
    return int(match[2]) if match[1] == _tag(account) else 0


def _tag(account: bytes) -> str:
    return blake2b(account, digest_size=8, person=b"fq-cursor").hexdigest()
