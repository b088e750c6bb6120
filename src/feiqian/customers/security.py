"""The security centre of a customer who is signed in: what there is, stopping all, and changing what proves them.

What needs a challenge spends it in the transaction that makes the change. `bound_*` say what it has to be bound to.
"""

from __future__ import annotations

from typing import Any

from feiqian.cases.model import Case
from feiqian.customers.model import ChallengeView, FactorView, Overview, Session, Started
from feiqian.customers.parts import Parts
from feiqian.policy.factors import Factor, Purpose
from feiqian.verification.model import TotpEnrolment


class Security:
    """Every method is of the session's own customer; another's ids are not found (abuse case 28)."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts

    async def overview(self, session: Session) -> Overview:
        """Devices, factors, sessions, recent sign-ins, whether frozen."""
        raise NotImplementedError

    async def cases(self, session: Session) -> list[Case]:
        """The customer's cases, the newest first."""
        raise NotImplementedError

    # --- stopping ------------------------------------------------------------------------------------------------

    async def freeze(self, session: Session) -> None:
        """Nothing leaves the wallets when this returns."""
        raise NotImplementedError

    async def unfreeze(self, session: Session, challenge: str) -> None:
        """Raises FrozenByBank, NotFrozen, and verification's errors."""
        raise NotImplementedError

    async def report_stolen(self, session: Session, note: str = "") -> Case:
        """Freezes, signs out everywhere else, forgets the other devices, opens a case."""
        raise NotImplementedError

    async def sign_out(self, session: Session) -> None:
        raise NotImplementedError

    async def sign_out_everywhere(self, session: Session) -> None:
        """Every session but this one ends."""
        raise NotImplementedError

    async def end_session(self, session: Session, session_id: str) -> bool:
        """False if it is none of theirs, or has ended."""
        raise NotImplementedError

    async def forget_device(self, session: Session, device_id: str) -> bool:
        """And ends its sessions. False if it is none of theirs."""
        raise NotImplementedError

    # --- changing ------------------------------------------------------------------------------------------------

    async def challenge(self, session: Session, purpose: Purpose, kind: str = "", reference: str = "") -> ChallengeView:
        """Begins a challenge for one of the methods below, bound as they expect.

        `kind`: of ADD_FACTOR passkey, shield or totp; of CHANGE_CONTACT mobile or email, with the new address as
        `reference`; of REMOVE_FACTOR the factor's id as `reference`. Raises ValueError for other purposes.
        """
        raise NotImplementedError

    async def change_password(self, session: Session, challenge: str, new: str) -> None:
        """Every other session ends. Raises TooWeak, SecretUnchanged, and verification's errors."""
        raise NotImplementedError

    async def change_pin(self, session: Session, challenge: str, new: str) -> None:
        """As `change_password`."""
        raise NotImplementedError

    async def change_language(self, session: Session, language: str) -> None:
        """What messages and pages are in from now on. Raises DetailsInvalid."""
        raise NotImplementedError

    async def start_contact(self, session: Session, challenge: str, kind: str, address: str) -> Started:
        """Spends the challenge and sends a code to the new address (`kind` is mobile or email)."""
        raise NotImplementedError

    async def answer_contact(self, session: Session, application: str, factor: Factor, answer: str) -> ChallengeView:
        """The code that came to the new address."""
        raise NotImplementedError

    async def finish_contact(self, session: Session, application: str) -> None:
        """The new address holds from now on; the old one is told. Raises NotPassed, ApplicationOver."""
        raise NotImplementedError

    async def remove_email(self, session: Session, challenge: str) -> None:
        """Bound to kind email and the reference ""."""
        raise NotImplementedError

    async def begin_totp(self, session: Session, challenge: str) -> TotpEnrolment:
        """Spends a challenge of ADD_FACTOR, kind totp."""
        raise NotImplementedError

    async def finish_totp(self, session: Session, enrolment: str, code: str) -> FactorView:
        """Raises AnswerWrong, FactorNotFound."""
        raise NotImplementedError

    async def begin_key(self, session: Session, challenge: str, factor: Factor) -> tuple[str, dict[str, Any]]:
        """Spends a challenge of ADD_FACTOR, kind passkey or shield."""
        raise NotImplementedError

    async def finish_key(self, session: Session, enrolment: str, response: str, label: str = "") -> FactorView:
        """Raises EnrolmentRefused, FactorNotFound."""
        raise NotImplementedError

    async def remove_factor(self, session: Session, challenge: str, factor_id: str) -> None:
        """Raises FactorNotFound, and verification's errors."""
        raise NotImplementedError

    async def add_push(self, session: Session, subscription: str) -> None:
        """A browser's push subscription (its JSON)."""
        raise NotImplementedError
