"""Wrong answers, counted by subject, place and factor; then a lock of that place, or of that factor for a day.

A place is a device that the subject has signed in from, or UNKNOWN: all other devices together. Wrong answers of a
place share one count over factors, sessions and challenges, and lock that place alone: what strangers answer never
locks the owner out on a known device. Besides, each factor has a number of wrong answers a day: one half for unknown
devices, one for all known devices together, so that neither uses up the other's.

A try is taken before the answer is compared, and given back if the answer was right: however many guess at once, no
more are compared than may be wrong. All functions block, in the caller's transaction, and hold the subject's anchor row
until it ends, so that they come one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from feiqian.auth.challenges.model import Lock
from feiqian.auth.challenges.tables import attempts, insert_missing, of
from feiqian.clock import DAY, MINUTE
from feiqian.columns import SUBJECT
from feiqian.policy.factors import Factor
from feiqian.policy.model import Tries
from feiqian.runtime import logs
from feiqian.subjects import Subject

UNKNOWN = ""  # the place of all devices that the subject has not signed in from
_ANCHOR = (UNKNOWN, "")  # of no factor: the row that is held
_log = logs.get("feiqian.verification")
_c = attempts.c


class Taken(NamedTuple):
    """`counted`: a try was taken; then `lock` is what it brought, being the last. Otherwise `lock` is what holds."""

    counted: bool
    lock: Lock | None


class _Row(NamedTuple):
    """Of one place and factor. Times in Unix microseconds, 0 for none."""

    place: str
    factor: str
    wrong: int = 0  # since the last lock of the place or the last right answer; with those being compared
    day_from: int = 0
    day_wrong: int = 0  # within a day from `day_from` on
    locks: int = 0  # in a row
    locked_until: int = 0

    def at(self, now: int) -> _Row:
        """As it counts now: what is over is gone."""
        row = self
        if 0 < row.locked_until <= now:
            row = row._replace(wrong=0, locked_until=0)
        if row.day_from + DAY <= now:
            row = row._replace(day_from=0, day_wrong=0)
        return row


class Held:
    """All rows of one subject, as they count now."""

    def __init__(self, rows: Iterable[_Row], subject: Subject, now: int) -> None:
        self.rows = {(row.place, row.factor): row.at(now) for row in rows}
        self.subject, self.now = subject, now

    def row(self, place: str, factor: Factor) -> _Row:
        return self.rows.get((place, str(factor)), _Row(place, str(factor)))

    def of_place(self, place: str) -> list[_Row]:
        return [row for row in self.rows.values() if row.place == place]

    def wrong(self, place: str) -> int:
        return sum(row.wrong for row in self.of_place(place))

    def place_lock(self, place: str) -> Lock | None:
        held = [row for row in self.of_place(place) if row.locked_until]
        if not held:
            return None
        return Lock(self.subject, max(row.locked_until for row in held), max(row.locks for row in held), place)

    def of_day(self, place: str, factor: Factor) -> list[_Row]:
        """The rows that share the day's wrong answers of a factor with this place."""
        rows = (row for row in self.rows.values() if row.factor == factor and row.day_wrong)
        return [row for row in rows if (row.place == UNKNOWN) == (place == UNKNOWN)]

    def day_lock(self, rules: Tries, place: str, factor: Factor) -> Lock | None:
        rows = sorted(self.of_day(place, factor), key=lambda row: row.day_from)
        left, until = sum(row.day_wrong for row in rows), 0
        for row in rows:
            if left < rules.half_of_day:
                break
            left, until = left - row.day_wrong, row.day_from + DAY
        return Lock(self.subject, until, 0, place) if until else None

    def lock(self, rules: Tries, place: str, factor: Factor | None) -> Lock | None:
        """The lock that holds here; with a factor, that factor's for the day too."""
        locks = [self.place_lock(place), self.day_lock(rules, place, factor) if factor else None]
        return max((lock for lock in locks if lock), key=lambda lock: lock.until, default=None)

    def left(self, rules: Tries, place: str, factor: Factor | None) -> int:
        """How many wrong answers are left here (of one factor) before a lock; 0 while one holds."""
        if self.lock(rules, place, factor):
            return 0
        left = rules.at_most - self.wrong(place)
        if factor:
            left = min(left, rules.half_of_day - sum(row.day_wrong for row in self.of_day(place, factor)))
        return max(0, left)


def take(connection: Connection, rules: Tries, subject: Subject, place: str, factor: Factor, now: int) -> Taken:
    """Takes one try, unless a lock holds. After a lock has run out there are all again."""
    held = _hold(connection, subject, now)
    if lock := held.lock(rules, place, factor):
        return Taken(False, lock)
    row = held.row(place, factor)
    row = row._replace(wrong=row.wrong + 1, day_wrong=row.day_wrong + 1, day_from=row.day_from or now)
    held.rows[place, row.factor] = row
    if held.wrong(place) >= rules.at_most:
        _lock(connection, rules, held, place)
    else:
        _put(connection, subject, row, now)
    return Taken(True, held.lock(rules, place, factor))


def hold(connection: Connection, subject: Subject, now: int) -> None:
    """Until this transaction ends, nobody else counts for this subject."""
    _hold(connection, subject, now)


def give_back(connection: Connection, rules: Tries, subject: Subject, place: str, factor: Factor, now: int) -> None:
    """The answer was right, or was never compared: the try is not counted, and the lock that it brought is none."""
    held = _hold(connection, subject, now)
    row = held.row(place, factor)
    if not row.wrong and not row.day_wrong:
        return
    if held.wrong(place) >= rules.at_most:
        for other in held.of_place(place):
            if other.locked_until:
                held.rows[place, other.factor] = other._replace(locks=max(0, other.locks - 1), locked_until=0)
                _put(connection, subject, held.rows[place, other.factor], now)
        row = held.row(place, factor)
    _put(connection, subject, row._replace(wrong=max(0, row.wrong - 1), day_wrong=max(0, row.day_wrong - 1)), now)


def forget(connection: Connection, subject: Subject, place: str, factors: Iterable[Factor], now: int) -> None:
    """These factors were answered rightly here: what was wrong before is forgotten, but not what counts for the day."""
    held = _hold(connection, subject, now)
    for factor in factors:
        row = held.row(place, factor)
        if row.wrong or row.locks:
            _put(connection, subject, row._replace(wrong=0, locks=0), now)


def lift(connection: Connection, subject: Subject, now: int) -> bool:
    """Lifts the locks of all places, which the holder of a key may; whether there was one. The day's counts stay."""
    held = _hold(connection, subject, now)
    if not any(row.locked_until for row in held.rows.values()):
        return False
    connection.execute(update(attempts).where(of(attempts, subject)).values(wrong=0, locks=0, locked_until=0))
    _log.info("lock_lifted", subject=str(subject), by=str(subject))
    return True


def unlock(connection: Connection, subject: Subject, by: Subject, now: int) -> None:
    """Forgets everything, by staff or after a recovery: no wrong answers, no lock, and the next is a first one."""
    _hold(connection, subject, now)
    nothing = {"wrong": 0, "day_from": 0, "day_wrong": 0, "locks": 0, "locked_until": 0}
    connection.execute(update(attempts).where(of(attempts, subject)).values(nothing))
    _log.info("lock_lifted", subject=str(subject), by=str(by))


def any_lock(connection: Connection, rules: Tries, subject: Subject, now: int) -> Lock | None:
    """The lock, of any place and factor, that holds the longest."""
    held = read(connection, subject, now)
    places = {place for place, factor in held.rows if factor}
    locks = [held.lock(rules, place, factor) for place in places for factor in _factors(held, place)]
    return max((lock for lock in locks if lock), key=lambda lock: lock.until, default=None)


def _factors(held: Held, place: str) -> list[Factor]:
    return [Factor(row.factor) for row in held.of_place(place) if row.factor]


def _hold(connection: Connection, subject: Subject, now: int) -> Held:
    """The subject's rows, held. Who tidies up may remove the anchor while it is waited for: then there is a new one."""
    place, factor = _ANCHOR
    anchor = select(_c.at).where(of(attempts, subject), _c.place == place, _c.factor == factor).with_for_update()
    while connection.execute(anchor).first() is None:
        insert_missing(connection, attempts, _values(subject, _Row(place, factor), now))
    return read(connection, subject, now)


def read(connection: Connection, subject: Subject, now: int) -> Held:
    """The subject's rows as they count now, not held."""
    columns = [_c[name] for name in _Row._fields]
    rows: Any = connection.execute(select(*columns).where(of(attempts, subject)))
    return Held((_Row(*row) for row in rows), subject, now)


def _lock(connection: Connection, rules: Tries, held: Held, place: str) -> None:
    """Locks the place. Each lock in a row lasts longer; only right answers of what was wrong end the row."""
    wrong = [row for row in held.of_place(place) if row.wrong]
    times = 1 + max(row.locks for row in wrong)
    minutes = rules.lock_minutes[min(times, len(rules.lock_minutes)) - 1]
    for row in wrong:
        locked = row._replace(locks=times, locked_until=held.now + minutes * MINUTE)
        held.rows[place, row.factor] = locked
        _put(connection, held.subject, locked, held.now)


def _put(connection: Connection, subject: Subject, row: _Row, now: int) -> None:
    here = (of(attempts, subject), _c.place == row.place, _c.factor == row.factor)
    values = _values(subject, row, now)
    if not connection.execute(update(attempts).where(*here).values(values)).rowcount:
        connection.execute(insert(attempts).values(values))


def _values(subject: Subject, row: _Row, now: int) -> dict[str, Any]:
    return SUBJECT.values(subject) | {"at": now} | row._asdict()
