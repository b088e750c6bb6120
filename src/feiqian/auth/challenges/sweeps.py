"""What verification keeps of strangers, and for how long: removed in small steps, in the caller's transaction (blocks).

Whoever has proved nothing may cause rows: challenges, codes, sends, attempts. Each kind ends by its age; and of
attempts and sends of those who are nobody's, the newest are kept and no more than that.
"""

from __future__ import annotations

from sqlalchemy import Connection, and_, delete, or_, select

from feiqian.auth.challenges import tables
from feiqian.auth.challenges.store import STRANGERS
from feiqian.clock import DAY, HOUR
from feiqian.runtime.holdings import BEFORE, Holdings
from feiqian.runtime.sweeping import Sweep, beyond_newest, remove_some
from feiqian.subjects import Role

KEPT = DAY  # after its end that a challenge is kept, to say how it ended
STRANGERS_KEPT = HOUR  # and one that a stranger began
STRANGERS_EACH = 1_000  # challenges of strangers that are kept, of one network
STRANGERS_IN_ALL = 20_000
ATTEMPTS_KEPT = 7 * DAY  # after the last of them, unless a lock still holds
NOBODYS_ATTEMPTS, NOBODYS_SENDS = 50_000, 20_000  # rows, of numbers and names that are nobody's

_c, _attempts, _sends = tables.challenges.c, tables.attempts.c, tables.sends.c
_BY_STRANGERS = _c.purpose.in_(sorted(STRANGERS))
_NOBODY = (Role.NOBODY.value, Role.APPLICANT.value)


class Sweeps:
    """`held`: the challenges that strangers have begun, by their networks."""

    def __init__(self) -> None:
        self.held = Holdings("strangers_challenges", STRANGERS_EACH, STRANGERS_IN_ALL)
        self._loaded = False

    def take(self, connection: Connection, network: str, id: str) -> None:
        """Notes a stranger's new challenge; the oldest of whoever has most make room for it."""
        given_up = self._load(connection) if not self._loaded else []
        given_up += self.held.take(network, id)
        if given_up:
            connection.execute(delete(tables.challenges).where(_c.id.in_(given_up)))
            connection.execute(delete(tables.codes).where(tables.codes.c.challenge.in_(given_up)))

    def _load(self, connection: Connection) -> list[str]:
        """After a start: those that are there already are one holder's, so they make room first."""
        self._loaded = True
        ids = connection.execute(select(_c.id).where(_BY_STRANGERS).order_by(_c.begun_at)).scalars()
        return [given_up for id in ids for given_up in self.held.take(BEFORE, id)]

    @property
    def all(self) -> tuple[Sweep, ...]:
        return self.challenges, codes, sends, enrolments, attempts

    def challenges(self, connection: Connection, now: int, most: int) -> int:
        """What ended long ago."""
        over = or_(_c.expires_at < now - KEPT, and_(_BY_STRANGERS, _c.expires_at < now - STRANGERS_KEPT))
        ids = [id for (id,) in remove_some(connection, tables.challenges, over, most)]
        self.held.drop(ids)
        if ids:
            connection.execute(delete(tables.codes).where(tables.codes.c.challenge.in_(ids)))
        return len(ids)


def codes(connection: Connection, now: int, most: int) -> int:
    """Of challenges that are long over."""
    return len(remove_some(connection, tables.codes, tables.codes.c.sent_at < now - KEPT, most))


def sends(connection: Connection, now: int, most: int) -> int:
    """What no cap counts any more; and of nobody's, all but the newest."""
    nobodys = beyond_newest(connection, tables.sends, _sends.role == Role.NOBODY.value, _sends.at, NOBODYS_SENDS)
    return len(remove_some(connection, tables.sends, or_(_sends.at < now - DAY, nobodys), most))


def enrolments(connection: Connection, now: int, most: int) -> int:
    """What was never finished."""
    return len(remove_some(connection, tables.enrolments, tables.enrolments.c.expires_at < now, most))


def attempts(connection: Connection, now: int, most: int) -> int:
    """What was last counted long ago and locks nothing; of nobody, and of those who register, also what counts nothing,
    and all but the newest."""
    c, nobodys = _attempts, _attempts.role.in_(_NOBODY)
    counts_nothing = and_(c.wrong == 0, c.day_wrong == 0, c.locks == 0, c.at < now - HOUR)
    old = and_(c.at < now - ATTEMPTS_KEPT, c.locked_until <= now)
    beyond = beyond_newest(connection, tables.attempts, nobodys, c.at, NOBODYS_ATTEMPTS)
    return len(remove_some(connection, tables.attempts, or_(old, and_(nobodys, counts_nothing), beyond), most))
