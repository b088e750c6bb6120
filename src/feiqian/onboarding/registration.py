"""Registration: a mobile number that is confirmed, then who it is, a password and a PIN; a customer comes of it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from feiqian.auth import claims, sign_ins
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.contacts import warn_owner
from feiqian.auth.errors import NotConfirmed
from feiqian.auth.model import ChallengeView, Details, Opened, Started
from feiqian.auth.parts import Parts
from feiqian.auth.preauth import Asked, PreAuthFlow
from feiqian.customers.applications import REGISTER, Application, Applications
from feiqian.customers.errors import ApplicationOver
from feiqian.customers.profiles import NewProfile
from feiqian.kyc.model import Claim
from feiqian.notify.model import Audience
from feiqian.onboarding import newcomers
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime import network
from feiqian.subjects import Role, Subject, customer

BOUND = ChallengeBinding(purpose=Purpose.CONFIRM_MOBILE, kind="mobile")
_TRIES = 5  # two newcomers at once may draw the same number


class _New(NamedTuple):
    """All that becomes a customer; hashes were computed before the transaction."""

    details: Details
    claim: Claim
    email: str
    password_hash: str
    pin_hash: str


class Registration(PreAuthFlow):
    """A number that is a customer's already is answered as any other; its owner is told by message (abuse case 43)."""

    kinds = ("register",)

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._applications = Applications(parts.cipher)

    async def start(self, mobile: str, language: str, user_agent: str = "") -> Started:
        """Sends a code to the number. Raises identity's NumberInvalid, notify's SendingCapped."""
        mobile = self._mobile(mobile)
        client = network.client.get()
        id, subject = await self._p.work.db(self._apply, mobile, language, client)
        begun = await self._p.verification.begin(subject, BOUND, language)
        await self._p.work.db(self._begun, id, begun.id, Asked(subject, "register", language), client)
        return Started(id, await self.send(begun.id, Factor.SMS))

    async def send(self, challenge: str, factor: Factor) -> ChallengeView:
        """Again to the same number. Raises CodeThrottled, SendingCapped, SignInLocked."""
        view = await super().send(challenge, factor)
        await self._p.work.db(self._warn_owner, challenge)
        return view

    async def confirm(self, application: str, challenge: str) -> None:
        """The code was entered (`answer`): uses the challenge. Raises NotPassed, ApplicationOver."""
        await self._p.work.db(self._confirm, application, challenge)

    async def check(self, application: str, details: Details) -> None:
        """Whether somebody may become a customer with this document, before they choose secrets. Keeps nothing of it.

        Raises as `finish` does, but for TooWeak.
        """
        await self._checked(application, details)

    async def finish(
        self, application: str, details: Details, user_agent: str = "", device_token: str | None = None
    ) -> Opened:
        """Makes the customer, who is signed in at once. Raises NotConfirmed, ApplicationOver, DetailsInvalid,
        DocumentRefused, ChecksUsedUp, TooWeak, and identity's NumberInvalid and MrzInvalid."""
        kept, claim, email = await self._checked(application, details)
        own = claims.own_words(claim, kept.address, email)
        password = await self._p.factors.new_password(details.password, own)
        pin = await self._p.factors.new_pin(details.pin, own)
        new = _New(details, claim, email, password, pin)
        opened = await self._p.work.db(self._finish, application, new, user_agent, device_token)
        await self._p.work.db(self._p.customers.take_up, opened.session.subject.customer)
        return opened

    # --- the number ----------------------------------------------------------------------------------------------

    def _apply(self, mobile: str, language: str, client: str) -> tuple[str, Subject]:
        with self._p.db.write() as connection:
            known = self._p.customers.profiles.number_of(connection, mobile) is not None
            subject = self._stranger(Role.NOBODY if known else Role.APPLICANT, mobile)
            now = self._p.clock.now()
            id = self._applications.add(connection, subject, REGISTER, 0, mobile, language, now)
            self._applications.remove(connection, self._p.strangers.applications(connection, client, id))
            return id, subject

    def _begun(self, id: str, challenge: str, asked: Asked, client: str) -> None:
        with self._p.db.write() as connection:
            self._applications.put_challenge(connection, id, challenge)
            self._remember(connection, challenge, asked, self._p.clock.now(), client)

    def _warn_owner(self, challenge: str) -> None:
        now = self._p.clock.now()
        with self._p.db.write() as connection:
            warn_owner(
                self._p, connection, self._applications.by_challenge(connection, challenge, now), Audience.STRANGER, now
            )

    def _confirm(self, id: str, challenge: str) -> None:
        now = self._p.clock.now()
        with self._p.db.write() as connection:
            application = self._applications.get(connection, id, now)
            if application.challenge != challenge or application.kind != REGISTER:
                raise ApplicationOver("there is no such application")
            self._p.verification.consume_within(connection, challenge, application.subject, BOUND, now)
            self._applications.confirm(connection, id, now)

    # --- the customer --------------------------------------------------------------------------------------------

    async def _checked(self, application: str, details: Details) -> tuple[Application, Claim, str]:
        kept = await self._p.work.db(self._confirmed, application)
        claim, email = newcomers.claim_of(self._p, details), claims.checked_email(details.email)
        if await self._p.work.db(self._is_held, application, claim):
            raise newcomers.refuse_held()
        return kept, claim, email

    def _confirmed(self, id: str) -> Application:
        with self._p.db.write() as connection:
            return self._confirmed_in(connection, id, self._p.clock.now())

    def _is_held(self, id: str, claim: Claim) -> bool:
        """One answer of "yes" costs the application, and the mobile number's code with it."""
        now = self._p.clock.now()
        with self._p.db.write() as connection:
            application = self._confirmed_in(connection, id, now)
            held = newcomers.is_held(self._p, connection, application, claim, now)
            if held:
                self._applications.finish(connection, id, now)
            return held

    def _confirmed_in(self, connection: Connection, id: str, now: int) -> Application:
        application = self._applications.get(connection, id, now)
        if not application.confirmed_at or application.kind != REGISTER:
            raise NotConfirmed("the code that was sent comes first")
        return application

    def _finish(self, id: str, new: _New, user_agent: str, device_token: str | None) -> Opened:
        for tried in range(_TRIES):
            try:
                return self._finish_once(id, new, user_agent, device_token)
            except IntegrityError:
                if tried == _TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    def _finish_once(self, id: str, new: _New, user_agent: str, device_token: str | None) -> Opened:
        now = self._p.clock.now()
        with self._p.db.write() as connection:
            application = self._confirmed_in(connection, id, now)
            if self._p.customers.profiles.number_of(connection, application.address) is not None:
                raise ApplicationOver("the number has become a customer's since")
            self._applications.finish(connection, id, now)
            subject = customer(self._add(connection, application, new, now))
            factors = (Factor.PASSWORD, Factor.SMS)
            opened = self._p.sessions.open(
                connection, subject, factors, user_agent, device_token, now, application.language
            )
            sign_ins.record(connection, subject, "ok", user_agent, now, factors=factors, new_device=True)
            details = {"kind": new.claim.kind, "country": new.claim.country}
            self._p.audit_log.append(connection, subject, "registered", str(subject), details, now)
            return opened

    def _add(self, connection: Connection, application: Application, new: _New, now: int) -> int:
        (number,) = self._p.customers.add_within(connection, [new.claim.name], now)
        profile = NewProfile(number, application.address, new.email, application.language)
        self._p.customers.profiles.add(connection, [profile])
        self._p.identity.put_claim(connection, number, new.claim, now)
        for factor, hashed in ((Factor.PASSWORD, new.password_hash), (Factor.PIN, new.pin_hash)):
            self._p.factors.put_secret(connection, customer(number), factor, hashed, now)
        return number
