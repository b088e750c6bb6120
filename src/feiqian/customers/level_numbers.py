"""The number that each of the policy's levels has in this bank: given to its name once, and kept for ever.

Customers, changes of levels and the audit log hold the number. So a bank may add a level to its policy between two
others, or take one out that nobody has, and everybody keeps the level they were given. All functions block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from sqlalchemy import Connection, func, insert, select

from feiqian.audit_log.log import AuditLog
from feiqian.customers.errors import LevelsRefused
from feiqian.customers.levels import ABOUT, BY, SET
from feiqian.customers.tables import customers, levels
from feiqian.policy.model import Policy

NUMBERED = "levels_numbered"
_AS = "start once with the levels that this bank had before, then change them"
MOST = 256  # names in a bank's life; the registry has one byte for a customer's level


def number_levels(audit_log: AuditLog, connection: Connection, policy: Policy, now: int) -> Policy:
    """Return the policy with this bank's numbers, after new names have got theirs.

    Raises LevelsRefused where a customer has a level that the policy lacks, or the policy's order cannot be the one
    by which a bank without names counted its levels.
    """
    names = [level.name for level in sorted(policy.levels, key=lambda level: level.added)]
    known = {row.name: row.number for row in connection.execute(select(levels))}
    if not known:
        _check_order(audit_log, connection, [level.name for level in policy.levels if not level.added])
    _check_missing(connection, {number: name for name, number in known.items() if name not in names})
    new = [name for name in names if name not in known]
    if len(known) + len(new) > MOST:
        raise LevelsRefused(f"the policy's levels have had more than {MOST} names: use one of before again")
    if new:
        numbers = dict(zip(new, range(len(known), MOST), strict=False))
        connection.execute(insert(levels), [{"number": number, "name": name} for name, number in numbers.items()])
        audit_log.append(connection, BY, NUMBERED, ABOUT, {"names": tuple(new), "first": len(known)}, now)
        known |= numbers
    return policy.numbered(known)


def differences(audit_log: AuditLog, connection: Connection) -> Iterator[str]:
    """Names of levels that are not what the audit log says."""
    told = dict(_told(audit_log, connection))
    stored: Mapping[int, str] = {row.number: row.name for row in connection.execute(select(levels))}
    for number in sorted(told.keys() | stored.keys()):
        if told.get(number) != stored.get(number):
            is_called, said = (names.get(number, "missing") for names in (stored, told))
            yield f"level {number} is {is_called}; the audit log says {said}"


def _told(audit_log: AuditLog, connection: Connection) -> Iterator[tuple[int, str]]:
    for entry in audit_log.each(connection, (NUMBERED,)):
        yield from enumerate(cast(Sequence[str], entry.details["names"]), cast(int, entry.details["first"]))


def _check_order(audit_log: AuditLog, connection: Connection, names: Sequence[str]) -> None:
    """Versions before 7 stored a level's place in the policy's list, and told the audit log place and name."""
    highest = connection.execute(select(func.max(customers.c.level))).scalar() or 0
    if highest >= len(names):
        raise LevelsRefused(f"a customer has the level at place {highest}, and the policy has only {len(names)}: {_AS}")
    for entry in audit_log.each(connection, (SET,)):
        place, name = entry.details.get("index"), entry.details.get("level")
        if isinstance(place, int) and (place >= len(names) or names[place] != name):
            raise LevelsRefused(f"{entry.about} got the level {name!r} when it was at place {place}: {_AS}")


def _check_missing(connection: Connection, missing: Mapping[int, str]) -> None:
    """A level that was taken out of the policy may be nobody's."""
    if not missing:
        return
    counts = select(customers.c.level, func.count()).where(customers.c.level.in_(missing)).group_by(customers.c.level)
    for number, count in connection.execute(counts):
        raise LevelsRefused(
            f"customers with the level {missing[number]!r}, which the policy lacks: {count}. Put it back, let staff"
            " give them another, then take it out"
        )
