"""What a customer who is signed in changes: secrets, factors, addresses, language. All but the last need a challenge.

The challenge is spent in the transaction that makes the change; `challenge` begins one that is bound to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from feiqian.auth.base import AccessService
from feiqian.auth.challenges.credentials import ENROLLED, KEYS
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.model import ChallengeBinding, TotpEnrolment
from feiqian.auth.challenges.service import Verification
from feiqian.auth.contacts import NewContacts
from feiqian.auth.errors import DetailsInvalid
from feiqian.auth.model import ChallengeView, FactorView, Session
from feiqian.auth.secrets import Known, Secrets
from feiqian.auth.sessions.service import Sessions
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime.transactions import Refused, writes
from feiqian.texts import LANGUAGES

_BOUND_TO_NOTHING = (Purpose.UNFREEZE, Purpose.CHANGE_PASSWORD, Purpose.CHANGE_PIN)
_PURPOSES = {Factor.PASSWORD: Purpose.CHANGE_PASSWORD, Factor.PIN: Purpose.CHANGE_PIN}


@dataclass(kw_only=True, eq=False, repr=False)
class Changing(AccessService):
    """Every method is of the session's own customer."""

    sessions: Sessions
    factors: Factors
    verification: Verification
    contacts: NewContacts
    secrets: Secrets

    async def challenge(self, session: Session, purpose: Purpose, kind: str = "", reference: str = "") -> ChallengeView:
        """Begins a challenge for one of the methods below, bound as they expect.

        `kind`: of ADD_FACTOR passkey, shield or totp; of CHANGE_CONTACT mobile or email, with the new address as
        `reference` (for e-mail "" to have none any more); of REMOVE_FACTOR the factor's id as `reference`. Raises
        DetailsInvalid for others, FactorNotFound, identity's NumberInvalid.
        """
        if purpose is Purpose.REMOVE_FACTOR and not kind and reference:
            binding = _removing(await self.factors.removable(session.subject, reference))
        else:
            binding = self._binding(purpose, kind, reference)
        return await self.verification.begin(session.subject, binding, session.language, device=session.device)

    async def change_password(self, session: Session, challenge: str, new: str) -> None:
        """Every other session ends. Raises TooWeak, SecretUnchanged, and verification's errors."""
        await self._change_secret(session, challenge, Factor.PASSWORD, new)

    async def change_pin(self, session: Session, challenge: str, new: str) -> None:
        """As `change_password`."""
        await self._change_secret(session, challenge, Factor.PIN, new)

    @writes
    def change_language(self, connection: Connection, session: Session, language: str) -> None:
        """Of messages from now on, and of this session's pages. No later sign-in changes it. Raises DetailsInvalid."""
        if language not in LANGUAGES:
            raise DetailsInvalid("language", "invalid")
        self.customers.profiles.choose_language(connection, session.subject.customer, language)
        self.sessions.set_language(connection, session.id, language)

    @writes
    def remove_email(self, connection: Connection, session: Session, challenge: str) -> None:
        """Bound to kind email and the reference ""."""
        self._consume(connection, session, challenge, ChallengeBinding(purpose=Purpose.CHANGE_CONTACT, kind="email"))
        self._tell_changed(connection, session, "email")  # while the address is still known
        self.customers.profiles.put_email(connection, session.subject.customer, "")
        self._record(connection, session.subject, "contact_changed", {"kind": "email"})

    @writes
    def begin_totp(self, connection: Connection, session: Session, challenge: str) -> TotpEnrolment:
        """Spends a challenge of ADD_FACTOR, kind totp."""
        self._consume(connection, session, challenge, _adding(Factor.TOTP))
        profile = self.customers.profiles.need(connection, session.subject.customer)
        return self.factors.begin_totp.within(connection, session.subject, profile.name)

    @writes
    def finish_totp(self, connection: Connection, session: Session, enrolment: str, code: str) -> FactorView:
        """Raises AnswerWrong, FactorNotFound."""
        added = self.factors.confirm_totp.within(connection, session.subject, enrolment, code)
        return self._added(connection, session, added)

    @writes
    def begin_key(
        self, connection: Connection, session: Session, challenge: str, factor: Factor
    ) -> tuple[str, dict[str, Any]]:
        """Spends a challenge of ADD_FACTOR, kind passkey or shield. Raises DetailsInvalid."""
        if factor not in KEYS:
            raise DetailsInvalid("kind", "invalid")
        self._consume(connection, session, challenge, _adding(factor))
        profile = self.customers.profiles.need(connection, session.subject.customer)
        return self.factors.begin_key.within(connection, session.subject, profile.name, profile.name, factor)

    @writes
    def finish_key(
        self, connection: Connection, session: Session, enrolment: str, response: str, label: str = ""
    ) -> FactorView:
        """Raises EnrolmentRefused, FactorNotFound."""
        added = self.factors.finish_key.within(connection, session.subject, enrolment, response, label)
        return self._added(connection, session, added)

    @writes
    def remove_factor(self, connection: Connection, session: Session, challenge: str, factor_id: str) -> None:
        """Raises FactorNotFound, and verification's errors."""
        removed = self.factors.removable.within(connection, session.subject, factor_id)
        self._consume(connection, session, challenge, _removing(removed))
        self.factors.remove.within(connection, session.subject, factor_id)
        self._record(connection, session.subject, "factor_removed", {"factor": factor_id})
        self._tell_changed(connection, session, "factor_removed")

    # --- steps ---------------------------------------------------------------------------------------------------

    def _binding(self, purpose: Purpose, kind: str, reference: str) -> ChallengeBinding:
        if purpose in _BOUND_TO_NOTHING and not kind and not reference:
            return ChallengeBinding(purpose=purpose)
        if purpose is Purpose.ADD_FACTOR and kind in ENROLLED and not reference:
            return _adding(Factor(kind))
        if purpose is Purpose.CHANGE_CONTACT:
            none = kind == "email" and not reference
            address = "" if none else self.contacts.address(kind, reference)
            return ChallengeBinding(purpose=purpose, kind=kind, reference=address)
        raise DetailsInvalid("purpose", "invalid")

    async def _change_secret(self, session: Session, challenge: str, factor: Factor, new: str) -> None:
        """The new one is compared with the old, and with what is known of the customer: only after the proof.

        Two transactions, because hashes are slow and one that writes keeps all others waiting.
        """
        binding = ChallengeBinding(purpose=_PURPOSES[factor])
        known = await self.transactions.write(self._passed, session, challenge, binding, factor)
        hashed = await self.secrets.hash(known, factor, new)
        await self.transactions.write(self._put_secret, session, challenge, binding, factor, hashed)

    def _passed(
        self, connection: Connection, session: Session, challenge: str, binding: ChallengeBinding, factor: Factor
    ) -> Known | Refused:
        refused = self.verification.check_passed(connection, challenge, session.subject, binding)
        return refused or self.secrets.known(connection, session.subject, factor)

    def _put_secret(
        self,
        connection: Connection,
        session: Session,
        challenge: str,
        binding: ChallengeBinding,
        factor: Factor,
        hashed: str,
    ) -> None:
        self._consume(connection, session, challenge, binding)
        self.secrets.put(connection, session.subject, factor, hashed, self.clock.now(), except_session=session.id)
        self._record(connection, session.subject, f"{factor}_changed", {})
        self._tell_changed(connection, session, str(factor))

    def _added(self, connection: Connection, session: Session, added: FactorView) -> FactorView:
        self._record(connection, session.subject, "factor_added", {"factor": str(added.factor)})
        self._tell_changed(connection, session, str(added.factor))
        return added

    def _consume(self, connection: Connection, session: Session, challenge: str, binding: ChallengeBinding) -> None:
        now = self.clock.now()
        self.verification.consume_within(connection, challenge, session.subject, binding, now)

    def _tell_changed(self, connection: Connection, session: Session, what: str) -> None:
        self.notices.changed(connection, session.subject.customer, what, self.clock.now())


def _adding(factor: Factor) -> ChallengeBinding:
    return ChallengeBinding(purpose=Purpose.ADD_FACTOR, kind=str(factor))


def _removing(view: FactorView) -> ChallengeBinding:
    """Which one, in words that its owner knows: its sort, and what they call it."""
    return ChallengeBinding(purpose=Purpose.REMOVE_FACTOR, kind=str(view.factor), reference=view.label, ids=view.id)
