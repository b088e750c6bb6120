"""Who signs in for a merchant: its owners invite, change roles, remove; each act is confirmed with fresh factors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.clock import Clock
from feiqian.merchant_users.errors import NotPermitted
from feiqian.merchant_users.invitations import Letters
from feiqian.merchant_users.model import Member, MerchantRole, MerchantUser, Permission, UserState
from feiqian.merchant_users.users import Users, address_of
from feiqian.policy.factors import Purpose
from feiqian.runtime.transactions import Transactions, reads, writes


class Doing(StrEnum):
    """What is done with somebody."""

    INVITE = "invite"
    ROLE = "role"
    RENEW = "renew"
    REMOVE = "remove"


class Act(NamedTuple):
    """`whom` is the address of whoever is invited, else the person's id; `role` is "" where none is given."""

    doing: Doing
    whom: str
    role: str = ""


@dataclass(kw_only=True, eq=False, repr=False)
class People:
    """Of all merchants; every method is of the member's own. Raises NotPermitted."""

    transactions: Transactions
    clock: Clock
    verification: Verification
    users: Users
    letters: Letters

    @reads
    def all(self, connection: Connection, member: Member) -> list[MerchantUser]:
        """Who is there or invited, in order of joining."""
        member.require(Permission.PEOPLE_READ)
        return self.users.of(connection, member.user.merchant)

    @reads
    def one(self, connection: Connection, member: Member, id: str) -> MerchantUser:
        """Raises UserNotFound, of another merchant's people too."""
        member.require(Permission.PEOPLE_READ)
        return self.users.by_id(connection, member.user.merchant, id)

    @writes
    def confirm(self, connection: Connection, member: Member, act: Act, language: str) -> ChallengeView:
        """Begins the challenge that the act spends. Raises UserInvalid, UserNotFound, LastOwner, FactorNotEnrolled."""
        self._still(connection, member)
        savepoint = connection.begin_nested()  # what would be refused is refused before anybody confirms it
        try:
            self._do(connection, member, act)
        finally:
            savepoint.rollback()
        binding = self._binding(connection, member, act)
        return self.verification.begin.within(
            connection, member.subject, binding, language, device=member.session.device
        )

    @writes
    def carry_out(self, connection: Connection, member: Member, act: Act, challenge: str) -> None:
        """Once. Raises what `confirm` does, and verification's errors."""
        self._still(connection, member)
        binding, now = self._binding(connection, member, act), self.clock.now()
        self.verification.consume_within(connection, challenge, member.subject, binding, now)
        self._do(connection, member, act)

    # --- steps -----------------------------------------------------------------------------------------------------

    def _still(self, connection: Connection, member: Member) -> None:
        """Roles may have changed since the request began. Raises NotPermitted."""
        now = self.users.by_number(connection, member.user.number)
        if now.state is not UserState.ACTIVE or Permission.PEOPLE_WRITE not in now.permissions:
            raise NotPermitted(Permission.PEOPLE_WRITE, (MerchantRole.OWNER,))

    def _do(self, connection: Connection, member: Member, act: Act) -> None:
        now, by, merchant = self.clock.now(), member.subject, member.merchant
        if act.doing is Doing.INVITE:
            role, language = MerchantRole(act.role), member.session.language
            invitation = self.users.invite(connection, merchant.number, act.whom, role, language, by, now)
            self.letters.invite(connection, invitation, merchant, now)
            return
        user = self.users.by_id(connection, merchant.number, act.whom)
        if act.doing is Doing.RENEW:
            self.letters.invite(connection, self.users.renew(connection, user, by, now), merchant, now)
        elif act.doing is Doing.ROLE:
            self.letters.role(connection, self.users.set_role(connection, user, MerchantRole(act.role), by, now), now)
        else:
            self.users.remove(connection, user, by, now)
            self.letters.removed(connection, user, merchant, now)

    def _binding(self, connection: Connection, member: Member, act: Act) -> ChallengeBinding:
        """What is confirmed: in words what is done with whom, and besides it of which merchant."""
        merchant = member.merchant
        if act.doing is Doing.INVITE:
            email = address_of(act.whom)
        else:
            email = self.users.by_id(connection, merchant.number, act.whom).email
        return ChallengeBinding(
            purpose=Purpose.MERCHANT_ACT,
            kind=f"{act.doing}_{act.role}" if act.role else str(act.doing),
            payee=merchant.name,
            reference=email,
            ids=f"{merchant.id} {act.whom}",
        )
