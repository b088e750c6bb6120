"""Merchants' API keys in the bank's database: made, listed, revoked. Each act stands in the audit log.

Functions take the caller's connection and block. What memory knows of keys is `registry.Merchants`: whoever changes one
has it look again after the commit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from feiqian.audit_log.log import AuditLog
from feiqian.ids import KEY, MerchantNumber, new_id
from feiqian.merchants.errors import KeyInvalid, KeyNotFound, KeysFull
from feiqian.merchants.keys import LONGEST_NAME, SHOWN, Kind, hash_of, new_key
from feiqian.merchants.scopes import ALL, Scope
from feiqian.merchants.tables import MADE_BY, REVOKED_BY, changed, keys
from feiqian.runtime.locks import lock
from feiqian.runtime.paging import Ask, Order, Page, page_of
from feiqian.strings.visible import is_visible
from feiqian.subjects import Subject
from feiqian.subjects import merchant as subject_of

MOST = 100  # keys of one merchant that are honoured
_c = keys.c
_ORDER = Order((_c.created_at, _c.id))
audit_log = AuditLog()


class NewKey(NamedTuple):
    """A key to make. `expires_at` in Unix microseconds, 0 for none."""

    name: str = ""
    scopes: tuple[Scope, ...] = ALL
    expires_at: int = 0


PLAIN = NewKey()  # without a name or an end, allowed everything


class KeyInfo(NamedTuple):
    """A key as it is listed: the first letters only. Times in Unix microseconds; 0 for what was not, or has no end."""

    id: str
    shown: str
    merchant: MerchantNumber
    kind: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: int
    made_by: Subject
    expires_at: int
    used_at: int
    revoked_at: int | None
    revoked_by: Subject | None

    def state(self, now: int) -> str:
        """active, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= now else "active"


def create(
    connection: Connection, merchant: MerchantNumber, kind: Kind, wanted: NewKey, by: Subject, now: int
) -> tuple[KeyInfo, str]:
    """A new key, returned this once. Raises KeyInvalid, KeysFull."""
    _check(wanted, now)
    lock(connection, f"keys of {merchant}")
    honoured = select(func.count()).where(_c.merchant == merchant, _honoured(now))
    if connection.execute(honoured).scalar_one() >= MOST:
        raise KeysFull(f"a merchant has at most {MOST} keys that are honoured: revoke one first")
    key = new_key(kind)
    id, scopes = new_id(KEY, now), tuple(scope for scope in Scope if scope in wanted.scopes)
    values: dict[str, Any] = {"hash": hash_of(key), "id": id, "merchant": merchant, "kind": kind, "shown": key[:SHOWN]}
    values |= {"created_at": now}
    values |= {"name": wanted.name, "scopes": scopes, "expires_at": wanted.expires_at, "used_at": 0}
    connection.execute(insert(keys).values(values | MADE_BY.values(by) | REVOKED_BY.values(None)))
    details: dict[str, object] = {"key": key[:SHOWN], "mode": kind, "name": wanted.name, "scopes": list(scopes)}
    if wanted.expires_at:
        details["expires_at"] = wanted.expires_at
    audit_log.append(connection, by, "merchant_key_made", str(subject_of(merchant)), details, now)
    changed(connection)
    return get(connection, merchant, id), key


def listed(connection: Connection, merchant: MerchantNumber) -> list[KeyInfo]:
    """A merchant's keys, revoked ones too, the oldest first."""
    found = select(keys).where(_c.merchant == merchant).order_by(_c.created_at)
    return [_info(row) for row in connection.execute(found)]


def is_named(connection: Connection, merchant: MerchantNumber, name: str, now: int) -> bool:
    """Whether one of a merchant's keys that are honoured has this name."""
    named = select(_c.id).where(_c.merchant == merchant, _c.name == name, _honoured(now))
    return connection.execute(named.limit(1)).first() is not None


def page(
    connection: Connection, merchant: MerchantNumber, ask: Ask, limit: int, now: int, *, over: bool
) -> Page[KeyInfo]:
    """A page of a merchant's keys, the newest first: those that are honoured, or those whose time is over."""
    rows = select(keys).where(_c.merchant == merchant, ~_honoured(now) if over else _honoured(now))
    found = page_of(connection, rows, _ORDER, ask, limit)
    return found.of([_info(row) for row in found.items])


def get(connection: Connection, merchant: MerchantNumber, id: str) -> KeyInfo:
    """One of a merchant's keys. Raises KeyNotFound, also for another merchant's."""
    found = connection.execute(select(keys).where(_c.id == id, _c.merchant == merchant)).first()
    if found is None:
        raise KeyNotFound("you have no such key")
    return _info(found)


def revoke(connection: Connection, merchant: MerchantNumber, id: str, by: Subject, now: int) -> KeyInfo:
    """It is honoured no more; one that was revoked stays as it is. Raises KeyNotFound."""
    if get(connection, merchant, id).revoked_at is None:
        _revoke(connection, merchant, _c.id == id, by, now)
    return get(connection, merchant, id)


def revoke_shown(connection: Connection, merchant: MerchantNumber, shown: str, by: Subject, now: int) -> int:
    """Revokes the merchant's keys that begin so. Returns how many there were."""
    return _revoke(connection, merchant, and_(_c.merchant == merchant, _c.shown == shown[:SHOWN]), by, now)


def _revoke(connection: Connection, merchant: MerchantNumber, which: ColumnElement[bool], by: Subject, now: int) -> int:
    rows = connection.execute(select(_c.hash, _c.shown, _c.name).where(which, _c.revoked_at.is_(None))).all()
    for row in rows:
        values = {"revoked_at": now} | REVOKED_BY.values(by)
        connection.execute(update(keys).where(_c.hash == row.hash).values(values))
        details = {"key": row.shown, "name": row.name}
        audit_log.append(connection, by, "merchant_key_revoked", str(subject_of(merchant)), details, now)
    if rows:
        changed(connection)
    return len(rows)


def used(connection: Connection, at: dict[bytes, int]) -> None:
    """Writes down when keys were last used, by their hashes (Unix microseconds)."""
    for hashed, moment in at.items():
        later = and_(_c.hash == hashed, _c.used_at < moment)
        connection.execute(update(keys).where(later).values(used_at=moment))


def _honoured(now: int) -> ColumnElement[bool]:
    return and_(_c.revoked_at.is_(None), or_(_c.expires_at == 0, _c.expires_at > now))


def _check(wanted: NewKey, now: int) -> None:
    if len(wanted.name) > LONGEST_NAME or not is_visible(wanted.name):
        raise KeyInvalid(f"a key's name has at most {LONGEST_NAME} characters, and none for control")
    if not wanted.scopes:
        raise KeyInvalid("a key needs at least one scope")
    if wanted.expires_at and wanted.expires_at <= now:
        raise KeyInvalid("a key ends later than it begins")


def _info(row: Any) -> KeyInfo:
    made_by, revoked_by = MADE_BY.of(row), REVOKED_BY.of(row) if row.revoked_role else None
    given = {name: getattr(row, name) for name in KeyInfo._fields if name not in ("made_by", "revoked_by")}
    return KeyInfo(**given, made_by=made_by, revoked_by=revoked_by)
