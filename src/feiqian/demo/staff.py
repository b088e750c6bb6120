"""The demo's staff: enrolled as any staff are, with passkeys that the demo keeps and uses when a button is pressed.

The keys live as long as the process, so each start enrols these accounts anew; their sessions of before end.
"""

from __future__ import annotations

from sqlalchemy import Connection

from feiqian.auth.sessions.model import Opened
from feiqian.backoffice.errors import MemberNotFound
from feiqian.backoffice.model import OPERATOR, Invitation, MemberState
from feiqian.policy.factors import Factor
from feiqian.runtime import logs
from feiqian.services import Services
from feiqian.subjects import Subject

from .key import SoftKey

# Login, name and roles: one proposes, the other approves.
STAFF = (
    ("alice", "Alice Moreau", ("reviewer", "supporter")),
    ("bob", "Bob Tan", ("approver", "auditor", "admin", "reviewer")),
)

_log = logs.get("feiqian.demo")


class DemoStaff:
    """Of one bank; nobody can be let in before `enrol`."""

    names = tuple((login, name) for login, name, _ in STAFF)

    def __init__(self, services: Services) -> None:
        self._services = services
        self.keys: dict[str, SoftKey] = {}  # by login
        self._logins: dict[Subject, str] = {}

    async def enrol(self) -> None:
        """Gives each of them a new key. An account that is suspended, or of somebody else, is left alone."""
        staff, write = self._services.staff, self._services.transactions.write
        for login, name, roles in STAFF:
            invitation = await write(self._invite, login, name, roles)
            if invitation is None:
                _log.warning("demo_account_left_alone", login=login)
                continue
            key = SoftKey(self._services.settings.public_origin)
            enrolment, options = await staff.begin_key(invitation.token, Factor.PASSKEY)
            member = await staff.finish_key(invitation.token, enrolment, key.create(options), "Demo")
            self.keys[login], self._logins[member.subject] = key, login

    def _invite(self, connection: Connection, login: str, name: str, roles: tuple[str, ...]) -> Invitation | None:
        members, now = self._services.staff.members, self._services.clock.now()
        try:
            there = members.by_login(connection, login)
        except MemberNotFound:
            return members.add(connection, login, name, roles, OPERATOR, now)
        if there.name != name or there.state is MemberState.SUSPENDED:
            return None
        return members.invite(connection, there.number, OPERATOR, now)

    async def sign_in(self, login: str, user_agent: str, language: str) -> Opened:
        """A session of one of them, by their passkey. Raises KeyError for anybody else, SignInRefused."""
        staff, key = self._services.staff, self.keys[login]
        challenge, wanted = await staff.passkey_options(language)
        return await staff.passkey(challenge, key.get(wanted), user_agent, language)

    async def sign(self, subject: Subject, challenge: str) -> None:
        """Passes a challenge of one of them. Raises KeyError for anybody else, and as `Verification.answer`."""
        key, verification = self.keys[self._logins[subject]], self._services.verification
        wanted = await verification.options(challenge, subject, Factor.PASSKEY)
        await verification.answer(challenge, subject, Factor.PASSKEY, key.get(wanted))
