"""Sign-ins that were tried, of known numbers and unknown ones alike: the newest are kept and shown to their owner."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from feiqian.auth.model import SignInSeen
from feiqian.auth.sessions.user_agents import label_of
from feiqian.auth.tables import sign_ins
from feiqian.columns import SUBJECT
from feiqian.policy.factors import Factor
from feiqian.subjects import Subject

KEPT = 50  # of each subject
_c = sign_ins.c


def record(
    connection: Connection,
    subject: Subject,
    outcome: str,
    user_agent: str,
    now: int,
    *,
    factors: Sequence[Factor] = (),
    new_device: bool = False,
) -> None:
    """`outcome` is ok, wrong or locked; `user_agent` the header as sent."""
    theirs = SUBJECT.are(sign_ins, subject)
    oldest = select(_c.id).where(theirs).order_by(_c.id.desc()).offset(KEPT - 1).limit(1).scalar_subquery()
    connection.execute(delete(sign_ins).where(theirs, _c.id <= oldest))
    values = {"at": now, "outcome": outcome} | SUBJECT.values(subject)
    values |= {"user_agent": label_of(user_agent), "factors": tuple(factors), "new_device": int(new_device)}
    connection.execute(insert(sign_ins).values(values))


def newest(connection: Connection, subject: Subject, limit: int = 20) -> tuple[SignInSeen, ...]:
    """The newest first."""
    theirs = SUBJECT.are(sign_ins, subject)
    rows = connection.execute(select(sign_ins).where(theirs).order_by(_c.id.desc()).limit(limit))
    return tuple(SignInSeen(row.at, row.outcome, row.user_agent, row.factors, bool(row.new_device)) for row in rows)
