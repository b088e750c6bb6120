"""The people of merchants in the database: invited, named, enrolled, given a role, removed. Blocks; needs no server.

Every change is in the audit log, in the same transaction. Roles are read anew at every request.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from feiqian.audit_log.log import AuditLog
from feiqian.auth.errors import EnrolmentOver
from feiqian.auth.invitations import Invitation, hash_of_typed, new_invitation
from feiqian.auth.sessions.service import Sessions
from feiqian.clock import DAY, HOUR
from feiqian.field_cipher import FieldCipher
from feiqian.ids import USER, MerchantNumber, new_id
from feiqian.merchant_users.errors import AddressTaken, LastOwner, UserInvalid, UserNotFound
from feiqian.merchant_users.model import MerchantRole, MerchantUser, UserState
from feiqian.merchant_users.tables import EMAIL, NAME, users
from feiqian.notify.mail_addresses import LONGEST, AddressInvalid, canonical
from feiqian.notify.model import Contacts
from feiqian.runtime.locks import lock
from feiqian.strings.normal import comparison
from feiqian.strings.visible import is_visible
from feiqian.subjects import Role, Subject
from feiqian.subjects import merchant as merchant_of

INVITATION_HOURS = 72
INVITATION = INVITATION_HOURS * HOUR
MOST_PEOPLE = 100  # of one merchant, those who are invited too
INVITATIONS_A_DAY = 50  # of new people of one merchant: each is a message to an address that somebody typed
AN_ADDRESS_A_DAY = 5  # invitations of one person
NAME_LENGTH = 100
_c = users.c
_THERE = (UserState.INVITED, UserState.ACTIVE)


class Users:
    """The people of all merchants of one bank. Methods work in the caller's transaction."""

    def __init__(self, cipher: FieldCipher, audit_log: AuditLog, sessions: Sessions) -> None:
        self._cipher, self._audit_log, self._sessions = cipher, audit_log, sessions

    # --- asking ------------------------------------------------------------------------------------------------

    def by_number(self, connection: Connection, number: int) -> MerchantUser:
        """Raises UserNotFound."""
        return self._one(connection, _c.number == number)

    def by_id(self, connection: Connection, merchant: MerchantNumber, id: str) -> MerchantUser:
        """One of this merchant's people, who was not removed. Raises UserNotFound, of another's too."""
        return self._one(connection, (_c.id == id) & (_c.merchant == merchant) & _c.state.in_(_THERE))

    def by_login(self, connection: Connection, email: str) -> MerchantUser:
        """Who signs in with this address. Raises UserNotFound."""
        return self._one(connection, _c.login_blind == self._blind(login_of(email)))

    def of(self, connection: Connection, merchant: MerchantNumber) -> list[MerchantUser]:
        """Who is there or invited, in order of joining."""
        found = select(users).where(_c.merchant == merchant, _c.state.in_(_THERE)).order_by(_c.number)
        return [self._user(row) for row in connection.execute(found)]

    def invited(self, connection: Connection, token: str, now: int) -> MerchantUser:
        """Whom this token invites. Raises EnrolmentOver."""
        row = connection.execute(select(users).where(_c.token_hash == hash_of_typed(token))).first()
        if row is None or row.state is not UserState.INVITED or now - row.invited_at >= INVITATION:
            raise EnrolmentOver
        return self._user(row)

    def contacts(self, connection: Connection, subject: Subject) -> Contacts | None:
        """Where one of them is told of wrong answers: by e-mail."""
        try:
            one = self.by_number(connection, subject.number)
        except UserNotFound:
            return None
        return Contacts(subject, "", one.email, (), one.language) if one.state is UserState.ACTIVE else None

    # --- changing ----------------------------------------------------------------------------------------------

    def invite(
        self,
        connection: Connection,
        merchant: MerchantNumber,
        email: str,
        role: MerchantRole,
        language: str,
        by: Subject,
        now: int,
    ) -> Invitation[MerchantUser]:
        """A new person, or another invitation of one who has not come yet: the one before ends. Raises UserInvalid."""
        email = address_of(email)
        self._hold(connection)
        mine = (_c.merchant == merchant) & (_c.email_blind == self._blind(login_of(email))) & _c.state.in_(_THERE)
        there = connection.execute(select(users).where(mine)).first()
        if there is not None and there.state is UserState.ACTIVE:
            raise UserInvalid("there", "whoever has this address signs in for the merchant already")
        if there is None:
            self._check_room(connection, merchant, by, now)
        number = there.number if there is not None else self._add(connection, merchant, email, now)
        values = {"role": role, "language": language}
        return self._invite(connection, number, values, by, now)

    def renew(
        self, connection: Connection, one: MerchantUser, by: Subject, now: int, *, even_last: bool = False
    ) -> Invitation[MerchantUser]:
        """For who has lost their factors, or came too late: a new invitation. Ends their sessions.

        `even_last`: the bank invites the last owner again, too. Raises LastOwner, UserInvalid.
        """
        self._hold(connection)
        if not even_last:
            self._keep_an_owner(connection, one)
        self._sessions.close_all(connection, one.subject, by=by)
        return self._invite(connection, one.number, {}, by, now)

    def name(self, connection: Connection, token: str, name: str, now: int) -> MerchantUser:
        """What whoever was invited is called. Raises EnrolmentOver, UserInvalid."""
        one, name = self.invited(connection, token, now), " ".join(name.split())
        if not comparison(name).strip() or len(name) > NAME_LENGTH or not is_visible(name):
            raise UserInvalid("name", f"a name has 1 to {NAME_LENGTH} letters")
        sealed = NAME.seal(self._cipher, name, one.number)
        connection.execute(update(users).where(_c.number == one.number).values(name=sealed))
        return self.by_number(connection, one.number)

    def enrolled(self, connection: Connection, token: str, now: int) -> MerchantUser:
        """Signs in from now on, and the token is used. Raises EnrolmentOver for the second of two, AddressTaken."""
        one = self.invited(connection, token, now)
        self._hold(connection)
        blind = self._blind(login_of(one.email))
        if connection.execute(select(_c.number).where(_c.login_blind == blind, _c.number != one.number)).first():
            raise AddressTaken
        used = update(users).where(_c.token_hash == hash_of_typed(token))
        values = {"token_hash": None, "state": UserState.ACTIVE, "login_blind": blind}
        if not connection.execute(used.values(values)).rowcount:
            raise EnrolmentOver
        self._record(connection, one.subject, "user_enrolled", one, {}, now)
        return self.by_number(connection, one.number)

    def speaks(self, connection: Connection, one: MerchantUser, language: str) -> None:
        """What messages are in from now on."""
        if language != one.language:
            connection.execute(update(users).where(_c.number == one.number).values(language=language))

    def set_role(
        self, connection: Connection, one: MerchantUser, role: MerchantRole, by: Subject, now: int
    ) -> MerchantUser:
        """Holds from the person's next request on. Raises LastOwner."""
        self._hold(connection)
        if role is not MerchantRole.OWNER:
            self._keep_an_owner(connection, one)
        connection.execute(update(users).where(_c.number == one.number).values(role=role))
        self._record(connection, by, "user_role_set", one, {"role_before": one.role, "role": role}, now)
        return self.by_number(connection, one.number)

    def remove(self, connection: Connection, one: MerchantUser, by: Subject, now: int) -> None:
        """Ends the person's sessions and invitation, at once. Raises LastOwner."""
        self._hold(connection)
        self._keep_an_owner(connection, one)
        values = {"state": UserState.REMOVED, "token_hash": None, "login_blind": None}
        connection.execute(update(users).where(_c.number == one.number).values(values))
        closed = self._sessions.close_all(connection, one.subject, by=by)
        self._record(connection, by, "user_removed", one, {"role": one.role, "sessions": closed}, now)

    # --- steps -------------------------------------------------------------------------------------------------

    def _hold(self, connection: Connection) -> None:
        """One change of people at a time, so that two owners cannot each remove the other, nor two have one address."""
        lock(connection, "merchants' people")

    def _keep_an_owner(self, connection: Connection, one: MerchantUser) -> None:
        owners = (_c.merchant == one.merchant) & (_c.role == MerchantRole.OWNER) & (_c.state == UserState.ACTIVE)
        others = select(func.count()).where(owners, _c.number != one.number)
        now = self.by_number(connection, one.number)
        is_one = now.role is MerchantRole.OWNER and now.state is UserState.ACTIVE
        if is_one and not connection.execute(others).scalar_one():
            raise LastOwner

    def _check_room(self, connection: Connection, merchant: MerchantNumber, by: Subject, now: int) -> None:
        there = select(func.count()).where(_c.merchant == merchant, _c.state.in_(_THERE))
        if connection.execute(there).scalar_one() >= MOST_PEOPLE:
            raise UserInvalid("many", f"a merchant has at most {MOST_PEOPLE} people")
        lately = select(func.count()).where(_c.merchant == merchant, _c.invited_at > now - DAY)
        if by.role is Role.USER and connection.execute(lately).scalar_one() >= INVITATIONS_A_DAY:
            raise UserInvalid("often", f"a merchant invites at most {INVITATIONS_A_DAY} people a day")

    def _add(self, connection: Connection, merchant: MerchantNumber, email: str, now: int) -> int:
        number: int = connection.execute(select(func.coalesce(func.max(_c.number), 0))).scalar_one() + 1
        row = {"number": number, "id": new_id(USER, now), "merchant": merchant, "created_at": now, "invited_at": now}
        row |= {"email": EMAIL.seal(self._cipher, email, number), "email_blind": self._blind(login_of(email))}
        row |= {"name": NAME.seal(self._cipher, "", number), "role": MerchantRole.VIEWER, "state": UserState.INVITED}
        connection.execute(insert(users).values(row | {"language": "en"}))
        return number

    def _invite(
        self, connection: Connection, number: int, values: dict[str, Any], by: Subject, now: int
    ) -> Invitation[MerchantUser]:
        lately = self._audit_log.count(connection, str(Subject(Role.USER, number)), "user_invited", now - DAY)
        if by.role is Role.USER and lately >= AN_ADDRESS_A_DAY:
            raise UserInvalid("often", f"somebody is invited at most {AN_ADDRESS_A_DAY} times a day")
        token, hashed = new_invitation()
        values = values | {"token_hash": hashed, "state": UserState.INVITED, "invited_at": now}
        connection.execute(update(users).where(_c.number == number).values(values))
        invited = self.by_number(connection, number)
        self._record(connection, by, "user_invited", invited, {"role": invited.role}, now)
        return Invitation(invited, token, now + INVITATION)

    def _record(
        self, connection: Connection, by: Subject, action: str, one: MerchantUser, more: dict[str, object], now: int
    ) -> None:
        details = {"merchant": str(merchant_of(one.merchant)), "user": one.id, **more}
        self._audit_log.append(connection, by, action, str(one.subject), details, now)

    def _blind(self, login: str) -> bytes:
        return self._cipher.blind_index(login, "merchant_users/email")

    def _one(self, connection: Connection, which: ColumnElement[bool]) -> MerchantUser:
        row = connection.execute(select(users).where(which)).first()
        if row is None:
            raise UserNotFound
        return self._user(row)

    def _user(self, row: Any) -> MerchantUser:
        email, name = EMAIL.text(self._cipher, row.email, row.number), NAME.text(self._cipher, row.name, row.number)
        about = (row.role, row.state, row.language, row.invited_at)
        return MerchantUser(row.number, row.id, MerchantNumber(row.merchant), email, name, *about)


def login_of(typed: str) -> str:
    """An address as it is compared: what no mail server tells apart is one."""
    try:
        return canonical(typed[: 4 * LONGEST]).lower()
    except AddressInvalid:
        return comparison(typed[: 4 * LONGEST]).strip().lower()


def role_of(name: str) -> MerchantRole:
    """Raises UserInvalid."""
    try:
        return MerchantRole(name.strip())
    except ValueError:
        raise UserInvalid("role", f"the roles are {', '.join(MerchantRole)}") from None


def address_of(typed: str) -> str:
    """An address as it is kept and sent to. Raises UserInvalid."""
    try:
        return canonical(typed)
    except AddressInvalid as error:
        raise UserInvalid("email", str(error)) from None
