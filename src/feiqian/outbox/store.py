"""The rows of deliveries, in the caller's transaction: added, claimed, done. Sends nothing.

A delivery is claimed by moving its next attempt into the future (a lease). Whoever dies with a claim has it sent again
when the lease is over: it may arrive twice, it is never lost. Only the oldest queued of a receiver can be claimed, so
that what comes after it waits. Who was committed before another began is older; of two transactions that overlap either
may be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, delete, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from feiqian.clock import DAY, MICROSECONDS
from feiqian.db import BIG
from feiqian.field_cipher import FieldCipher, SealBroken
from feiqian.outbox.errors import NotResendable
from feiqian.outbox.lanes import Room
from feiqian.outbox.model import REPLACES, Claimed, Delivery, Kept, State, Waiting
from feiqian.outbox.tables import PAYLOAD, deliveries
from feiqian.runtime import logs
from feiqian.runtime.paging import Ask, Order, Page, page_of

LEASE = 120 * MICROSECONDS  # longer than any sending takes
KEEP_DONE = 7 * DAY  # where the topic is not known
KEEP_UNREADABLE = 30 * DAY
MAX_PAYLOAD = 65_536  # bytes, before they are sealed
WHY_LENGTH = 60
_log = logs.get("feiqian.outbox")
_c = deliveries.c
_QUEUED = _c.state == State.QUEUED
_CLAIMED = (_c.id, _c.topic, _c.kind, _c.receiver, _c.about, _c.headers, _c.sealed, _c.attempts, _c.next_at, _c.lane)
_KEPT = tuple(name for name in Kept._fields if name not in ("lane", "headers", "payload_kept"))
_ALL_KEPT = select(*(_c[name] for name in _KEPT), _c.lane, _c.headers, _c.sequence).add_columns(
    _c.sealed.is_not(None).label("payload_kept")
)
_NEWEST = Order((_c.sequence, _c.id))  # the id is the cursor: it tells nothing of how many there are

# Built once: each is asked for many deliveries, lanes and receivers.
_TOPIC, _NOW = _c.topic == bindparam("topic"), bindparam("now", type_=BIG)
# From lane to lane by the index, each by its first entry: however much waits in one costs nothing.
_first = select(func.min(_c.lane).label("lane")).where(_TOPIC, _QUEUED, _c.lane.is_not(None)).cte("l", recursive=True)
_after = select(func.min(_c.lane)).where(_TOPIC, _QUEUED, _c.lane > _first.c.lane).scalar_subquery()
_lanes = _first.union_all(select(_after).where(_first.c.lane.is_not(None)))
_since = select(func.min(_c.next_at)).where(_TOPIC, _QUEUED, _c.lane == _lanes.c.lane).scalar_subquery()
_queued_lanes = select(_lanes.c.lane, _since.label("since")).where(_lanes.c.lane.is_not(None)).subquery()
_LANES_DUE = select(_queued_lanes.c.lane).where(_queued_lanes.c.since <= _NOW).order_by(_queued_lanes.c.since)
_ANY_OVER = select(exists().where(_TOPIC, _QUEUED, _c.expires_at <= _NOW))
_ITS_ID = _c.id == bindparam("its_id")
_UNTIL = bindparam("until", type_=BIG)
_TAKE = (
    update(deliveries)
    .where(_ITS_ID, _QUEUED, _c.next_at == bindparam("was", type_=BIG))
    .values(next_at=_UNTIL, attempts=bindparam("tries"), why="")
)
_SENT = (
    update(deliveries)
    .where(_ITS_ID, _QUEUED)
    .values(state=State.SENT, sealed=None, done_at=_NOW, keep_until=_UNTIL, why="")
)
_older = deliveries.alias()
_WAITS = exists().where(  # for an older one of its receiver; those that have failed are not waited for
    _older.c.topic == bindparam("topic"),
    _older.c.state == State.QUEUED,
    _older.c.receiver == _c.receiver,
    _older.c.sequence < _c.sequence,
    _older.c.why == "",
)
_IN_LANE = select(*_CLAIMED, _c.created_at, _c.expires_at, _c.sequence).where(_TOPIC, _QUEUED)
_DUE_IN_LANE = (
    _IN_LANE.where(_c.lane == bindparam("lane"), _c.next_at <= _NOW, _c.expires_at > _NOW, ~_WAITS)
    .order_by(_c.next_at, _c.sequence)
    .limit(bindparam("places"))
)
_OF_RECEIVER = _c.receiver == bindparam("receiver")
_OLDEST_OF = select(func.min(_c.sequence)).where(_TOPIC, _QUEUED, _OF_RECEIVER)
_NEWEST_OF = _IN_LANE.where(_OF_RECEIVER).order_by(_c.sequence.desc()).limit(1)


def add(connection: Connection, cipher: FieldCipher, delivery: Delivery, now: int) -> bool:
    """Whether it was added: what is derived from the same as one that is kept is not."""
    if len(delivery.payload) > MAX_PAYLOAD:
        raise ValueError(f"a payload of {len(delivery.payload)} bytes; {MAX_PAYLOAD} is the most")
    id = delivery.id
    values: dict[str, Any] = {"id": id, "topic": delivery.topic, "kind": delivery.kind, "about": delivery.about}
    values |= {"receiver": delivery.receiver or id, "once": _digest(delivery.once) if delivery.once else None}
    values |= {"headers": msgspec.json.encode(delivery.headers).decode()}
    values |= {"sealed": PAYLOAD.seal(cipher, delivery.payload, id), "state": State.QUEUED, "attempts": 0}
    values |= {"next_at": max(now, delivery.not_before), "created_at": now}
    values |= {"expires_at": delivery.expires_at, "done_at": 0, "keep_until": 0}
    statement = insert(deliveries).values(values | {"why": "", "lane": delivery.lane or None})
    if not delivery.once:
        connection.execute(statement)
        return True
    try:
        with connection.begin_nested():
            connection.execute(statement)
    except IntegrityError:
        return False
    return True


def last_sent(connection: Connection, about: str, kinds: Collection[str]) -> int:
    """When the newest of these kinds was sent, of those that are still kept, in Unix microseconds; 0: none."""
    sent = (_c.about == about) & _c.kind.in_(kinds) & (_c.state == State.SENT)
    return int(connection.execute(select(func.max(_c.done_at)).where(sent)).scalar() or 0)


def any_due(connection: Connection, topic: str, now: int, *, lanes: bool = False) -> bool:
    """Whether there is something to claim or to expire; asks without locking anything. With `lanes` it may say so too
    often."""
    of = {"topic": topic, "now": now}
    if connection.execute(_ANY_OVER, of).scalar():
        return True
    if lanes:
        return connection.execute(_LANES_DUE, of).first() is not None
    return bool(connection.execute(select(exists().where(_due(topic, now)))).scalar())


def claim(
    connection: Connection, cipher: FieldCipher, topic: str, limit: int, now: int, *, retries: int | None = None
) -> list[Claimed]:
    """Deliveries that are due, the longest waiting first, ours until the lease ends; of those that failed before at
    most so many `retries`."""
    due = select(*_CLAIMED, _c.created_at, _c.expires_at).where(_due(topic, now)).order_by(_c.next_at, _c.sequence)
    again = limit if retries is None else min(retries, limit)
    rows = list(connection.execute(due.where(_c.attempts > 0).limit(again))) if again > 0 else []
    rows += connection.execute(due.where(_c.attempts == 0).limit(limit - len(rows)))
    mine = [row for row in rows if _take(connection, row, now)]
    return [claimed for row in mine if (claimed := _open(connection, row, cipher, now))]


def claim_in_lanes(
    connection: Connection, cipher: FieldCipher, topic: str, room: Room, now: int, *, keep_done: int
) -> list[Claimed]:
    """As `claim`, of a topic with lanes: in each no more than there is `room` for. The newest of a receiver whose
    oldest has failed goes, and replaces the older ones."""
    claimed: list[Claimed] = []
    for lane in connection.execute(_LANES_DUE, {"topic": topic, "now": now}).scalars().all():
        if (places := room.take(lane)) == 0:
            continue
        rows = connection.execute(_DUE_IN_LANE, {"topic": topic, "lane": lane, "now": now, "places": places})
        newest = {row.receiver: row for row in rows}
        for row in newest.values():
            row = _newest_instead(connection, row, now, keep_done)
            if _take(connection, row, now) and (one := _open(connection, row, cipher, now)):
                claimed.append(one)
                room.used(lane)
    return claimed


def end_lane(connection: Connection, topic: str, lane: str, why: str, keep_dead: int, now: int) -> int:
    """All that waits in a lane is tried no more. Returns how many that were."""
    waits = and_(_c.topic == topic, _QUEUED, _c.lane == lane)
    values = {"state": State.DEAD, "done_at": now, "keep_until": now + keep_dead, "why": why[:WHY_LENGTH]}
    return connection.execute(update(deliveries).where(waits).values(values)).rowcount


def sent(connection: Connection, claimed: Claimed, now: int, keep: int = KEEP_DONE) -> None:
    """The receiver has it, whoever else claims it meanwhile: what was sealed is emptied. `keep` in microseconds."""
    connection.execute(_SENT, {"its_id": claimed.id, "now": now, "until": now + keep})


def expired(connection: Connection, claimed: Claimed, why: str, now: int, keep: int = KEEP_DONE) -> None:
    """It would come too late."""
    _done(connection, _is_ours(claimed), State.EXPIRED, why, now, keep)


def dead(connection: Connection, claimed: Claimed, why: str, keep_dead: int, now: int) -> None:
    """It is not tried again by itself. What was sealed is kept, until it expires."""
    values = {"state": State.DEAD, "done_at": now, "keep_until": now + keep_dead, "why": why[:WHY_LENGTH]}
    connection.execute(update(deliveries).where(_is_ours(claimed)).values(values))


def again(connection: Connection, claimed: Claimed, at: int, why: str) -> None:
    """To be tried again at a time."""
    connection.execute(update(deliveries).where(_is_ours(claimed)).values(next_at=at, why=why[:WHY_LENGTH]))


def expire(connection: Connection, topic: str, now: int) -> int:
    """Gives up what nobody needs any more. Returns how many that were."""
    return _done(connection, _over(topic, now), State.EXPIRED, "", now)


def clean_up(connection: Connection, now: int) -> None:
    """Expires what is of any topic, also of those that are no more; drops rows that were done long ago."""
    _done(connection, and_(_QUEUED, _c.expires_at <= now), State.EXPIRED, "", now)
    over = and_(_c.state == State.DEAD, _c.expires_at <= now, _c.sealed.is_not(None))
    connection.execute(update(deliveries).where(over).values(sealed=None))
    connection.execute(delete(deliveries).where(_c.keep_until > 0, _c.keep_until <= now))


def resend(connection: Connection, id: str, now: int) -> str:
    """A dead letter is queued again, in its old place before what came later; returns its topic. Its attempts are
    counted anew. Raises NotResendable."""
    is_it = and_(_c.id == id, _c.state == State.DEAD, _c.sealed.is_not(None), _c.expires_at > now)
    values = {"state": State.QUEUED, "attempts": 0, "next_at": now, "done_at": 0, "keep_until": 0, "why": ""}
    if not connection.execute(update(deliveries).where(is_it).values(values)).rowcount:
        raise NotResendable(f"there is no dead letter {id}, or it has expired and can no longer be sent")
    return str(connection.execute(select(_c.topic).where(_c.id == id)).scalar_one())


def times(connection: Connection, topic: str, kind: str, about: str, since: int) -> int:
    """How often something of a kind was added since a time; all that were added at one moment are one time."""
    theirs = and_(_c.about == about, _c.created_at > since, _c.topic == topic, _c.kind == kind)
    return int(connection.execute(select(func.count(_c.created_at.distinct())).where(theirs)).scalar_one())


def waiting(connection: Connection) -> dict[str, Waiting]:
    """What is queued, by topic. What is to be sent later does not wait before then."""
    later = and_(_c.attempts == 0, _c.next_at > _c.created_at)
    since = func.min(case((later, _c.next_at), else_=_c.created_at))
    counted = select(_c.topic, func.count(), since).where(_QUEUED).group_by(_c.topic)
    return {topic: Waiting(queued, since) for topic, queued, since in connection.execute(counted)}


def next_at(connection: Connection) -> int | None:
    """When the first of what is queued is due; None where nothing is."""
    found: int | None = connection.execute(select(func.min(_c.next_at)).where(_QUEUED)).scalar()
    return found


def kept(connection: Connection, state: State, topic: str, limit: int) -> list[Kept]:
    """Deliveries in a state (of a topic, if one is named), the newest first."""
    found = _ALL_KEPT.where(_c.state == state).order_by(_c.sequence.desc()).limit(limit)
    return [_kept(row) for row in connection.execute(found.where(_c.topic == topic) if topic else found)]


def find(connection: Connection, id: str) -> Kept | None:
    """A delivery, as long as it is kept."""
    row = connection.execute(_ALL_KEPT.where(_c.id == id)).first()
    return None if row is None else _kept(row)


def of_lane(
    connection: Connection, lane: str, ask: Ask, limit: int, state: State | None = None, kind: str = ""
) -> Page[Kept]:
    """A page of a lane's deliveries (in a state, of a kind), the newest first."""
    found = _ALL_KEPT.where(_c.lane == lane)
    if state is not None:
        found = found.where(_c.state == state)
    if kind:
        found = found.where(_c.kind == kind)
    page = page_of(connection, found, _NEWEST, ask, limit)
    return page.of([_kept(row) for row in page.items])


def about_any(connection: Connection, topic: str, abouts: Iterable[str], limit: int) -> list[Kept]:
    """Deliveries about any of these, the newest first."""
    found = _ALL_KEPT.where(_c.about.in_(list(abouts)), _c.topic == topic).order_by(_c.sequence.desc()).limit(limit)
    return [_kept(row) for row in connection.execute(found)]


def waiting_in_lane(connection: Connection, topic: str, lane: str) -> int:
    """How many are queued there."""
    waits = and_(_c.topic == topic, _QUEUED, _c.lane == lane)
    return int(connection.execute(select(func.count()).where(waits)).scalar_one())


def sent_about(connection: Connection, lane: str, abouts: Iterable[str]) -> set[str]:
    """About which of these a lane has been sent something."""
    found = select(_c.about).where(_c.about.in_(list(abouts)), _c.lane == lane, _c.state == State.SENT)
    return set(connection.execute(found).scalars())


def _kept(row: Any) -> Kept:
    values = {name: row._mapping[_c[name]] for name in _KEPT} | {"lane": row.lane or ""}
    return Kept(**values, headers=msgspec.json.decode(row.headers), payload_kept=bool(row.payload_kept))


def _digest(once: str) -> str:
    return hashlib.blake2b(once.encode(), digest_size=16).hexdigest()


def _due(topic: str, now: int) -> ColumnElement[bool]:
    heads = select(func.min(_c.sequence)).where(_c.topic == topic, _QUEUED).group_by(_c.receiver)
    return and_(_c.sequence.in_(heads), _c.next_at <= now, _c.expires_at > now)


def _newest_instead(connection: Connection, row: Any, now: int, keep_done: int) -> Any:
    """The newest of the receiver where something of it has failed; else the row itself."""
    of = {"topic": row.topic, "receiver": row.receiver}
    if row.attempts == 0 and connection.execute(_OLDEST_OF, of).scalar() == row.sequence:
        return row
    newest = connection.execute(_NEWEST_OF, of).one()
    older = and_(_c.topic == row.topic, _QUEUED, _c.receiver == row.receiver, _c.sequence < newest.sequence)
    replaced = _done(connection, older, State.REPLACED, "", now, keep_done)
    if not replaced:
        return newest
    headers = msgspec.json.encode(msgspec.json.decode(newest.headers) | {REPLACES: str(replaced)}).decode()
    connection.execute(update(deliveries).where(_c.id == newest.id).values(headers=headers))
    return connection.execute(_NEWEST_OF, of).one()


def _over(topic: str, now: int) -> ColumnElement[bool]:
    return and_(_QUEUED, _c.topic == topic, _c.expires_at <= now)


def _is_ours(claimed: Claimed) -> ColumnElement[bool]:
    """Nobody has claimed it since: a lease that has ended may be another's."""
    return and_(_c.id == claimed.id, _QUEUED, _c.attempts == claimed.attempts)


def _done(
    connection: Connection, which: ColumnElement[bool], state: State, why: str, now: int, keep: int = KEEP_DONE
) -> int:
    values = {"state": state, "sealed": None, "done_at": now, "keep_until": now + keep, "why": why[:WHY_LENGTH]}
    return connection.execute(update(deliveries).where(which, _QUEUED).values(values)).rowcount


def _take(connection: Connection, row: Any, now: int) -> bool:
    # Only if nobody else has taken it since it was read: theirs moved `next_at`.
    values = {"its_id": row.id, "was": row.next_at, "until": now + LEASE, "tries": row.attempts + 1}
    return bool(connection.execute(_TAKE, values).rowcount)


def _open(connection: Connection, row: Any, cipher: FieldCipher, now: int) -> Claimed | None:
    """None for what cannot be opened: it is given up, so that it does not stand in the way of the others."""
    about = (row.id, row.topic, row.kind, row.receiver, row.about, msgspec.json.decode(row.headers))
    claimed = Claimed(*about, b"", row.attempts + 1, row.created_at, row.expires_at, row.lane or "")
    try:
        return claimed._replace(payload=PAYLOAD.open(cipher, row.sealed, row.id))
    except SealBroken:
        _log.error("delivery_unreadable", delivery=claimed.id, topic=claimed.topic)
        dead(connection, claimed, "seal broken", KEEP_UNREADABLE, now)
        return None
