"""What merchants' people are told by e-mail: an invitation with its link, another role, that they were removed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from feiqian.auth.invitations import Invitation
from feiqian.clock import Clock
from feiqian.merchant_users.model import MerchantRole, MerchantUser, UserState
from feiqian.merchant_users.users import INVITATION_HOURS, Users, address_of
from feiqian.merchants.registry import Merchant
from feiqian.notify.model import Channel, Message
from feiqian.notify.service import Notify
from feiqian.subjects import Subject
from feiqian.texts import texts_in

PLACE = "/merchants/invitation"


@dataclass(kw_only=True, eq=False, repr=False)
class Letters:
    """`origin` is that of the pages."""

    notify: Notify
    origin: str

    def invite(
        self, connection: Connection, invitation: Invitation[MerchantUser], merchant: Merchant, now: int
    ) -> None:
        """The only place where the token is told. Raises ChannelMissing."""
        user = invitation.account
        link = f"{self.origin}{PLACE}/{invitation.token}"
        values = {"link": link, "hours": str(INVITATION_HOURS), "role": self._role(user), "merchant": merchant.name}
        self._tell(connection, user, "merchant_invitation", values, now, invitation.expires_at)

    def role(self, connection: Connection, user: MerchantUser, now: int) -> None:
        self._tell(connection, user, "merchant_role", {"role": self._role(user)}, now)

    def removed(self, connection: Connection, user: MerchantUser, merchant: Merchant, now: int) -> None:
        self._tell(connection, user, "merchant_removed", {"merchant": merchant.name}, now)

    def changed(self, connection: Connection, user: MerchantUser, what: str, now: int) -> None:
        """`what`: password, a factor, or factor_removed, as messages to customers say it."""
        self._tell(connection, user, "merchant_changed", {"what": what}, now)

    def signed_in(self, connection: Connection, user: MerchantUser, device: str, now: int) -> None:
        self._tell(connection, user, "merchant_signed_in", {"device": device}, now)

    def _role(self, user: MerchantUser) -> str:
        return texts_in(user.language)(f"portal.role.{user.role}")

    def _tell(
        self, connection: Connection, user: MerchantUser, kind: str, values: dict[str, str], now: int, until: int = 0
    ) -> None:
        message = Message(user.subject, Channel.EMAIL, user.email, kind, user.language, values, expires_at=until)
        self.notify.queue(connection, message, now)


@dataclass(kw_only=True, eq=False, repr=False)
class BankInvitations:
    """By the bank: the first of a merchant's people, and whoever has lost their factors."""

    clock: Clock
    users: Users
    letters: Letters

    def by_bank(
        self, connection: Connection, merchant: Merchant, email: str, role: MerchantRole, language: str, by: Subject
    ) -> MerchantUser:
        """By the bank: somebody new, or who has lost their factors."""
        now = self.clock.now()
        there = [one for one in self.users.of(connection, merchant.number) if one.email == address_of(email)]
        if there and there[0].state is UserState.ACTIVE:
            invitation = self.users.renew(connection, there[0], by, now, even_last=True)
        else:
            invitation = self.users.invite(connection, merchant.number, email, role, language, by, now)
        self.letters.invite(connection, invitation, merchant, now)
        return invitation.account
