"""The audit log: who looked at what and who did what, appended in the same transaction as what it tells of.

Each entry is chained to the one before it by hash, and appends are serialised, so parallel ones make one chain. What
`verify` cannot see by itself: that somebody with write access to the database has computed the chain anew from some
position to the end, or has cut off its tail and set the head back. Against both, give it a head kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, LargeBinary, String, func, insert, select, text, type_coerce, update

from feiqian.audit_log.entry import (
    GENESIS,
    Entry,
    Finding,
    Head,
    check_entry,
    hash_of,
    pack_details,
)
from feiqian.audit_log.tables import entries, head
from feiqian.columns import SUBJECT
from feiqian.runtime.paging import FIRST, Ask, Order, Page, page_of
from feiqian.subjects import Role, Subject

PAGE = 100
_LOCK = 0x6671_7472_6169_6C00  # of this log among PostgreSQL's advisory locks
_HEAD = 1  # the head's only row
_BATCHES = {"yield_per": 1_000}
_ROLES = frozenset(Role)
_c = entries.c
_ORDER = Order((_c.position,))
# As the bytes are: whoever has changed them may have written what no value is.
_STORED = select(
    _c.position,
    _c.at,
    type_coerce(_c.role, String).label("role"),
    _c.number,
    _c.action,
    _c.about,
    type_coerce(_c.details, LargeBinary).label("details"),
    _c.hash,
).order_by(_c.position)


class AuditLog:
    """The audit log of one bank's database. Methods take the caller's connection and block."""

    def append(
        self, connection: Connection, actor: Subject, action: str, about: str, details: Mapping[str, object], now: int
    ) -> int:
        """Adds an entry; returns its position. Raises EntryRefused.

        `connection` is of `BankDb.write`. Whoever appends next waits for the end of that transaction.
        """
        check_entry(action, about)
        packed = pack_details(details)
        self._lock(connection)
        last = self.head(connection)
        position = last.position + 1
        hashed = hash_of(last.hash, position, now, actor, action, about, packed)
        row = {"position": position, "at": now, "action": action, "about": about, "details": packed, "hash": hashed}
        connection.execute(insert(entries).values(row | SUBJECT.values(actor)))
        self._move_head(connection, position, hashed)
        return position

    def head(self, connection: Connection) -> Head:
        """The end of the audit log; position 0 of an empty one."""
        row = connection.execute(select(head.c.position, head.c.hash).where(head.c.id == _HEAD)).first()
        return Head(0, GENESIS) if row is None else Head(row.position, row.hash)

    def of(self, connection: Connection, about: str, limit: int = PAGE) -> list[Entry]:
        """The newest entries about somebody or something, newest first."""
        return list(self.page(connection, FIRST, limit, about).items)

    def count(self, connection: Connection, about: str, action: str, since: int) -> int:
        """How often it was done about somebody or something after a moment (Unix microseconds)."""
        done = select(func.count()).where(_c.about == about, _c.action == action, _c.at > since)
        return int(connection.execute(done).scalar_one())

    def newest(self, connection: Connection, limit: int = PAGE) -> list[Entry]:
        """The newest entries of all, newest first."""
        return list(self.page(connection, FIRST, limit).items)

    def page(
        self, connection: Connection, ask: Ask, limit: int = PAGE, about: str = "", but: Collection[str] = ()
    ) -> Page[Entry]:
        """A page of all entries, newest first, or of those about somebody or something.

        None of the actions `but` is in it: however many there are of those, they leave room for the others.
        """
        rows = select(entries)
        if about:
            rows = rows.where(_c.about == about)
        if but:
            rows = rows.where(_c.action.not_in(sorted(but)))
        found = page_of(connection, rows, _ORDER, ask, limit)
        return found.of([_entry(row) for row in found.items])

    def any_since(self, connection: Connection, about: str, actions: Collection[str], at: int) -> bool:
        """Whether one of these was done about somebody or something at this time (Unix microseconds) or later."""
        found = select(_c.position).where(_c.about == about, _c.action.in_(actions), _c.at >= at)
        return connection.execute(found.limit(1)).first() is not None

    def each(self, connection: Connection, actions: Sequence[str]) -> Iterator[Entry]:
        """Every entry of these actions, the oldest first."""
        found = select(entries).where(_c.action.in_(actions)).order_by(_c.position)
        return map(_entry, connection.execute(found, execution_options=_BATCHES))

    def verify(self, connection: Connection, anchor: Head | None = None) -> Finding | None:
        """The first position that is not as it was written; None if the chain is whole. Reads all of it.

        `anchor` is a head of before, kept outside this database.
        """
        kept = self.head(connection)  # first: entries that are appended meanwhile come after it
        previous, position = GENESIS, 0
        for row in connection.execute(_STORED, execution_options=_BATCHES):
            position += 1
            if row.position != position:
                return Finding(position, f"the entry is missing; the next there is has position {row.position}")
            if finding := _differs(row, previous):
                return finding
            previous = row.hash
            if position == kept.position and previous != kept.hash:
                return Finding(position, "the entry is not the one that the head names")
            if anchor is not None and position == anchor.position and previous != anchor.hash:
                return Finding(position, "the entry, or one before it, is not what it was when the anchor was kept")
        return self._end(connection, position, kept, anchor)

    def _end(self, connection: Connection, found: int, kept: Head, anchor: Head | None) -> Finding | None:
        last = max(kept.position, anchor.position if anchor else 0)
        if found < last:
            return Finding(found + 1, f"the audit log ends before it; it had {last} entries")
        now = self.head(connection).position
        if found > now:
            return Finding(now + 1, "the entry was not appended by the audit log: its head ends before it")
        return None

    def _lock(self, connection: Connection) -> None:
        """SQLite's writers are one at a time already (`BankDb.write` begins immediately)."""
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})

    def _move_head(self, connection: Connection, position: int, hashed: bytes) -> None:
        values = {"position": position, "hash": hashed}
        if not connection.execute(update(head).where(head.c.id == _HEAD).values(values)).rowcount:
            connection.execute(insert(head).values(id=_HEAD, **values))


def _entry(row: Any) -> Entry:
    return Entry(row.position, row.at, SUBJECT.of(row), row.action, row.about, row.details)


def _differs(row: Any, previous: bytes) -> Finding | None:
    actor = Subject(row.role, row.number)
    expected = hash_of(previous, row.position, row.at, actor, row.action, row.about, row.details)
    if row.role in _ROLES and row.hash == expected:
        return None
    return Finding(row.position, "the entry was changed, inserted or moved: its hash does not follow from the chain")
