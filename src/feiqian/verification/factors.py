"""What people prove themselves with: passwords, PINs, code tokens, passkeys, shields. Enrols, lists, removes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from feiqian.clock import Clock
from feiqian.db import BankDb
from feiqian.policy.factors import Factor
from feiqian.policy.model import Policy
from feiqian.sealing import Sealer
from feiqian.subjects import Subject
from feiqian.verification.model import FactorView, TotpEnrolment
from feiqian.work import Work


class Factors:
    """`people` knows contacts (a number to send to is a factor, too); `origin` is settings.public_origin."""

    def __init__(
        self, db: BankDb, sealer: Sealer, policy: Policy, clock: Clock, work: Work, people: Any, origin: str
    ) -> None:
        self._db, self._sealer, self._policy, self._clock, self._work = db, sealer, policy, clock, work
        self._people, self._origin = people, origin

    async def new_password(self, password: str, own: Sequence[str]) -> str:
        """The hash of a password that is strong enough, for `put_secret`. Raises TooWeak."""
        raise NotImplementedError

    async def new_pin(self, pin: str, own: Sequence[str]) -> str:
        """The hash of a PIN of six digits that is not trivial, for `put_secret`. Raises TooWeak."""
        raise NotImplementedError

    async def set_password(self, subject: Subject, password: str, own: Sequence[str]) -> None:
        """Raises TooWeak. `own`: the person's name, number, birth date and so on, which must not help to guess it."""
        raise NotImplementedError

    async def set_pin(self, subject: Subject, pin: str, own: Sequence[str]) -> None:
        """Raises TooWeak."""
        raise NotImplementedError

    async def check_password(self, subject: Subject, password: str) -> bool:
        """Whether it is right; a wrong one counts as a try. Raises Locked."""
        raise NotImplementedError

    async def begin_totp(self, subject: Subject, account: str) -> TotpEnrolment:
        """A new token's secret; counts once confirmed. `account` is what the token shows as its name."""
        raise NotImplementedError

    async def confirm_totp(self, subject: Subject, id: str, code: str) -> FactorView:
        """Raises AnswerWrong, FactorNotFound."""
        raise NotImplementedError

    async def begin_key(self, subject: Subject, name: str, display: str, factor: Factor) -> tuple[str, dict[str, Any]]:
        """An enrolment's id, and what the browser is asked for (PublicKeyCredentialCreationOptions as JSON)."""
        raise NotImplementedError

    async def finish_key(self, subject: Subject, id: str, response_json: str, label: str) -> FactorView:
        """Raises EnrolmentRefused, FactorNotFound."""
        raise NotImplementedError

    async def list(self, subject: Subject) -> list[FactorView]:
        """What is enrolled, the oldest first."""
        raise NotImplementedError

    async def remove(self, subject: Subject, factor_id: str) -> None:
        """Removes a token or key. Raises FactorNotFound; passwords and PINs are changed, never removed."""
        raise NotImplementedError

    def has(self, connection: Connection, subject: Subject, factor: Factor) -> bool:
        """Whether they can use it (blocks). Nobody has what most have, so that they are asked for it."""
        raise NotImplementedError

    def hash_secret(self, text: str) -> str:
        """Argon2id of a password or PIN, keyed with the bank's data key (computes for long)."""
        raise NotImplementedError

    def put_secret(self, connection: Connection, subject: Subject, factor: Factor, hash: str, now: int) -> None:
        """Sets a password or PIN by its hash, in the caller's transaction (blocks)."""
        raise NotImplementedError
