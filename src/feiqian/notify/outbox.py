"""The outbox: a row for each message, written in the transaction of what it tells of, kept until it is done.

A message is claimed by moving its next attempt into the future (a lease). Whoever dies with a claim has the message
sent again when the lease is over: it may arrive twice, it is never lost.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, or_, select, update

from feiqian.clock import DAY, MICROSECONDS
from feiqian.columns import SUBJECT
from feiqian.field_cipher import FieldCipher, SealBroken
from feiqian.ids import MESSAGE, new_id
from feiqian.notify.model import Channel, Message
from feiqian.notify.tables import OUTGOING, outbox
from feiqian.subjects import Subject

LEASE = 120 * MICROSECONDS  # longer than any sending takes
KEEP_DONE = 7 * DAY
WHY_LENGTH = 60
_c = outbox.c
_COLUMNS = (_c.id, _c.role, _c.number, _c.channel, _c.kind, _c.language, _c.sealed, _c.attempts, _c.expires_at)


class Claimed(NamedTuple):
    """A message that is ours to send. `attempts` counts this one."""

    id: str
    message: Message
    attempts: int

    def __repr__(self) -> str:
        return f"Claimed({self.id}, attempts={self.attempts})"


class _Sealed(msgspec.Struct):
    address: str
    values: dict[str, str]


def add(connection: Connection, cipher: FieldCipher, message: Message, now: int) -> str:
    id = new_id(MESSAGE, now)
    plain = msgspec.json.encode(_Sealed(message.address, dict(message.values)))
    values: dict[str, Any] = {"id": id} | SUBJECT.values(message.to)
    values |= {"channel": message.channel, "kind": message.kind, "language": message.language}
    values |= {"sealed": OUTGOING.seal(cipher, plain, id), "state": "queued", "attempts": 0, "next_at": now}
    values |= {"created_at": now, "expires_at": message.expires_at, "done_at": 0, "why": ""}
    connection.execute(insert(outbox).values(values))
    return id


def any_due(connection: Connection, channel: Channel, now: int) -> bool:
    """Whether there is something to claim or to expire; asks without locking anything."""
    return bool(connection.execute(select(exists().where(or_(_due(channel, now), _over(channel, now))))).scalar())


def claim(connection: Connection, cipher: FieldCipher, channel: Channel, limit: int, now: int) -> list[Claimed]:
    """Messages that are due, the longest waiting first, ours until the lease ends."""
    rows = connection.execute(select(*_COLUMNS, _c.next_at).where(_due(channel, now)).order_by(_c.next_at).limit(limit))
    mine = [row for row in rows.all() if _take(connection, row, now)]
    return [claimed for row in mine if (claimed := _open(connection, row, cipher, now))]


def done(connection: Connection, id: str, state: str, why: str, now: int) -> None:
    """Sent, failed or expired: what was sealed is emptied."""
    values = {"state": state, "sealed": None, "done_at": now, "why": why[:WHY_LENGTH]}
    connection.execute(update(outbox).where(_c.id == id, _c.state == "queued").values(values))


def again(connection: Connection, id: str, at: int, why: str) -> None:
    """To be tried again at a time."""
    again = update(outbox).where(_c.id == id, _c.state == "queued")
    connection.execute(again.values(next_at=at, why=why[:WHY_LENGTH]))


def expire(connection: Connection, channel: Channel, now: int) -> int:
    """Gives up what nobody needs any more. Returns how many messages that were."""
    over = update(outbox).where(_over(channel, now))
    return connection.execute(over.values(state="expired", sealed=None, done_at=now)).rowcount


def prune(connection: Connection, now: int) -> None:
    """Drops rows that were done long ago."""
    connection.execute(delete(outbox).where(_c.done_at > 0, _c.done_at < now - KEEP_DONE))


def lately(connection: Connection, to: Subject, channel: Channel, kind: str, since: int) -> int:
    """How often somebody was told something by a channel since a time; all of their addresses at once are one time."""
    theirs = and_(SUBJECT.are(outbox, to), _c.created_at > since)
    counted = (
        select(func.count(_c.created_at.distinct()))
        .select_from(outbox)
        .where(theirs, _c.channel == channel, _c.kind == kind)
    )
    return int(connection.execute(counted).scalar_one())


def waiting(connection: Connection) -> int:
    """How many messages are queued."""
    return connection.execute(select(func.count()).where(_c.state == "queued")).scalar_one()


def _due(channel: Channel, now: int) -> ColumnElement[bool]:
    return and_(_c.state == "queued", _c.channel == channel, _c.next_at <= now, _c.expires_at > now)


def _over(channel: Channel, now: int) -> ColumnElement[bool]:
    return and_(_c.state == "queued", _c.channel == channel, _c.expires_at <= now)


def _take(connection: Connection, row: Any, now: int) -> bool:
    # Only if nobody else has taken it since it was read: theirs moved `next_at`.
    mine = update(outbox).where(_c.id == row.id, _c.state == "queued", _c.next_at == row.next_at)
    return bool(connection.execute(mine.values(next_at=now + LEASE, attempts=row.attempts + 1)).rowcount)


def _open(connection: Connection, row: Any, cipher: FieldCipher, now: int) -> Claimed | None:
    """None for what cannot be opened: it is given up, so that it does not stand in the way of the others."""
    try:
        plain = msgspec.json.decode(OUTGOING.open(cipher, row.sealed, row.id), type=_Sealed)
    except SealBroken:
        done(connection, row.id, "failed", "seal broken", now)
        return None
    to, expires_at = SUBJECT.of(row), row.expires_at
    message = Message(to, row.channel, plain.address, row.kind, row.language, plain.values, expires_at=expires_at)
    return Claimed(row.id, message, row.attempts + 1)
