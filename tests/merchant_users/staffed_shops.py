"""The bank of tests/backoffice with two merchants and their people: real parts, but for the read model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyotp
from litestar.testing import TestClient
from staff_pages import Browser, app_of, site_of
from staffed import FIREFOX, Staffed

from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.sessions.model import Opened
from feiqian.merchant_users.model import Member, MerchantRole, MerchantUser
from feiqian.merchant_users.people import Act
from feiqian.merchants.registry import Merchant, Merchants, NewMerchant
from feiqian.money import CNY
from feiqian.policy.factors import Factor
from feiqian.subjects import Role, staff

USER_PASSWORD = "nineteen copper kettles"
LINK = re.compile(r"http://localhost:8080(/merchants/invitation/([A-Za-z0-9_-]{43}))")


class Shops(Staffed):
    """Two merchants, `teahouse` and `bakery`."""

    def __init__(self, folder: Any, clock: Any = None) -> None:
        super().__init__(folder, clock)
        merchants = Merchants(self.db, "test")
        new = [NewMerchant(name, CNY.number, 60) for name in ("Teahouse", "Bakery")]
        self.teahouse, self.bakery = merchants.add(new, self.clock.now())
        self.users = self.services.merchant_users
        self.services.merchants = self.users.merchants = merchants
        self.own = self.services.own_access
        self.people, self.invitations = self.services.people, self.services.bank_invitations
        self.totp: dict[str, str] = {}

    def close(self) -> None:
        self.users.merchants.close()
        super().close()

    # --- ways in ---------------------------------------------------------------------------------------------------

    def invite(self, email: str, role: str = "owner", merchant: Merchant | None = None) -> str:
        """By the bank; the token, as the message told it."""
        at = merchant or self.teahouse
        self.do(self.invitations.by_bank, at, email, MerchantRole(role), "en", staff(0))
        return self.token_for(email)

    def token_for(self, email: str) -> str:
        found = LINK.search(self.letters(email)[-1])
        assert found
        return found[2]

    def letters(self, email: str) -> list[str]:
        """What has arrived at an address, the oldest first."""
        return [message.text for message in self.arrived() if message.address == email]

    def enrol(self, token: str, name: str) -> MerchantUser:
        """With a password and a one-time-code token."""
        user = self.run(self.users.name(token, name))
        self.run(self.users.choose_password(token, USER_PASSWORD))
        enrolment = self.run(self.users.begin_token(token))
        self.totp[user.email] = pyotp.parse_uri(enrolment.uri).secret
        return self.run(self.users.finish_token(token, enrolment.id, self.shown(user.email)))

    def shown(self, email: str) -> str:
        """What somebody's token shows, a step later each time: no code is taken twice."""
        self.clock.advance(30)
        return pyotp.TOTP(self.totp[email]).at(self.clock.now() // 1_000_000)

    def user(self, email: str, role: str = "owner", merchant: Merchant | None = None) -> MerchantUser:
        return self.enrol(self.invite(email, role, merchant), email.partition("@")[0].title())

    def let_in(self, email: str) -> Opened:
        view = self.run(self.users.password(email, USER_PASSWORD, "en"))
        return self.run(self.users.code(email, view.id, self.shown(email), FIREFOX, "en"))

    def signed_in(self, email: str, role: str = "owner", merchant: Merchant | None = None) -> Member:
        self.user(email, role, merchant)
        member = self.run(self.users.of_session(self.let_in(email).token))
        assert member is not None
        return member

    # --- acts ------------------------------------------------------------------------------------------------------

    def act(self, member: Member, act: Act) -> None:
        """Confirmed with fresh factors, and carried out."""
        self.run(self.people.carry_out(member, act, self.confirmed(member, act)))

    def confirmed(self, member: Member, act: Act) -> str:
        return self.answered(member, self.run(self.people.confirm(member, act, "en")))

    def answered(self, member: Member, view: ChallengeView) -> str:
        """A challenge that the member has passed with password and token."""
        verification, subject = self.services.verification, member.subject
        self.run(verification.answer(view.id, subject, Factor.PASSWORD, USER_PASSWORD))
        return self.run(verification.answer(view.id, subject, Factor.TOTP, self.shown(member.user.email))).id


@contextmanager
def browsing(bank: Shops) -> Iterator[Browser]:
    """A browser of this bank's pages, where nobody is signed in."""
    site = site_of(bank)
    services: Any = site.services
    for name in ("merchants", "people", "merchant_users", "own_access"):
        setattr(services, name, getattr(bank.services, name))
    services.at_work[Role.USER] = bank.users
    with TestClient(app_of(site), base_url="http://127.0.0.1:8080", raise_server_exceptions=False) as client:
        yield Browser(client, site)
