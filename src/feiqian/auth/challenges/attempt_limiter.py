"""Between an answer that could be guessed and its comparison: takes tries, locks, and says what to raise.

Its functions block, in the caller's transaction. Either the answer is compared in that of `take`, or after its commit.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from feiqian.auth.challenges import attempts, credentials
from feiqian.auth.challenges.contact_resolver import ContactResolver
from feiqian.auth.challenges.errors import AnswerWrong, Locked, VerificationError
from feiqian.auth.challenges.model import Lock
from feiqian.policy.factors import Factor
from feiqian.policy.model import Tries
from feiqian.runtime import logs
from feiqian.subjects import Subject

_log = logs.get("feiqian.verification")


class AttemptLimiter:
    """One for all subjects. `place`: a known device's id, or attempts.UNKNOWN."""

    def __init__(self, rules: Tries, resolver: ContactResolver) -> None:
        self.rules, self._resolver = rules, resolver

    def take(
        self, connection: Connection, subject: Subject, place: str, factor: Factor, now: int, *, stranger: bool
    ) -> bool:
        """Takes a try; whether it was the last. Raises Locked. `stranger`: is told nothing of what is enrolled."""
        taken = attempts.take(connection, self.rules, subject, place, factor, now)
        if not taken.counted and taken.lock is not None:
            raise self._locked(connection, taken.lock, stranger)
        return taken.lock is not None

    def wrong(
        self,
        connection: Connection,
        subject: Subject,
        place: str,
        factor: Factor,
        now: int,
        *,
        last: bool,
        stranger: bool,
    ) -> VerificationError:
        """What to raise for a wrong answer, after this transaction; the owner is told of a lock."""
        lock = self.lock_of(connection, subject, place, factor, now)
        if lock is None:
            return AnswerWrong(self.left(connection, subject, place, factor, now))
        if last:
            _log.warning("subject_locked", subject=str(subject), times=lock.times, known_device=bool(place))
            if lock.times:  # a day's count is used up only after locks that were told
                self._resolver.tell_locked(connection, lock, now)
        return self._locked(connection, lock, stranger)

    def check(
        self, connection: Connection, subject: Subject, place: str, factor: Factor, now: int, *, stranger: bool
    ) -> None:
        """Raises Locked while a lock holds; takes nothing."""
        lock = self.lock_of(connection, subject, place, factor, now)
        if lock is not None:
            raise self._locked(connection, lock, stranger)

    def lock_of(
        self, connection: Connection, subject: Subject, place: str, factor: Factor | None, now: int
    ) -> Lock | None:
        """The lock that holds here, of the place or (with a factor) of the factor for the day."""
        return attempts.read(connection, subject, now).lock(self.rules, place, factor)

    def locks_of(
        self, connection: Connection, subject: Subject, place: str, factors: Iterable[Factor], now: int
    ) -> dict[Factor, int]:
        """Until when each of these factors is locked here; those that are not are left out."""
        held = attempts.read(connection, subject, now)
        locks = {factor: held.lock(self.rules, place, factor) for factor in factors}
        return {factor: lock.until for factor, lock in locks.items() if lock}

    def left(self, connection: Connection, subject: Subject, place: str, factor: Factor | None, now: int) -> int:
        """How many wrong answers are left here."""
        return attempts.read(connection, subject, now).left(self.rules, place, factor)

    def _locked(self, connection: Connection, lock: Lock, stranger: bool) -> Locked:
        return Locked(lock.until, self._ways(connection, lock.subject, stranger))

    def _ways(self, connection: Connection, subject: Subject, stranger: bool) -> tuple[Factor, ...]:
        """What opens while a lock holds; to a stranger, all that could."""
        if stranger:
            return credentials.KEYS
        held = credentials.kinds(connection, subject)
        return tuple(factor for factor in credentials.KEYS if factor in held)
