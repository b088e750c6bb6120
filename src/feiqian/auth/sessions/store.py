"""Rows of sessions: added, found by the hash of a token, marked, ended. Works in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from feiqian.auth.sessions.model import Session
from feiqian.auth.sessions.tables import sessions
from feiqian.columns import SUBJECT
from feiqian.ids import SESSION, new_id
from feiqian.policy.factors import Factor
from feiqian.subjects import Role, Subject

MANY = 100
_c = sessions.c
_COLUMNS = (
    *(_c.id, _c.role, _c.number, _c.device, _c.factors, _c.created_at, _c.seen_at),
    *(_c.expires_at, _c.user_agent, _c.language, _c.ended_at),
)


def add(
    connection: Connection,
    token_hash: bytes | None,
    subject: Subject,
    device: str,
    factors: tuple[Factor, ...],
    user_agent: str,
    language: str,
    *,
    now: int,
    expires_at: int,
) -> Session:
    id = new_id(SESSION, now)
    session = Session(id, subject, device, factors, now, now, expires_at, user_agent, language)
    connection.execute(
        insert(sessions).values(
            id=id,
            **SUBJECT.values(subject),
            token_hash=token_hash,
            device=device,
            factors=factors,
            created_at=now,
            seen_at=now,
            expires_at=expires_at,
            user_agent=user_agent,
            language=language,
            ended_at=0,
            ended_by="",
        )
    )
    return session


def by_hash(connection: Connection, token_hash: bytes) -> Session | None:
    row = connection.execute(select(*_COLUMNS).where(_c.token_hash == token_hash)).one_or_none()
    return None if row is None else _session(row)


def by_id(connection: Connection, session_id: str) -> Session | None:
    row = connection.execute(select(*_COLUMNS).where(_c.id == session_id)).one_or_none()
    return None if row is None else _session(row)


def touch(connection: Connection, session: Session, now: int) -> Session | None:
    """Marks it as used; None if it has been ended since it was read, so that no page is shown after the end."""
    living = and_(_c.id == session.id, _c.ended_at == 0)
    if not connection.execute(update(sessions).where(living).values(seen_at=now)).rowcount:
        return None
    return replace(session, seen_at=now)


def end(connection: Connection, session_id: str, by: Subject, now: int) -> bool:
    theirs = [] if by.role is Role.STAFF else [_of(by)]
    return bool(_end(connection, now, by, _c.id == session_id, *theirs))


def end_all(
    connection: Connection,
    subject: Subject,
    by: Subject,
    now: int,
    *,
    but: str | None = None,
    device: str | None = None,
) -> int:
    which = [_of(subject)]
    if but is not None:
        which.append(_c.id != but)
    if device is not None:
        which.append(_c.device == device)
    return _end(connection, now, by, *which)


def newest(connection: Connection, subject: Subject, *, alive: bool = False, limit: int = MANY) -> Sequence[Session]:
    wanted = and_(_of(subject), _c.ended_at == 0) if alive else _of(subject)
    rows = connection.execute(select(*_COLUMNS).where(wanted).order_by(_c.created_at.desc(), _c.id.desc()).limit(limit))
    return [_session(row) for row in rows]


def set_language(connection: Connection, session_id: str, language: str) -> None:
    connection.execute(update(sessions).where(_c.id == session_id).values(language=language))


def prune(connection: Connection, now: int, older_than: int) -> None:
    """Empties the tokens of sessions past their absolute end, and drops those that ended long ago."""
    past = and_(_c.expires_at <= now, _c.ended_at == 0)
    connection.execute(update(sessions).where(past).values(token_hash=None, ended_at=_c.expires_at, ended_by="time"))
    connection.execute(delete(sessions).where(_c.expires_at <= older_than))


def _end(connection: Connection, now: int, by: Subject, *which: ColumnElement[bool]) -> int:
    ended = update(sessions).where(_c.ended_at == 0, *which)
    return connection.execute(ended.values(token_hash=None, ended_at=now, ended_by=str(by))).rowcount


def _of(subject: Subject) -> ColumnElement[bool]:
    return SUBJECT.are(sessions, subject)


def _session(row: Any) -> Session:
    id, role, number, device, factors, *rest = row
    return Session(id, Subject(role, number), device, factors, *rest)
