"""What a customer who is signed in changes: secrets, factors, addresses, language. All but the last need a challenge.

The challenge is spent in the transaction that makes the change; `challenge` begins one that is bound to it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from feiqian.auth import notifications, secrets
from feiqian.auth.challenges.model import ChallengeBinding, TotpEnrolment
from feiqian.auth.contacts import NewContacts
from feiqian.auth.errors import DetailsInvalid
from feiqian.auth.model import ChallengeView, FactorView, Session, Started
from feiqian.auth.parts import Parts
from feiqian.customers.model import Profile
from feiqian.policy.factors import Factor, Purpose
from feiqian.texts import LANGUAGES

KEYS = (Factor.PASSKEY, Factor.SHIELD)
_ENROLLED = (Factor.TOTP, *KEYS)
_BOUND_TO_NOTHING = (Purpose.UNFREEZE, Purpose.CHANGE_PASSWORD, Purpose.CHANGE_PIN)
_PURPOSES = {Factor.PASSWORD: Purpose.CHANGE_PASSWORD, Factor.PIN: Purpose.CHANGE_PIN}
LONGEST_PUSH = 4_096


class Changing:
    """Every method is of the session's own customer."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts
        self._contacts = NewContacts(parts)

    async def challenge(self, session: Session, purpose: Purpose, kind: str = "", reference: str = "") -> ChallengeView:
        """Begins a challenge for one of the methods below, bound as they expect.

        `kind`: of ADD_FACTOR passkey, shield or totp; of CHANGE_CONTACT mobile or email, with the new address as
        `reference` (for e-mail "" to have none any more); of REMOVE_FACTOR the factor's id as `reference`. Raises
        DetailsInvalid for others, identity's NumberInvalid.
        """
        binding = self._binding(purpose, kind, reference)
        return await self._p.verification.begin(session.subject, binding, session.language, device=session.device)

    async def change_password(self, session: Session, challenge: str, new: str) -> None:
        """Every other session ends. Raises TooWeak, SecretUnchanged, and verification's errors."""
        await self._change_secret(session, challenge, Factor.PASSWORD, new)

    async def change_pin(self, session: Session, challenge: str, new: str) -> None:
        """As `change_password`."""
        await self._change_secret(session, challenge, Factor.PIN, new)

    async def change_language(self, session: Session, language: str) -> None:
        """What messages and pages are in from now on. Raises DetailsInvalid."""
        if language not in LANGUAGES:
            raise DetailsInvalid("language", "invalid")
        await self._p.work.db(self._change_language, session, language)

    async def start_contact(self, session: Session, challenge: str, kind: str, address: str) -> Started:
        """Spends the challenge and sends a code to the new address (`kind` is mobile or email)."""
        return await self._contacts.start(session, challenge, kind, address)

    async def answer_contact(self, session: Session, application: str, factor: Factor, answer: str) -> ChallengeView:
        """The code that came to the new address."""
        return await self._contacts.answer_of(session, application, factor, answer)

    async def finish_contact(self, session: Session, application: str) -> None:
        """The new address holds from now on; the old one is told. Raises NotPassed, ApplicationOver."""
        await self._contacts.finish(session, application)

    async def remove_email(self, session: Session, challenge: str) -> None:
        """Bound to kind email and the reference ""."""
        await self._p.work.db(self._remove_email, session, challenge)

    async def begin_totp(self, session: Session, challenge: str) -> TotpEnrolment:
        """Spends a challenge of ADD_FACTOR, kind totp."""
        await self._p.verification.consume(challenge, session.subject, _adding(Factor.TOTP))
        name = (await self._p.work.db(self._profile, session)).name
        return await self._p.factors.begin_totp(session.subject, name)

    async def finish_totp(self, session: Session, enrolment: str, code: str) -> FactorView:
        """Raises AnswerWrong, FactorNotFound."""
        added = await self._p.factors.confirm_totp(session.subject, enrolment, code)
        await self._p.work.db(self._factor_added, session, added.factor)
        return added

    async def begin_key(self, session: Session, challenge: str, factor: Factor) -> tuple[str, dict[str, Any]]:
        """Spends a challenge of ADD_FACTOR, kind passkey or shield. Raises DetailsInvalid."""
        if factor not in KEYS:
            raise DetailsInvalid("kind", "invalid")
        await self._p.verification.consume(challenge, session.subject, _adding(factor))
        profile = await self._p.work.db(self._profile, session)
        return await self._p.factors.begin_key(session.subject, profile.name, profile.name, factor)

    async def finish_key(self, session: Session, enrolment: str, response: str, label: str = "") -> FactorView:
        """Raises EnrolmentRefused, FactorNotFound."""
        added = await self._p.factors.finish_key(session.subject, enrolment, response, label)
        await self._p.work.db(self._factor_added, session, added.factor)
        return added

    async def remove_factor(self, session: Session, challenge: str, factor_id: str) -> None:
        """Raises FactorNotFound, and verification's errors."""
        await self._p.work.db(self._remove_factor, session, challenge, factor_id)

    async def add_push(self, session: Session, subscription: str) -> None:
        """A browser's push subscription (its JSON). Raises DetailsInvalid."""
        if not 0 < len(subscription) <= LONGEST_PUSH:
            raise DetailsInvalid("subscription", "invalid")
        await self._p.work.db(self._add_push, session, subscription)

    # --- steps ---------------------------------------------------------------------------------------------------

    def _binding(self, purpose: Purpose, kind: str, reference: str) -> ChallengeBinding:
        if purpose in _BOUND_TO_NOTHING and not kind and not reference:
            return ChallengeBinding(purpose=purpose)
        if purpose is Purpose.ADD_FACTOR and kind in _ENROLLED and not reference:
            return _adding(Factor(kind))
        if purpose is Purpose.REMOVE_FACTOR and not kind and reference:
            return ChallengeBinding(purpose=purpose, reference=reference)
        if purpose is Purpose.CHANGE_CONTACT:
            none = kind == "email" and not reference
            address = "" if none else self._contacts.address(kind, reference)
            return ChallengeBinding(purpose=purpose, kind=kind, reference=address)
        raise DetailsInvalid("purpose", "invalid")

    async def _change_secret(self, session: Session, challenge: str, factor: Factor, new: str) -> None:
        """The new one is compared with the old, and with what is known of the customer: only after the proof."""
        binding = ChallengeBinding(purpose=_PURPOSES[factor])
        await self._p.verification.check_passed(challenge, session.subject, binding)
        hashed = await secrets.new_hash(self._p, session.subject.number, factor, new)
        await self._p.work.db(self._put_secret, session, challenge, binding, factor, hashed)

    def _put_secret(
        self, session: Session, challenge: str, binding: ChallengeBinding, factor: Factor, hashed: str
    ) -> None:
        p, now = self._p, self._p.clock.now()
        with p.db.write() as connection:
            p.verification.consume_within(connection, challenge, session.subject, binding, now)
            p.factors.put_secret(connection, session.subject, factor, hashed, now)
            p.sessions.close_all(connection, session.subject, except_session=session.id)
            self._note(connection, session, f"{factor}_changed", {})
            notifications.tell_changed(p, connection, session.subject.number, str(factor), now)

    def _change_language(self, session: Session, language: str) -> None:
        with self._p.db.write() as connection:
            self._p.customers.profiles.put(connection, session.subject.number, language=language)
            self._p.sessions.set_language(connection, session.id, language)

    def _remove_email(self, session: Session, challenge: str) -> None:
        p, now, number = self._p, self._p.clock.now(), session.subject.number
        binding = ChallengeBinding(purpose=Purpose.CHANGE_CONTACT, kind="email")
        with p.db.write() as connection:
            p.verification.consume_within(connection, challenge, session.subject, binding, now)
            notifications.tell_changed(p, connection, number, "email", now)  # while the address is still known
            p.customers.profiles.put_email(connection, number, "")
            self._note(connection, session, "contact_changed", {"kind": "email"})

    def _remove_factor(self, session: Session, challenge: str, factor_id: str) -> None:
        p, now = self._p, self._p.clock.now()
        with p.db.write() as connection:
            binding = ChallengeBinding(purpose=Purpose.REMOVE_FACTOR, reference=factor_id)
            p.verification.consume_within(connection, challenge, session.subject, binding, now)
            p.factors.remove_within(connection, session.subject, factor_id)
            self._note(connection, session, "factor_removed", {"factor": factor_id})
            notifications.tell_changed(p, connection, session.subject.number, "factor_removed", now)

    def _factor_added(self, session: Session, factor: Factor) -> None:
        with self._p.db.write() as connection:
            self._note(connection, session, "factor_added", {"factor": str(factor)})
            notifications.tell_changed(self._p, connection, session.subject.number, str(factor), self._p.clock.now())

    def _add_push(self, session: Session, subscription: str) -> None:
        with self._p.db.write() as connection:
            self._p.customers.profiles.add_push(connection, session.subject.number, subscription)

    def _profile(self, session: Session) -> Profile:
        with self._p.db.read() as connection:
            return self._p.customers.profiles.need(connection, session.subject.number)

    def _note(self, connection: Connection, session: Session, action: str, details: dict[str, object]) -> None:
        """In the trail."""
        now = self._p.clock.now()
        self._p.audit_log.append(connection, session.subject, action, str(session.subject), details, now)


def _adding(factor: Factor) -> ChallengeBinding:
    return ChallengeBinding(purpose=Purpose.ADD_FACTOR, kind=str(factor))
