"""Proving who one is before being signed in: whose a challenge is, is remembered here and told nobody.

What is asked with a challenge of this kind needs only its id: the faces never learn whether it is a customer's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from feiqian.auth.challenges.answers import SLOW
from feiqian.auth.challenges.errors import Locked
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.dependencies import Dependencies
from feiqian.auth.errors import PreAuthFlowOver, SignInLocked
from feiqian.auth.tables import doors
from feiqian.columns import SUBJECT
from feiqian.kyc import numbers
from feiqian.notify.model import Audience
from feiqian.policy.factors import Factor
from feiqian.runtime import network
from feiqian.runtime.transactions import Refused, reads, writes
from feiqian.subjects import Role, Subject, customer

LONGEST_LANGUAGE = 8


class Asked(NamedTuple):
    """Whose challenge it is, in which language they are spoken to, and what it is for."""

    subject: Subject
    kind: str
    language: str


class Numbers:
    """Whoever is asked for a mobile number by somebody who is not signed in."""

    def __init__(self, parts: Dependencies) -> None:
        self._p, self.transactions = parts, parts.transactions

    def _mobile(self, text: str) -> str:
        """In E.164. Raises identity's NumberInvalid."""
        return numbers.mobile(text, self._p.region)

    def _owner(self, connection: Connection, mobile: str) -> Subject:
        """The customer of this number, or nobody."""
        number = self._p.customers.profiles.number_of(connection, mobile)
        return customer(number) if number is not None else self._stranger(Role.NOBODY, mobile)

    def _stranger(self, role: Role, address: str) -> Subject:
        """Somebody of whom only an address is known. The same for the same address, so that tries are counted."""
        return Subject(role, int.from_bytes(self._p.cipher.blind_index(address, role.value)[:7], "big"))


class PreAuthFlow(Numbers):
    """What registration, sign-in and recovery have in common. Every method raises PreAuthFlowOver for an unknown id."""

    kinds: tuple[str, ...] = ()  # of challenges that are answered here
    audience: Audience | None = None  # for whom codes are sent, if not as the challenge says

    @reads
    def view(self, connection: Connection, challenge: str) -> ChallengeView:
        """How far the challenge is."""
        asked = self._asked(connection, challenge)
        return self._p.verification.view.within(connection, challenge, asked.subject)

    @writes
    def send(self, connection: Connection, challenge: str, factor: Factor) -> ChallengeView:
        """Sends a code by SMS or e-mail. Raises CodeThrottled, SendingCapped, SignInLocked."""
        return self._send(connection, challenge, self._asked(connection, challenge), factor)

    @reads
    def options(self, connection: Connection, challenge: str, factor: Factor) -> dict[str, Any]:
        """What the browser is asked to sign with a passkey or shield."""
        asked = self._asked(connection, challenge)
        return self._p.verification.options.within(connection, challenge, asked.subject, factor)

    async def answer(self, challenge: str, factor: Factor, answer: str) -> ChallengeView:
        """One factor's answer. Raises AnswerWrong, SignInLocked, ChallengeOver."""
        try:
            if factor not in SLOW:
                return await self.transactions.write(self._answer_fast, challenge, factor, answer)
            asked = await self.transactions.read(self._asked, challenge)
            return await self._p.verification.answer(challenge, asked.subject, factor, answer)
        except Locked as locked:
            raise SignInLocked(locked.until) from None

    def _answer_fast(
        self, connection: Connection, challenge: str, factor: Factor, answer: str
    ) -> ChallengeView | Refused:
        subject = self._asked(connection, challenge).subject
        return self._p.verification.answer_fast(connection, challenge, subject, factor, answer)

    def _send(self, connection: Connection, challenge: str, asked: Asked, factor: Factor) -> ChallengeView:
        try:
            return self._p.verification.send.within(connection, challenge, asked.subject, factor, self.audience)
        except Locked as locked:
            raise SignInLocked(locked.until) from None

    # --- whose it is ---------------------------------------------------------------------------------------------

    def _asked(self, connection: Connection, challenge: str) -> Asked:
        found = select(doors).where(doors.c.challenge == challenge, doors.c.kind.in_(self.kinds))
        row = connection.execute(found).one_or_none()
        if row is None:
            raise PreAuthFlowOver("there is nothing of this kind under way; begin anew")
        return Asked(SUBJECT.of(row), row.kind, row.language)

    def _remember(self, connection: Connection, challenge: str, asked: Asked, client: str = "") -> None:
        """`client`: whose share it is of what is kept; the network that asks, if nobody is signed in."""
        if given_up := self._p.strangers.doors(connection, client or network.client.get(), challenge):
            connection.execute(delete(doors).where(doors.c.challenge.in_(given_up)))
        row = {"challenge": challenge, "kind": asked.kind} | SUBJECT.values(asked.subject)
        row |= {"language": asked.language[:LONGEST_LANGUAGE], "created_at": self._p.clock.now()}
        connection.execute(insert(doors).values(row))
