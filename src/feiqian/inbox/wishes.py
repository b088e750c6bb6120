"""What a customer wants to have sent, and when not: quiet hours, and groups of messages that stay in the inbox alone.

What is for their safety, and whatever belongs to no group (codes, confirmations), is sent always and at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, insert, select

from feiqian.audit_log.log import AuditLog
from feiqian.clock import DAY, Clock
from feiqian.ids import CustomerNumber
from feiqian.inbox.errors import WishesInvalid
from feiqian.inbox.model import NOTHING_CHOSEN, Group, Wish
from feiqian.inbox.tables import wishes
from feiqian.notify.quiet import DAY_MINUTES, Quiet
from feiqian.runtime.locks import lock
from feiqian.runtime.transactions import Transactions, reads, writes
from feiqian.subjects import customer as subject_of

CHOSEN = "notices_chosen"
CHANGES_A_DAY = 30
_c = wishes.c


@dataclass(kw_only=True, eq=False, repr=False)
class Wishes:
    """Of the customers of one bank. `groups` says which kinds of notices are of which group."""

    transactions: Transactions
    clock: Clock
    audit_log: AuditLog
    zone: ZoneInfo
    groups: Callable[[], Mapping[str, Group | None]]

    @reads
    def of(self, connection: Connection, number: CustomerNumber) -> Wish:
        return _read(connection, number)

    @writes
    def put(self, connection: Connection, number: CustomerNumber, wish: Wish) -> Wish:
        """Replaces what was chosen. Raises WishesInvalid."""
        _check(wish)
        lock(connection, f"wishes of {number}")
        wish = wish._replace(unsent=tuple(group for group in Group if group in wish.unsent))
        subject, now = subject_of(number), self.clock.now()
        if _read(connection, number) == wish:
            return wish
        if self.audit_log.count(connection, str(subject), CHOSEN, now - DAY) >= CHANGES_A_DAY:
            raise WishesInvalid("too_often")
        _write(connection, number, wish)
        self.audit_log.append(connection, subject, CHOSEN, str(subject), {"unsent": wish.unsent}, now)
        return wish

    def not_before(self, connection: Connection, number: CustomerNumber, kind: str, now: int) -> int | None:
        """From when on a message of this kind may be sent: now, or when the quiet hours end; None: not at all."""
        group = self.groups().get(kind)
        if group is None:
            return now
        wish = _read(connection, number)
        if group in wish.unsent:
            return None
        return (wish.quiet.end(now, self.zone) if wish.quiet else None) or now


def _check(wish: Wish) -> None:
    quiet = wish.quiet
    if quiet and not (quiet.since != quiet.until and all(0 <= minute < DAY_MINUTES for minute in quiet)):
        raise WishesInvalid("quiet")


def _read(connection: Connection, number: CustomerNumber) -> Wish:
    row = connection.execute(select(wishes).where(_c.customer == number)).first()
    if row is None:
        return NOTHING_CHOSEN
    quiet = None if row.quiet_since is None else Quiet(row.quiet_since, row.quiet_until)
    return Wish(quiet, row.unsent)


def _write(connection: Connection, number: CustomerNumber, wish: Wish) -> None:
    quiet = wish.quiet
    values = {"customer": number, "unsent": wish.unsent}
    values |= {"quiet_since": quiet.since if quiet else None, "quiet_until": quiet.until if quiet else None}
    connection.execute(delete(wishes).where(_c.customer == number))
    connection.execute(insert(wishes).values(values))
