"""Wrong answers are counted for each subject in all, over sessions, challenges, channels and factors; then a lock.

A try is taken before the answer is compared, in one SQL statement, and given back if the answer was right: so however
many guess at once, no more are compared than may be wrong. The last try that is taken locks at once. Whoever answers
while a lock holds is not compared with anything. All functions block, in the caller's transaction; `take` must be
committed before the comparison.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, literal, or_, select, update

from feiqian import logs
from feiqian.db import BIG
from feiqian.policy.model import Tries
from feiqian.subjects import Subject
from feiqian.verification.model import Lock
from feiqian.verification.tables import changed, insert_missing, of, tries

MINUTE = 60_000_000
_log = logs.get("feiqian.verification")
_t = tries.c


def take(connection: Connection, rules: Tries, subject: Subject, now: int) -> bool:
    """Takes one try; False if there is none left or a lock holds. After a lock has run out there are all again."""
    _begin(connection, subject, now)
    over = and_(_t.locked_until > 0, _t.locked_until <= now)
    taken = case((over, 1), else_=_t.count + 1)
    locks_now = taken >= rules.at_most
    statement = (
        update(tries)
        .where(of(tries, subject), or_(_t.locked_until == 0, over))
        .values(
            count=taken,
            touched_at=now,
            locks=case((locks_now, _t.locks + 1), else_=_t.locks),
            locked_until=case((locks_now, _until(rules, now)), else_=literal(0, BIG)),
        )
    )
    return changed(connection, statement) == 1


def hold(connection: Connection, subject: Subject, now: int) -> None:
    """Until this transaction ends, nobody else counts for this subject."""
    _begin(connection, subject, now)
    connection.execute(select(_t.count).where(of(tries, subject)).with_for_update())


def give_back(connection: Connection, rules: Tries, subject: Subject) -> None:
    """The answer was right: the try is not counted, and the lock that it brought is none."""
    full = _t.count >= rules.at_most
    statement = (
        update(tries)
        .where(of(tries, subject), _t.count > 0)
        .values(
            count=_t.count - 1,
            locks=case((and_(full, _t.locks > 0), _t.locks - 1), else_=_t.locks),
            locked_until=case((full, 0), else_=_t.locked_until),
        )
    )
    connection.execute(statement)


def forget(connection: Connection, subject: Subject) -> None:
    """All is well again: no wrong answers, no lock, and the next lock is as short as the first."""
    connection.execute(update(tries).where(of(tries, subject)).values(count=0, locks=0, locked_until=0))


def left(connection: Connection, rules: Tries, subject: Subject, now: int) -> int:
    """How many wrong answers are left before a lock; 0 while one holds."""
    row: Any = connection.execute(select(_t.count, _t.locked_until).where(of(tries, subject))).first()
    if row is None or 0 < row.locked_until <= now:
        return rules.at_most
    return 0 if row.locked_until else max(0, rules.at_most - row.count)


def lock_of(connection: Connection, subject: Subject, now: int) -> Lock | None:
    """The lock that holds."""
    row: Any = connection.execute(select(_t.locks, _t.locked_until).where(of(tries, subject))).first()
    return Lock(subject, row.locked_until, row.locks) if row is not None and row.locked_until > now else None


def unlock(connection: Connection, subject: Subject, by: Subject) -> None:
    """Lifts a lock, by staff or by what cannot be guessed."""
    forget(connection, subject)
    _log.info("lock_lifted", subject=str(subject), by=str(by))


def _begin(connection: Connection, subject: Subject, now: int) -> None:
    row = {"role": str(subject.role), "number": subject.number, "count": 0, "locks": 0, "locked_until": 0}
    insert_missing(connection, tries, row | {"touched_at": now})


def _until(rules: Tries, now: int) -> ColumnElement[int]:
    """The end of a lock that begins now: each in a row has its own length, the last is used ever again."""
    *ends, last = [literal(now + MINUTE * minutes, BIG) for minutes in rules.lock_minutes]
    return case(*((_t.locks == index, end) for index, end in enumerate(ends)), else_=last) if ends else last
