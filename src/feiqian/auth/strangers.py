"""What is kept of those who register, sign in or recover, before they have proved anything: so much, for so long.

Removed in small steps, in the caller's transaction; everything here blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Column, Connection, and_, or_, select

from feiqian.auth.tables import doors as doors_table
from feiqian.auth.tables import reports as reports_table
from feiqian.auth.tables import sign_ins as sign_ins_table
from feiqian.clock import DAY
from feiqian.customers import applications
from feiqian.runtime.holdings import BEFORE, Holdings
from feiqian.runtime.sweeping import Sweep, beyond_newest, remove_some
from feiqian.subjects import Role

KEPT = DAY  # that what was begun is kept
EACH, IN_ALL = 1_000, 20_000  # of one network, and of all: doors, and applications
NOBODYS_SIGN_INS = 10_000  # tries to sign in with numbers that are nobody's
_NOBODY = sign_ins_table.c.role == Role.NOBODY.value


class Strangers:
    """What is held of each kind, by network; `sweeps` remove what is over."""

    def __init__(self) -> None:
        self.held_doors = Holdings("doors", EACH, IN_ALL)
        self.held_applications = Holdings("applications", EACH, IN_ALL)
        self.held_reports = Holdings("reports", EACH, IN_ALL)
        self._loaded: set[str] = set()

    def doors(self, connection: Connection, network: str, challenge: str) -> list[str]:
        """Notes a new door; the challenges of those that make room for it."""
        given_up = self._load(connection, self.held_doors, doors_table.c.challenge, doors_table.c.created_at)
        return given_up + self.held_doors.take(network, challenge)

    def applications(self, connection: Connection, network: str, id: str) -> list[str]:
        """Notes a newcomer's application; the ids of those that make room for it."""
        given_up = self._first(self.held_applications, lambda: applications.of_newcomers(connection))
        return given_up + self.held_applications.take(network, id)

    def reports(self, connection: Connection, network: str, id: str) -> list[str]:
        """Notes a report of a lost phone; the ids of those that make room for it."""
        given_up = self._load(connection, self.held_reports, reports_table.c.id, reports_table.c.at)
        return given_up + self.held_reports.take(network, id)

    @property
    def held(self) -> tuple[Holdings, ...]:
        return self.held_doors, self.held_applications, self.held_reports

    @property
    def sweeps(self) -> tuple[Sweep, ...]:
        return self._sweep_doors, self._sweep_applications, self._sweep_reports, sweep_sign_ins

    def _load(self, connection: Connection, held: Holdings, key: Column[Any], at: Column[Any]) -> list[str]:
        return self._first(held, lambda: connection.execute(select(key).order_by(at)).scalars())

    def _first(self, held: Holdings, there: Callable[[], Iterable[str]]) -> list[str]:
        """After a start: those that are there already are one holder's, so they make room first."""
        if held.name in self._loaded:
            return []
        self._loaded.add(held.name)
        return [given_up for one in there() for given_up in held.take(BEFORE, one)]

    def _sweep_doors(self, connection: Connection, now: int, most: int) -> int:
        removed = remove_some(connection, doors_table, doors_table.c.created_at < now - KEPT, most)
        self.held_doors.drop(challenge for (challenge,) in removed)
        return len(removed)

    def _sweep_applications(self, connection: Connection, now: int, most: int) -> int:
        removed = applications.remove_begun_before(connection, now - KEPT, most)
        self.held_applications.drop(removed)
        return len(removed)

    def _sweep_reports(self, connection: Connection, now: int, most: int) -> int:
        c = reports_table.c
        removed = remove_some(connection, reports_table, and_(c.at < now - KEPT, c.done_at > 0), most)
        self.held_reports.drop(row[0] for row in removed)
        return len(removed)


def sweep_sign_ins(connection: Connection, now: int, most: int) -> int:
    """With numbers that are nobody's, nobody ever looks at them."""
    c = sign_ins_table.c
    beyond = beyond_newest(connection, sign_ins_table, _NOBODY, c.id, NOBODYS_SIGN_INS)
    return len(remove_some(connection, sign_ins_table, or_(and_(_NOBODY, c.at < now - DAY), beyond), most))
