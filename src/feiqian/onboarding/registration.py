"""Registration: a mobile number that is confirmed, then who it is, a password and a PIN; a customer comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from feiqian.auth import claims, sign_ins
from feiqian.auth.challenges.errors import CodeThrottled
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.model import ChallengeBinding, Passed
from feiqian.auth.errors import NotConfirmed, SignInLocked
from feiqian.auth.model import ChallengeView, Details, Opened, Started
from feiqian.auth.preauth import Asked, PreAuthFlow
from feiqian.auth.sessions.service import Sessions
from feiqian.auth.strangers import Strangers
from feiqian.customers.applications import REGISTER, Application, Applications
from feiqian.customers.errors import ApplicationOver
from feiqian.customers.profiles import NewProfile
from feiqian.db import after_commit
from feiqian.ids import NO_CUSTOMER, CustomerNumber
from feiqian.kyc import numbers
from feiqian.kyc.model import Claim
from feiqian.kyc.service import Identity
from feiqian.notify.errors import SendingCapped
from feiqian.notify.model import Audience
from feiqian.onboarding.errors import DocumentRefused
from feiqian.onboarding.newcomers import HELD, Newcomers
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime import network
from feiqian.runtime.transactions import Refused, writes, writes_or_refuses
from feiqian.subjects import Role, customer

BOUND = ChallengeBinding(purpose=Purpose.CONFIRM_MOBILE, kind="mobile")
_TRIES = 5  # two newcomers at once may draw the same number


class _New(NamedTuple):
    """All that becomes a customer; hashes were computed before the transaction."""

    details: Details
    claim: Claim
    email: str
    password_hash: str
    pin_hash: str


@dataclass(kw_only=True, eq=False, repr=False)
class Registration(PreAuthFlow):
    """A number that is a customer's already is answered as any other; its owner is told by message (abuse case 43)."""

    kinds = ("register",)

    applications: Applications
    newcomers: Newcomers
    strangers: Strangers
    identity: Identity
    factors: Factors
    sessions: Sessions

    @writes_or_refuses
    def start(self, connection: Connection, mobile: str, language: str, user_agent: str = "") -> Started | Refused:
        """Sends a code to the number. Raises identity's NumberInvalid, notify's SendingCapped.

        If no code may be sent, what was begun is kept all the same: what made room for it is gone.
        """
        mobile = numbers.mobile(mobile)
        known = self.customers.profiles.number_of(connection, mobile) is not None
        subject, now = self.records.stranger(Role.NOBODY if known else Role.APPLICANT, mobile), self.clock.now()
        challenge = self.verification.begin_unseen(connection, subject, BOUND, language).id
        application = self.applications.add(
            connection, subject, REGISTER, NO_CUSTOMER, mobile, language, challenge, now
        )
        client, asked = network.client.get(), Asked(subject, "register", language)
        self.applications.remove(connection, self.strangers.applications(connection, client, application.id))
        self.records.remember(connection, challenge, asked)
        try:
            with connection.begin_nested():
                view = self._send(connection, challenge, asked, Factor.SMS)
                self.notices.known(connection, application, Audience.STRANGER, now)
        except (CodeThrottled, SendingCapped, SignInLocked) as refused:
            return Refused(refused)
        return Started(application.id, view)

    @writes
    def send(self, connection: Connection, challenge: str, factor: Factor) -> ChallengeView:
        """Again to the same number. Raises CodeThrottled, SendingCapped, SignInLocked."""
        view = self._send(connection, challenge, self._asked(connection, challenge), factor)
        now = self.clock.now()
        application = self.applications.by_challenge(connection, challenge, now)
        self.notices.known(connection, application, Audience.STRANGER, now)
        return view

    @writes
    def confirm(self, connection: Connection, application: str, challenge: str) -> None:
        """The code was entered (`answer`): uses the challenge. Raises NotPassed, ApplicationOver."""
        now = self.clock.now()
        kept = self.applications.get(connection, application, now)
        if kept.challenge != challenge or kept.kind != REGISTER:
            raise ApplicationOver("there is no such application")
        self.verification.consume_within(connection, challenge, kept.subject, BOUND, now)
        self.applications.confirm(connection, application, now)

    async def check(self, application: str, details: Details) -> None:
        """Whether somebody may become a customer with this document, before they choose secrets. Keeps nothing of it.

        Raises as `finish` does, but for TooWeak.
        """
        await self.transactions.write(self._check, application, details)

    async def finish(
        self, application: str, details: Details, user_agent: str = "", device_token: str | None = None
    ) -> Opened:
        """Makes the customer, who is signed in at once. Raises NotConfirmed, ApplicationOver, DetailsInvalid,
        DocumentRefused, ChecksUsedUp, TooWeak, and identity's NumberInvalid and MrzInvalid."""
        kept, claim, email = await self.transactions.write(self._check, application, details)
        own = claims.own_words(claim, kept.address, email)
        password = await self.factors.new_password(details.password, own)
        pin = await self.factors.new_pin(details.pin, own)
        new = _New(details, claim, email, password, pin)
        # Another transaction, because hashes are slow and one that writes keeps all others waiting.
        return await self.work.db(self._finish, application, new, user_agent, device_token)

    # --- the customer --------------------------------------------------------------------------------------------

    def _check(self, connection: Connection, id: str, details: Details) -> tuple[Application, Claim, str] | Refused:
        """One answer of "yes", a customer has it, costs the application, and the mobile number's code with it."""
        now = self.clock.now()
        application = self._confirmed(connection, id, now)
        claim, email = self.newcomers.claim_of(details), claims.checked_email(details.email)
        if self.newcomers.is_held(connection, application, claim, now):
            self.applications.finish(connection, id, now)
            return Refused(DocumentRefused((HELD,)))
        return application, claim, email

    def _confirmed(self, connection: Connection, id: str, now: int) -> Application:
        application = self.applications.get(connection, id, now)
        if not application.confirmed_at or application.kind != REGISTER:
            raise NotConfirmed("the code that was sent comes first")
        return application

    def _finish(self, id: str, new: _New, user_agent: str, device_token: str | None) -> Opened:
        for tried in range(_TRIES):
            try:
                return self.transactions.write_now(self._finish_once, id, new, user_agent, device_token)
            except IntegrityError:
                if tried == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    def _finish_once(
        self, connection: Connection, id: str, new: _New, user_agent: str, device_token: str | None
    ) -> Opened:
        now = self.clock.now()
        application = self._confirmed(connection, id, now)
        if self.customers.profiles.number_of(connection, application.address) is not None:
            raise ApplicationOver("the number has become a customer's since")
        self.applications.finish(connection, id, now)
        subject = customer(self._add(connection, application, new, now))
        # The code that was sent to the number, and the password that was chosen here, are the first sign-in.
        factors = (Factor.PASSWORD, Factor.SMS)
        passed = Passed(application.challenge, factors, "", now, subject, Purpose.SIGN_IN)
        opened = self.sessions.open(connection, passed, user_agent, device_token, now, application.language)
        sign_ins.record(connection, subject, "ok", user_agent, now, factors=factors, new_device=True)
        details = {"kind": new.claim.kind, "country": new.claim.country}
        self._record(connection, subject, "registered", details)
        return opened

    def _add(self, connection: Connection, application: Application, new: _New, now: int) -> CustomerNumber:
        (added,) = self.customers.add_within(connection, [new.claim.name], now)
        number = CustomerNumber(added)
        profile = NewProfile(number, application.address, new.email, application.language)
        self.customers.profiles.add(connection, [profile])
        self.identity.put_claim(connection, number, new.claim, now)
        for factor, hashed in ((Factor.PASSWORD, new.password_hash), (Factor.PIN, new.pin_hash)):
            self.factors.put_secret(connection, customer(number), factor, hashed, now)
        after_commit(connection, partial(self.customers.take_up, number))
        return number
