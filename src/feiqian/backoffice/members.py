"""Staff accounts in the database: added with an enrolment token, found, suspended. Blocks; works without a server.

Every change of an account is in the audit log, in the same transaction. Roles are read anew at every request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from feiqian.audit_log.log import AuditLog
from feiqian.auth.errors import EnrolmentOver
from feiqian.auth.invitations import Invitation, hash_of_typed, new_invitation
from feiqian.auth.sessions.service import Sessions
from feiqian.backoffice.errors import MemberInvalid, MemberNotFound, NotAllowed
from feiqian.backoffice.model import MemberState, StaffMember, StaffRole
from feiqian.backoffice.tables import members
from feiqian.clock import HOUR
from feiqian.ids import STAFF, new_id
from feiqian.runtime.paging import Ask, Order, Page, page_of
from feiqian.strings.normal import comparison
from feiqian.strings.visible import is_visible
from feiqian.subjects import Subject, staff

ENROLMENT_HOURS = 24
ENROLMENT = ENROLMENT_HOURS * HOUR
NAME_LENGTH = 100
LOGIN_LENGTH = 32
_LOGIN = re.compile(rf"[a-z][a-z0-9._-]{{1,{LOGIN_LENGTH - 1}}}", re.ASCII)
_c = members.c
_ORDER = Order((_c.number,), newest_first=False)


class Members:
    """The staff accounts of one bank. Methods work in the caller's transaction."""

    def __init__(self, audit_log: AuditLog, sessions: Sessions | None = None) -> None:
        """Without `sessions` accounts can be asked for, and neither invited nor suspended."""
        self._audit_log, self._ended = audit_log, sessions

    @property
    def _sessions(self) -> Sessions:
        if self._ended is None:
            raise RuntimeError("sessions were to be ended without them")
        return self._ended

    # --- asking ------------------------------------------------------------------------------------------------

    def by_number(self, connection: Connection, number: int) -> StaffMember:
        """Raises MemberNotFound."""
        return self._one(connection, _c.number == number)

    def by_id(self, connection: Connection, id: str) -> StaffMember:
        """Raises MemberNotFound."""
        return self._one(connection, _c.id == id)

    def by_login(self, connection: Connection, login: str) -> StaffMember:
        """Raises MemberNotFound."""
        return self._one(connection, _c.login == login_of(login))

    def all(self, connection: Connection) -> list[StaffMember]:
        """Every account, in order of joining."""
        return [_member(row) for row in connection.execute(select(members).order_by(_c.number))]

    def page(self, connection: Connection, ask: Ask, limit: int) -> Page[StaffMember]:
        """A page of the accounts, in order of joining."""
        found = page_of(connection, select(members), _ORDER, ask, limit)
        return found.of([_member(row) for row in found.items])

    def names(self, connection: Connection) -> dict[int, str]:
        """The logins by number, of all."""
        return {row.number: row.login for row in connection.execute(select(_c.number, _c.login))}

    def enrolling(self, connection: Connection, token: str, now: int) -> tuple[StaffMember, int]:
        """Whose enrolment this token is, and when they were invited. Raises EnrolmentOver."""
        row = connection.execute(select(members).where(_c.token_hash == hash_of_typed(token))).first()
        if row is None or row.state != MemberState.INVITED or now - row.invited_at >= ENROLMENT:
            raise EnrolmentOver
        return _member(row), row.invited_at

    def still(self, connection: Connection, member: StaffMember, *roles: StaffRole) -> StaffMember:
        """The account as it is now: at work, and with any one of these roles. Raises NotAllowed."""
        now = self.by_number(connection, member.number)
        require(now, *roles)
        if now.state is not MemberState.ACTIVE:
            raise NotAllowed(roles)
        return now

    # --- changing ----------------------------------------------------------------------------------------------

    def add(
        self, connection: Connection, login: str, name: str, roles: Iterable[str], by: Subject, now: int
    ) -> Invitation[StaffMember]:
        """A new account that waits for its person to enrol. Raises MemberInvalid."""
        login, name, chosen = login_of(login), name.strip(), roles_of(roles)
        _check(login, name)
        if connection.execute(select(_c.number).where(_c.login == login)).first():
            raise MemberInvalid("taken", f"there is a staff account {login!r} already")
        token, hashed = new_invitation()
        values = {"token_hash": hashed, "state": MemberState.INVITED}
        member = self._insert(connection, login, name, chosen, now, values)
        details = {"login": login, "roles": sorted(chosen)}
        self._audit_log.append(connection, by, "staff_added", str(member.subject), details, now)
        return Invitation(member, token, now + ENROLMENT)

    def invite(self, connection: Connection, number: int, by: Subject, now: int) -> Invitation[StaffMember]:
        """A new enrolment: for who has lost their factors, was suspended, or was too late. Ends their sessions."""
        member, (token, hashed) = self.by_number(connection, number), new_invitation()
        values = {"token_hash": hashed, "state": MemberState.INVITED, "invited_at": now}
        connection.execute(update(members).where(_c.number == number).values(values))
        self._sessions.close_all(connection, member.subject, by=by)
        self._audit_log.append(connection, by, "staff_invited", str(member.subject), {"login": member.login}, now)
        return Invitation(self.by_number(connection, number), token, now + ENROLMENT)

    def enrolled(self, connection: Connection, token: str, now: int) -> StaffMember:
        """The account is at work from now on, and the token is used. Raises EnrolmentOver, for the second of two."""
        member, _ = self.enrolling(connection, token, now)
        used = update(members).where(_c.token_hash == hash_of_typed(token))
        if not connection.execute(used.values(token_hash=None, state=MemberState.ACTIVE)).rowcount:
            raise EnrolmentOver
        self._audit_log.append(connection, member.subject, "staff_enrolled", str(member.subject), {}, now)
        return self.by_number(connection, member.number)

    def suspend(self, connection: Connection, number: int, by: Subject, now: int) -> StaffMember:
        """Ends the account's sessions, and lets nobody in. Raises MemberNotFound. Again, it changes nothing."""
        member = self.by_number(connection, number)
        if member.state is not MemberState.SUSPENDED:
            values = {"state": MemberState.SUSPENDED, "token_hash": None}
            connection.execute(update(members).where(_c.number == number).values(values))
            closed = self._sessions.close_all(connection, member.subject, by=by)
            details = {"login": member.login, "sessions": closed}
            self._audit_log.append(connection, by, "staff_suspended", str(member.subject), details, now)
        return self.by_number(connection, number)

    def set_roles(self, connection: Connection, number: int, roles: Iterable[str], by: Subject, now: int) -> None:
        """Part of a change that was approved. Raises MemberNotFound."""
        chosen = tuple(sorted(roles_of(roles)))
        if not connection.execute(update(members).where(_c.number == number).values(roles=chosen)).rowcount:
            raise MemberNotFound
        self._audit_log.append(connection, by, "staff_roles_set", str(staff(number)), {"roles": chosen}, now)

    def _insert(
        self,
        connection: Connection,
        login: str,
        name: str,
        roles: frozenset[StaffRole],
        now: int,
        values: dict[str, Any],
    ) -> StaffMember:
        number = connection.execute(select(func.coalesce(func.max(_c.number), 0))).scalar_one() + 1
        row = {"number": number, "id": new_id(STAFF, now), "login": login, "name": name, "created_at": now}
        row |= {"roles": tuple(sorted(roles)), "invited_at": now}
        connection.execute(insert(members).values(row | values))
        return self.by_number(connection, number)

    def _one(self, connection: Connection, which: ColumnElement[bool]) -> StaffMember:
        row = connection.execute(select(members).where(which)).first()
        if row is None:
            raise MemberNotFound
        return _member(row)


def require(member: StaffMember, *roles: StaffRole) -> None:
    """Raises NotAllowed unless the member has any one of the roles."""
    if not member.has(*roles):
        raise NotAllowed(roles)


def login_of(typed: str) -> str:
    """A login as it is kept and compared."""
    return comparison(typed[: 4 * LOGIN_LENGTH]).strip().lower()


def roles_of(names: Iterable[str]) -> frozenset[StaffRole]:
    """Raises MemberInvalid for none, or for one that there is not."""
    try:
        roles = frozenset(StaffRole(name.strip()) for name in names)
    except ValueError:
        raise MemberInvalid("roles", f"the roles of staff are {', '.join(StaffRole)}") from None
    if not roles:
        raise MemberInvalid("roles", f"a staff account has roles, of {', '.join(StaffRole)}")
    return roles


def _check(login: str, name: str) -> None:
    if not _LOGIN.fullmatch(login):
        raise MemberInvalid("login", "a login is 2 to 32 of a to z, 0 to 9, '.', '_', '-', and begins with a letter")
    if not comparison(name).strip() or len(name) > NAME_LENGTH or not is_visible(name):
        raise MemberInvalid("name", f"a name has 1 to {NAME_LENGTH} letters")


def _member(row: Any) -> StaffMember:
    roles = frozenset(row.roles)
    return StaffMember(row.number, row.id, row.login, row.name, roles, row.state, row.created_at)
