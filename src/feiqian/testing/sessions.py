"""Sessions of people who did not sign in, and proofs that nobody gave, for tests of what is behind them."""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.auth.challenges.model import Passed
from feiqian.auth.sessions.model import Opened
from feiqian.auth.sessions.service import Sessions
from feiqian.ids import CHALLENGE, new_id
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.people import SIGNS_IN
from feiqian.subjects import Subject

BOTH = (Factor.PASSWORD, Factor.SMS)


def open_session(
    sessions: Sessions,
    connection: Connection,
    subject: Subject,
    now: int,
    user_agent: str = "test",
    device: str | None = None,
    language: str = "en",
) -> Opened:
    """A session, as if a sign-in with both factors had been passed."""
    passed = Passed("", BOTH, "", now, subject, SIGNS_IN.get(subject.role, Purpose.SIGN_IN))
    return sessions.open(connection, passed, user_agent, device, now, language)


def as_if_passed(subject: Subject, purpose: Purpose, factors: tuple[Factor, ...], now: int) -> Passed:
    """What consuming a challenge would have said."""
    return Passed(new_id(CHALLENGE, now), factors, "", now, subject, purpose)
