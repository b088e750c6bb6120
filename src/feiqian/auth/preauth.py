"""Proving who one is before being signed in: whose a challenge is, is remembered here and told nobody.

What is asked with a challenge of this kind needs only its id: the faces never learn whether it is a customer's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from feiqian.auth import claims
from feiqian.auth.base import AccessService
from feiqian.auth.challenges.answers import SLOW
from feiqian.auth.challenges.errors import Locked
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.auth.errors import PreAuthFlowOver, SignInLocked
from feiqian.auth.strangers import Strangers
from feiqian.auth.tables import doors
from feiqian.clock import Clock
from feiqian.columns import SUBJECT
from feiqian.customers.registry import Customers
from feiqian.field_cipher import FieldCipher
from feiqian.ids import NO_CUSTOMER
from feiqian.kyc.service import Identity
from feiqian.notify.model import Audience
from feiqian.policy.factors import Factor
from feiqian.runtime import network
from feiqian.runtime.transactions import Refused, reads, writes
from feiqian.runtime.work import Work
from feiqian.subjects import Role, Subject, customer

LONGEST_LANGUAGE = 8


class Asked(NamedTuple):
    """Whose challenge it is, in which language they are spoken to, and what it is for."""

    subject: Subject
    kind: str
    language: str


@dataclass(kw_only=True, eq=False, repr=False)
class PreAuthRecords:
    """Whose mobile numbers and challenges they are, of those who are not signed in. In the caller's transaction."""

    cipher: FieldCipher
    clock: Clock
    customers: Customers
    identity: Identity
    strangers: Strangers

    def owner(self, connection: Connection, mobile: str) -> Subject:
        """The customer of this number, or nobody."""
        number = self.customers.profiles.number_of(connection, mobile)
        return customer(number) if number is not None else self.stranger(Role.NOBODY, mobile)

    def stranger(self, role: Role, address: str) -> Subject:
        """Somebody of whom only an address is known. The same for the same address, so that tries are counted."""
        return Subject(role, int.from_bytes(self.cipher.blind_index(address, role.value)[:7], "big"))

    def are_theirs(self, connection: Connection, owner: Subject, number: str, name: str) -> bool:
        """Whether number and name are those of the owner's document; looks up as much whatever is right."""
        known = owner.role is Role.CUSTOMER
        claim = self.identity.claim(connection, owner.customer if known else NO_CUSTOMER)
        return claims.same_person(claim, number, name, self.identity.today()) and known

    def asked(self, connection: Connection, challenge: str, kinds: tuple[str, ...]) -> Asked:
        """Raises PreAuthFlowOver."""
        found = select(doors).where(doors.c.challenge == challenge, doors.c.kind.in_(kinds))
        row = connection.execute(found).one_or_none()
        if row is None:
            raise PreAuthFlowOver("there is nothing of this kind under way; begin anew")
        return Asked(SUBJECT.of(row), row.kind, row.language)

    def remember(self, connection: Connection, challenge: str, asked: Asked, client: str = "") -> None:
        """`client`: whose share it is of what is kept; the network that asks, if nobody is signed in."""
        if given_up := self.strangers.doors(connection, client or network.client.get(), challenge):
            connection.execute(delete(doors).where(doors.c.challenge.in_(given_up)))
        row = {"challenge": challenge, "kind": asked.kind} | SUBJECT.values(asked.subject)
        row |= {"language": asked.language[:LONGEST_LANGUAGE], "created_at": self.clock.now()}
        connection.execute(insert(doors).values(row))


@dataclass(kw_only=True, eq=False, repr=False)
class PreAuthFlow(AccessService):
    """What registration, sign-in and recovery have in common. Every method raises PreAuthFlowOver for an unknown id."""

    kinds: ClassVar[tuple[str, ...]] = ()  # of challenges that are answered here
    audience: ClassVar[Audience | None] = None  # for whom codes are sent, if not as the challenge says

    work: Work
    verification: Verification
    records: PreAuthRecords

    @reads
    def view(self, connection: Connection, challenge: str) -> ChallengeView:
        """How far the challenge is."""
        asked = self._asked(connection, challenge)
        return self.verification.view.within(connection, challenge, asked.subject)

    @writes
    def send(self, connection: Connection, challenge: str, factor: Factor) -> ChallengeView:
        """Sends a code by SMS or e-mail. Raises CodeThrottled, SendingCapped, SignInLocked."""
        return self._send(connection, challenge, self._asked(connection, challenge), factor)

    @reads
    def options(self, connection: Connection, challenge: str, factor: Factor) -> dict[str, Any]:
        """What the browser is asked to sign with a passkey or shield."""
        asked = self._asked(connection, challenge)
        return self.verification.options.within(connection, challenge, asked.subject, factor)

    async def answer(self, challenge: str, factor: Factor, answer: str) -> ChallengeView:
        """One factor's answer. Raises AnswerWrong, SignInLocked, ChallengeOver."""
        try:
            if factor not in SLOW:
                return await self.transactions.write(self._answer_fast, challenge, factor, answer)
            asked = await self.transactions.read(self._asked, challenge)
            return await self.verification.answer(challenge, asked.subject, factor, answer)
        except Locked as locked:
            raise SignInLocked(locked.until) from None

    def _answer_fast(
        self, connection: Connection, challenge: str, factor: Factor, answer: str
    ) -> ChallengeView | Refused:
        subject = self._asked(connection, challenge).subject
        return self.verification.answer_fast(connection, challenge, subject, factor, answer)

    def _send(self, connection: Connection, challenge: str, asked: Asked, factor: Factor) -> ChallengeView:
        try:
            return self.verification.send.within(connection, challenge, asked.subject, factor, self.audience)
        except Locked as locked:
            raise SignInLocked(locked.until) from None

    def _asked(self, connection: Connection, challenge: str) -> Asked:
        return self.records.asked(connection, challenge, self.kinds)
