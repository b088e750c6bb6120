"""The demo's staff, and an owner of its first shop: enrolled as any are, with passkeys that the demo keeps.

It uses them when a button is pressed. The keys live as long as the process, so each start enrols these accounts anew;
their sessions of before end.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from feiqian.auth.challenges.service import Verification
from feiqian.auth.invitations import Invitation
from feiqian.auth.sessions.model import Opened
from feiqian.auth.work_sign_in import WorkSignIn
from feiqian.backoffice.errors import MemberNotFound
from feiqian.backoffice.model import OPERATOR, MemberState, StaffMember
from feiqian.merchant_users.model import MerchantRole
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
MERCHANT_USER = ("Lin Wei", "lin.wei@shop.example")  # name and address
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

    def _invite(
        self, connection: Connection, login: str, name: str, roles: tuple[str, ...]
    ) -> Invitation[StaffMember] | None:
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
        return await _sign_in(self._services.staff, self.keys[login], user_agent, language)

    async def sign(self, subject: Subject, challenge: str) -> None:
        """Passes a challenge of one of them. Raises KeyError for anybody else, and as `Verification.answer`."""
        await _sign(self._services.verification, self.keys[self._logins[subject]], subject, challenge)


class DemoMerchant:
    """An owner of the first shop; nobody can be let in before `enrol`."""

    name, email = MERCHANT_USER

    def __init__(self, services: Services) -> None:
        self._services = services
        self._key: SoftKey | None = None
        self._subject: Subject | None = None

    async def enrol(self) -> None:
        """Gives the owner a new key. A bank without merchants has none."""
        users = self._services.merchant_users
        token = await self._services.transactions.write(self._invite)
        if not token:
            return
        key = SoftKey(self._services.settings.public_origin)
        await users.name(token, self.name)
        enrolment, options = await users.begin_key(token, Factor.PASSKEY)
        user = await users.finish_key(token, enrolment, key.create(options), "Demo")
        self._key, self._subject = key, user.subject

    def _invite(self, connection: Connection) -> str:
        """The token of an invitation that nobody is sent; "" if there is nobody to invite."""
        users, now = self._services.merchant_users.users, self._services.clock.now()
        shop = next(iter(self._services.merchants.all()), None)
        if shop is None:
            return ""
        there = [one for one in users.of(connection, shop.number) if one.email == self.email]
        if there:
            return users.renew(connection, there[0], OPERATOR, now, even_last=True).token
        return users.invite(connection, shop.number, self.email, MerchantRole.OWNER, "en", OPERATOR, now).token

    async def sign_in(self, user_agent: str, language: str) -> Opened:
        """A session by the passkey. Raises KeyError where nobody was enrolled, SignInRefused."""
        return await _sign_in(self._services.merchant_users, self._own_key(), user_agent, language)

    async def sign(self, subject: Subject, challenge: str) -> None:
        """Passes a challenge of the owner. Raises KeyError for anybody else, and as `Verification.answer`."""
        if subject != self._subject:
            raise KeyError(subject)
        await _sign(self._services.verification, self._own_key(), subject, challenge)

    def _own_key(self) -> SoftKey:
        if self._key is None:
            raise KeyError(self.email)
        return self._key


async def _sign_in(service: WorkSignIn[Any, Any], key: SoftKey, user_agent: str, language: str) -> Opened:
    challenge, wanted = await service.passkey_options(language)
    return await service.passkey(challenge, key.get(wanted), user_agent, language)


async def _sign(verification: Verification, key: SoftKey, subject: Subject, challenge: str) -> None:
    wanted = await verification.options(challenge, subject, Factor.PASSKEY)
    await verification.answer(challenge, subject, Factor.PASSKEY, key.get(wanted))
