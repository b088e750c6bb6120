"""Devices: browsers that a subject has signed in from, known again by a long-lived token of their own.

A browser keeps a few device tokens in one value, because several people may use it. A token is only ever made here and
only knows its own subject again: one that is planted in somebody's browser makes no device of theirs. All functions
work in the caller's transaction.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from feiqian.auth.sessions.model import Device
from feiqian.auth.sessions.tables import devices
from feiqian.auth.sessions.tokens import hash_of, new_token
from feiqian.clock import DAY
from feiqian.columns import SUBJECT
from feiqian.ids import DEVICE, new_id
from feiqian.runtime.paging import FIRST, Ask, Order, Page, page_of
from feiqian.subjects import Subject

MANY_TOKENS = 4  # people who share a browser and are all known to it
MANY_DEVICES = 50
FORGET_AFTER = 400 * DAY  # a browser's cookie lives for a year
_SEPARATOR = "."
_c = devices.c
_ORDER = Order((_c.seen_at, _c.id))
_COLUMNS = (_c.id, _c.label, _c.first_at, _c.seen_at)


def recognise(
    connection: Connection, subject: Subject, label: str, value: str | None, now: int
) -> tuple[str, str, bool]:
    """The device's id, the value for the browser to keep, and whether the device is new to the subject."""
    connection.execute(delete(devices).where(_c.seen_at < now - FORGET_AFTER))
    tokens = _tokens(value)
    if device := known(connection, subject, value):
        connection.execute(update(devices).where(_c.id == device.id).values(label=label, seen_at=now))
        return device.id, _SEPARATOR.join(tokens), False
    token = new_token()
    id = _add(connection, subject, label, token, now)
    return id, _SEPARATOR.join([token, *tokens][:MANY_TOKENS]), True


def known(connection: Connection, subject: Subject, value: str | None) -> Device | None:
    """The device that this browser is known as to this subject."""
    hashes = [hashed for token in _tokens(value) if (hashed := hash_of(token))]
    if not hashes:
        return None
    found = select(*_COLUMNS).where(_of(subject), _c.token_hash.in_(hashes)).order_by(_c.seen_at.desc())
    row = connection.execute(found).first()
    return None if row is None else Device(*row, here=True)


def listed(
    connection: Connection, subject: Subject, here: str | None, ask: Ask = FIRST, limit: int = MANY_DEVICES
) -> Page[Device]:
    """A page of the subject's devices, the last used first; `here` is the one that asks."""
    found = page_of(connection, select(*_COLUMNS).where(_of(subject)), _ORDER, ask, limit)
    return found.of([Device(row.id, row.label, row.first_at, row.seen_at, row.id == here) for row in found.items])


def among_newest(connection: Connection, subject: Subject, device_id: str, most: int) -> bool:
    """Whether it is one of so many devices that the subject has signed in from last; a forgotten one is not."""
    newest = select(_c.id).where(_of(subject)).order_by(_c.seen_at.desc(), _c.id.desc()).limit(most)
    return device_id in connection.execute(newest).scalars().all()


def forget(connection: Connection, subject: Subject, device_id: str) -> bool:
    return bool(connection.execute(delete(devices).where(_of(subject), _c.id == device_id)).rowcount)


def _add(connection: Connection, subject: Subject, label: str, token: str, now: int) -> str:
    id = new_id(DEVICE, now)
    values = {"id": id, "token_hash": hash_of(token)} | SUBJECT.values(subject)
    connection.execute(insert(devices).values(**values, label=label, first_at=now, seen_at=now))
    return id


def _tokens(value: str | None) -> list[str]:
    """The tokens in what a browser sent; whatever else is in it is dropped."""
    parts = (value or "")[:1000].split(_SEPARATOR)
    return [part for part in parts if hash_of(part)][:MANY_TOKENS]


def _of(subject: Subject) -> ColumnElement[bool]:
    return SUBJECT.are(devices, subject)
