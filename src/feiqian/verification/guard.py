"""Between an answer that could be guessed and its comparison: takes tries, locks, and says what to raise.

Its functions block, in the caller's transaction; that of `take` must be committed before anything is compared.
"""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian import logs
from feiqian.policy.factors import Factor
from feiqian.policy.model import Tries
from feiqian.subjects import Subject
from feiqian.verification import credentials, tries
from feiqian.verification.errors import AnswerWrong, Locked, VerificationError
from feiqian.verification.reach import Reach

_log = logs.get("feiqian.verification")


class Guard:
    """One for each subject's tries, whatever factor and channel."""

    def __init__(self, rules: Tries, reach: Reach) -> None:
        self.rules, self._reach = rules, reach

    def take(self, connection: Connection, subject: Subject, now: int, *, stranger: bool) -> bool:
        """Takes a try; whether it was the last. Raises Locked. `stranger`: is told nothing of what is enrolled."""
        if not tries.take(connection, self.rules, subject, now):
            raise self.locked(connection, subject, now, stranger=stranger)
        return tries.lock_of(connection, subject, now) is not None

    def wrong(
        self, connection: Connection, subject: Subject, now: int, *, last: bool, stranger: bool
    ) -> VerificationError:
        """What to raise for a wrong answer, after this transaction; the owner is told of a lock."""
        lock = tries.lock_of(connection, subject, now)
        if lock is None:
            return AnswerWrong(tries.left(connection, self.rules, subject, now))
        if last:
            _log.warning("subject_locked", subject=str(subject), times=lock.times)
            self._reach.tell_locked(connection, lock, now)
        return self.locked(connection, subject, now, stranger=stranger)

    def right(self, connection: Connection, subject: Subject) -> None:
        """The answer was right: its try is given back, but those that were wrong before stay counted."""
        tries.give_back(connection, self.rules, subject)

    def check(self, connection: Connection, subject: Subject, now: int, *, stranger: bool) -> None:
        """Raises Locked while a lock holds; takes nothing."""
        if tries.lock_of(connection, subject, now) is not None:
            raise self.locked(connection, subject, now, stranger=stranger)

    def locked(self, connection: Connection, subject: Subject, now: int, *, stranger: bool) -> Locked:
        lock = tries.lock_of(connection, subject, now)
        return Locked(lock.until if lock else now, self._ways(connection, subject, stranger))

    def _ways(self, connection: Connection, subject: Subject, stranger: bool) -> tuple[Factor, ...]:
        """What opens while a lock holds; to a stranger, all that could."""
        if stranger:
            return credentials.KEYS
        held = credentials.kinds(connection, subject)
        return tuple(factor for factor in credentials.KEYS if factor in held)
