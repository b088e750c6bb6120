"""Customers' levels as the audit log tells of them: written there where they are set, and compared with what is stored.

Whoever is told nothing of has the lowest level. A bank that is older than this begins with a baseline: what its levels
were at the first start, in runs of numbers. All functions block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import cast

from sqlalchemy import Connection, select

from feiqian.audit_log.entry import Entry
from feiqian.audit_log.log import AuditLog
from feiqian.customers.tables import customers
from feiqian.subjects import Role, Subject

BASELINE, ADDED, SET = "levels_baseline", "customers_added", "level_set"
ABOUT = "levels"
RUNS = 200  # of an entry
MANY = 100_000
UNVERIFIED = 0
BY = Subject(Role.STAFF, 0)  # the operator
_c = customers.c
Run = tuple[int, int, int]  # the first number, how many, their level


def record_baseline(audit_log: AuditLog, connection: Connection, now: int) -> bool:
    """Writes what all levels are, once in a bank's life; whether it was written now."""
    if any(entry.action == BASELINE for entry in audit_log.of(connection, ABOUT)):
        return False
    runs = list(_runs_of(connection))
    parts = [runs[at : at + RUNS] for at in range(0, len(runs), RUNS)] or [[]]
    for number, part in enumerate(parts, 1):
        details = {"runs": _flat(part), "part": number, "parts": len(parts)}
        audit_log.append(connection, BY, BASELINE, ABOUT, details, now)
    return True


def record_added(audit_log: AuditLog, connection: Connection, numbers: range, level: int, now: int) -> None:
    """New customers who begin with another level than the lowest: of a seed."""
    if numbers and level != UNVERIFIED:
        details = {"runs": (numbers.start, len(numbers), level)}
        audit_log.append(connection, BY, ADDED, f"customers:{numbers.start}", details, now)


def differences(audit_log: AuditLog, connection: Connection) -> Iterator[str]:
    """Customers whose stored level is not what the audit log says; nothing where no baseline was written yet."""
    told = _told(audit_log.each(connection, (BASELINE, ADDED, SET)))
    if told is None:
        return
    rows = connection.execute(select(_c.number, _c.level), execution_options={"yield_per": MANY})
    for number, level in rows:
        expected = told[number] if number < len(told) else UNVERIFIED
        if level != expected:
            yield f"customer {number} has the level {level}; the audit log says {expected}"


def _told(entries: Iterable[Entry]) -> bytearray | None:
    """The levels by number as the audit log tells them since its baseline; None without one."""
    told: bytearray | None = None
    for entry in entries:
        if entry.action == BASELINE:
            told = bytearray() if entry.details["part"] == 1 or told is None else told
        if told is None:
            continue
        for first, count, level in _runs_in(entry):
            told.extend(bytes(max(0, first + count - len(told))))
            told[first : first + count] = bytes([level]) * count
    return told


def _runs_in(entry: Entry) -> Iterator[Run]:
    if entry.action == SET:
        level = entry.details.get("index")
        if isinstance(level, int):
            yield int(entry.about.partition(":")[2]), 1, level
        return
    numbers = cast(Sequence[int], entry.details["runs"])
    for at in range(0, len(numbers), 3):
        yield numbers[at], numbers[at + 1], numbers[at + 2]


def _runs_of(connection: Connection) -> Iterator[Run]:
    """The stored levels that are not the lowest, as few runs as there can be."""
    rows = connection.execute(select(_c.number, _c.level).where(_c.level != UNVERIFIED).order_by(_c.number))
    for _, run in groupby(enumerate(rows), key=lambda one: (one[1].number - one[0], one[1].level)):
        members = [row for _, row in run]
        yield members[0].number, len(members), members[0].level


def _flat(runs: Iterable[Run]) -> tuple[int, ...]:
    return tuple(number for run in runs for number in run)
