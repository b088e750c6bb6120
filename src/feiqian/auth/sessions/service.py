"""Sessions: opened at sign-in, found by a token on every page, ended at once wherever they are ended.

Nothing of a session is remembered between requests: the database is asked each time, so that an end holds at the very
next request, in every process. Methods that take a connection work in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from feiqian.auth.challenges.model import Passed
from feiqian.auth.sessions import devices, store
from feiqian.auth.sessions.errors import SessionRefused
from feiqian.auth.sessions.model import Device, Opened, Session
from feiqian.auth.sessions.tokens import hash_of, new_token
from feiqian.auth.sessions.user_agents import label_of
from feiqian.clock import DAY, HOUR, MINUTE, Clock
from feiqian.db import BankDb
from feiqian.policy.model import Policy
from feiqian.policy.people import SIGNS_IN
from feiqian.runtime.paging import FIRST, Ask, Page
from feiqian.runtime.work import Work
from feiqian.subjects import Role, Subject

TOUCH_EVERY = MINUTE  # a session that is used is marked no more often, so it may look up to this much less used
KEEP_ENDED = 90 * DAY  # ended sessions are shown as recent sign-ins for so long
RECENT = 20
# Hears, in the same transaction, that a device of a subject was signed out; "" is every device but `but`.
SignedOut = Callable[[Connection, Subject, str, str], None]


class Sessions:
    """Opens, finds and ends sessions. Timeouts are the policy's, of each kind of people."""

    def __init__(self, db: BankDb, policy: Policy, clock: Clock, work: Work) -> None:
        self._db, self._policy, self._clock, self._work = db, policy, clock, work
        self._told: list[SignedOut] = []

    def when_signed_out(self, tell: SignedOut) -> None:
        """`tell` is called at every end that somebody wanted; those by time are not told."""
        self._told.append(tell)

    def open(
        self,
        connection: Connection,
        passed: Passed,
        user_agent: str,
        device_token: str | None,
        now: int,
        language: str = "en",
    ) -> Opened:
        """Opens a session of whoever passed this sign-in, with a new token; any older session stays what it was.

        `user_agent` is the header as sent, `device_token` the value that an earlier Opened gave this browser. Raises
        SessionRefused for what is no sign-in, and for one that was passed without factors.
        """
        subject = passed.subject
        if SIGNS_IN.get(subject.role) is not passed.purpose or not passed.factors:
            raise SessionRefused("a session is opened for a sign-in that was passed, with its factors")
        store.prune(connection, now, now - KEEP_ENDED)
        label, token = label_of(user_agent), new_token()
        device, device_token, new = devices.recognise(connection, subject, label, device_token, now)
        expires_at = now + self._absolute(subject.role)
        session = store.add(
            connection, hash_of(token), subject, device, passed.factors, label, language, now=now, expires_at=expires_at
        )
        return Opened(token, device_token, session, new)

    async def find(self, token: str, *, used: bool = True) -> Session | None:
        """Who holds this token, if the session lives: neither ended nor idle too long nor past its absolute end.

        Marks it as used, at most once a minute; what is not `used` goes idle.
        """
        if hash_of(token) is None:
            return None  # of nobody, so the database need not be asked
        return await self._work.db(self.find_now, token, used)

    def find_now(self, token: str, used: bool = True) -> Session | None:
        """`find`, blocking: for callers that are in a thread already."""
        now = self._clock.now()
        with self._db.read() as connection:
            session = self.find_in(connection, token, now)
        if session is None or not used or now - session.seen_at < TOUCH_EVERY:
            return session
        with self._db.write() as connection:
            return store.touch(connection, session, now)

    def find_in(self, connection: Connection, token: str, now: int) -> Session | None:
        """`find` in the caller's transaction; marks nothing."""
        hashed = hash_of(token)
        session = store.by_hash(connection, hashed) if hashed else None
        return session if session is not None and self._lives(session, now) else None

    def ends_at(self, session: Session) -> int:
        """When it ends unless it is used again (Unix microseconds)."""
        return min(session.expires_at, session.seen_at + self._idle(session.subject.role))

    def close(self, connection: Connection, session_id: str, by: Subject) -> bool:
        """Ends a session, from its next request on. False if it had ended, or is another's and `by` is not staff."""
        ended = store.end(connection, session_id, by, self._clock.now())
        if ended and (session := store.by_id(connection, session_id)) and session.device:
            self._signed_out(connection, session.subject, session.device)
        return ended

    def close_all(
        self, connection: Connection, subject: Subject, except_session: str | None = None, by: Subject | None = None
    ) -> int:
        """Signs the subject out everywhere (but in one session). Returns how many sessions ended."""
        here = store.by_id(connection, except_session) if except_session else None
        self._signed_out(connection, subject, "", (here and here.device) or "")
        return store.end_all(connection, subject, by or subject, self._clock.now(), but=except_session)

    def list(self, connection: Connection, subject: Subject) -> list[Session]:
        """The subject's living sessions, the newest first."""
        now = self._clock.now()
        found = store.newest(connection, subject, alive=True)
        return [session for session in found.items if self._lives(session, now)]

    def recent(self, connection: Connection, subject: Subject, ask: Ask = FIRST, limit: int = RECENT) -> Page[Session]:
        """A page of the subject's sign-ins, the newest first, whether their sessions still live or not."""
        return store.newest(connection, subject, ask, limit=limit)

    def set_language(self, connection: Connection, session_id: str, language: str) -> None:
        """What language this session's pages speak from now on."""
        store.set_language(connection, session_id, language)

    def devices(self, connection: Connection, subject: Subject, here: Session | None = None) -> Sequence[Device]:
        """The subject's devices, the last used first; `here` is the session that asks."""
        return devices.listed(connection, subject, here.device if here else None).items

    def device_page(self, connection: Connection, subject: Subject, ask: Ask, limit: int) -> Page[Device]:
        """A page of the subject's devices, the last used first, for staff."""
        return devices.listed(connection, subject, None, ask, limit)

    def forget_device(self, connection: Connection, subject: Subject, device_id: str) -> bool:
        """Forgets a device of the subject and ends its sessions. False if the subject has no such device."""
        store.end_all(connection, subject, subject, self._clock.now(), device=device_id)
        if device_id:
            self._signed_out(connection, subject, device_id)
        return devices.forget(connection, subject, device_id)

    def _signed_out(self, connection: Connection, subject: Subject, device: str, but: str = "") -> None:
        for tell in self._told:
            tell(connection, subject, device, but)

    def _lives(self, session: Session, now: int) -> bool:
        idle = now - session.seen_at
        return not session.ended_at and now < session.expires_at and idle < self._idle(session.subject.role)

    def _idle(self, role: Role) -> int:
        return self._policy.sessions[role].idle_minutes * MINUTE

    def _absolute(self, role: Role) -> int:
        return self._policy.sessions[role].absolute_hours * HOUR
