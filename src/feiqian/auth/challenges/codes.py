"""Codes that are sent: six random digits, kept as a keyed hash only; a new one voids the one before.

For recovery while a lock holds, codes have sixteen digits: nobody can guess those within five minutes, so they need
not be counted, and are the owner's way back that no stranger's wrong answers can close. All functions block, in the
caller's transaction.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from feiqian.auth.challenges.errors import CodeThrottled
from feiqian.auth.challenges.tables import changed, codes, insert_missing, of, sends
from feiqian.clock import DAY, HOUR, MICROSECONDS
from feiqian.columns import SUBJECT
from feiqian.field_cipher import FieldCipher
from feiqian.ids import MESSAGE, new_id
from feiqian.notify.model import Audience
from feiqian.policy.factors import Factor
from feiqian.policy.model import Sending
from feiqian.strings.normal import without_separators
from feiqian.subjects import Subject

DIGITS, LONG_DIGITS = 6, 16
APART = 30 * MICROSECONDS  # between two codes of one challenge and channel
MOST_CODES = 3  # of one challenge and channel
MOST_WRONG_LONG = 5  # answers to one code of sixteen digits
_c = codes.c


class Sent(NamedTuple):
    """What is kept of a code; `hash` is None when it was entered or voided, or none was sent."""

    hash: bytes | None
    long: bool

    @property
    def waits_long(self) -> bool:
        """Whether a code of sixteen digits may still be entered."""
        return self.long and self.hash is not None


def length(long: bool) -> int:
    """How many digits a code has."""
    return LONG_DIGITS if long else DIGITS


def new_code(long: bool) -> str:
    """Evenly distributed over all codes of its length; long ones in groups of four."""
    if not long:
        return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    digits = f"{secrets.randbelow(10**LONG_DIGITS):0{LONG_DIGITS}d}"
    return " ".join(digits[start : start + 4] for start in range(0, LONG_DIGITS, 4))


def issue(
    connection: Connection, cipher: FieldCipher, challenge: str, factor: Factor, code: str, long: bool, now: int
) -> None:
    """Keeps a new code's hash in place of the one before. Raises CodeThrottled."""
    values = {"hash": hash_of(cipher, challenge, factor, code), "long": int(long), "sent_at": now, "wrong": 0}
    row = {"challenge": challenge, "factor": str(factor), "count": 1} | values
    if insert_missing(connection, codes, row):
        return
    may = (_one(challenge, factor), _c.count < MOST_CODES, _c.sent_at <= now - APART)
    if not changed(connection, update(codes).where(*may).values(count=_c.count + 1, **values)):
        sent: Any = connection.execute(select(_c.count, _c.sent_at).where(_one(challenge, factor))).one()
        raise CodeThrottled(0 if sent.count >= MOST_CODES else sent.sent_at + APART)


def count_send(
    connection: Connection, rules: Sending, subject: Subject, factor: Factor, audience: Audience, now: int
) -> None:
    """Notes that a code goes to a subject, for an audience. The same caps for the known and the unknown.

    Raises CodeThrottled.
    """
    mine = (of(sends, subject), sends.c.factor == str(factor), sends.c.audience == str(audience))
    for span, most in ((HOUR, rules.per_number_hour), (DAY, rules.per_number_day)):
        within = select(func.count(), func.min(sends.c.at)).where(*mine, sends.c.at > now - span)
        count, first = connection.execute(within).one()
        if count >= most:
            raise CodeThrottled(int(first) + span)
    row = {"id": new_id(MESSAGE, now)} | SUBJECT.values(subject)
    connection.execute(insert(sends).values(row | {"factor": str(factor), "audience": str(audience), "at": now}))


def sent(connection: Connection, challenge: str, factor: Factor) -> Sent:
    """The code that was sent last, if any."""
    row: Any = connection.execute(select(_c.hash, _c.long).where(_one(challenge, factor))).first()
    return Sent(None, False) if row is None else Sent(row.hash and bytes(row.hash), bool(row.long))


def matches(cipher: FieldCipher, challenge: str, factor: Factor, hash: bytes | None, answer: str) -> bool:
    return hmac.compare_digest(hash_of(cipher, challenge, factor, answer), hash or bytes(16)) and hash is not None


def enter(connection: Connection, challenge: str, factor: Factor, hash: bytes) -> bool:
    """Uses a code, once: of two who enter the same, one wins."""
    return changed(connection, update(codes).where(_one(challenge, factor), _c.hash == hash).values(hash=None)) == 1


def take_long(connection: Connection, challenge: str, factor: Factor) -> bool:
    """Counts an answer to a long code; False if there were enough."""
    may = (_one(challenge, factor), _c.wrong < MOST_WRONG_LONG)
    return changed(connection, update(codes).where(*may).values(wrong=_c.wrong + 1)) == 1


def hash_of(cipher: FieldCipher, challenge: str, factor: Factor, code: str) -> bytes:
    return cipher.blind_index(f"{challenge} {factor} {without_separators(code[:40])}", "code")


def _one(challenge: str, factor: Factor) -> Any:
    return (_c.challenge == challenge) & (_c.factor == str(factor))
