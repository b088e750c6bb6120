"""A forgotten password or PIN: identity details, two factors, a new secret, then a time of low limits.

Whoever gives wrong details goes on as everybody does, with a challenge that no answer passes. Either way it is a
challenge of the number that was entered, with its tries, its lock, its codes and its room for three: nothing tells
whether the details were right.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from feiqian.auth.challenges.errors import ChallengeOver, NotPassed
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.model import ChallengeView
from feiqian.auth.preauth import Asked, PreAuthFlow
from feiqian.auth.secrets import Known, Secrets
from feiqian.cases.service import Cases
from feiqian.customers.errors import CustomersError
from feiqian.kyc import numbers
from feiqian.policy.factors import Factor, Purpose
from feiqian.subjects import Subject

WHAT = {"password": Factor.PASSWORD, "pin": Factor.PIN}


@dataclass(kw_only=True, eq=False, repr=False)
class Recovery(PreAuthFlow):
    """Whatever is wrong, the answer to `start` is the same as if all were right (abuse cases 42, 43)."""

    kinds = tuple(WHAT)

    cases: Cases
    secrets: Secrets

    async def start(self, what: str, mobile: str, number: str, name: str, language: str) -> ChallengeView:
        """`what` is password or pin; `number` and `name` are the identity document's. Nothing is sent yet: `send`.

        Raises identity's NumberInvalid for what is no mobile number at all.
        """
        if what not in WHAT:
            raise CustomersError("a password or a PIN can be recovered")
        return await self.transactions.write(self._start, what, numbers.mobile(mobile), number, name, language)

    async def finish(self, challenge: str, secret: str) -> None:
        """Sets the new secret, lifts the lock, ends every session. Raises NotPassed, TooWeak, SecretUnchanged,
        ChallengeOver, PreAuthFlowOver."""
        asked, known = await self.transactions.read(self._passed, challenge)
        hashed = await self.secrets.hash(known, WHAT[asked.kind], secret)
        await self.transactions.write(self._finish, challenge, asked, hashed)

    # --- whose it is ---------------------------------------------------------------------------------------------

    def _start(
        self, connection: Connection, what: str, mobile: str, number: str, name: str, language: str
    ) -> ChallengeView:
        """Looks up as much whatever is right."""
        subject = self.records.owner(connection, mobile)
        right = self.records.are_theirs(connection, subject, number, name)
        two = self.verification.can_pass(connection, subject, Purpose.RECOVERY)
        hopeless = not (right and two)
        view = self.verification.begin.within(connection, subject, _binding(what), language, hopeless=hopeless)
        self.records.remember(connection, view.id, Asked(subject, what, language))
        if right and not two:  # after the subject's attempts are held, as wherever the audit log is written, too
            self._to_the_branch(connection, subject)
        return view

    def _to_the_branch(self, connection: Connection, subject: Subject) -> None:
        """With neither an e-mail address nor a key, only people can help: once, and told by message alone."""
        opened = self.cases.of(connection, subject.customer)
        if any(case.kind == "recovery_help" and case.state == "open" for case in opened):
            return
        now = self.clock.now()
        self.cases.open(connection, subject.customer, "recovery_help", "", subject, now)
        self.notices.tell(connection, subject.customer, "recovery_help", now)

    # --- the new one ---------------------------------------------------------------------------------------------

    def _passed(self, connection: Connection, challenge: str) -> tuple[Asked, Known]:
        """Nothing that is kept is compared with the new secret before the proof."""
        asked = self._asked(connection, challenge)
        view = self.verification.view.within(connection, challenge, asked.subject)
        if view.state in ("open", "locked"):
            raise NotPassed
        if view.state != "passed":
            raise ChallengeOver(view.state)
        return asked, self.secrets.known(connection, asked.subject, WHAT[asked.kind])

    def _finish(self, connection: Connection, challenge: str, asked: Asked, hashed: str) -> None:
        now, subject = self.clock.now(), asked.subject
        passed = self.verification.consume_within(connection, challenge, subject, _binding(asked.kind), now)
        self.secrets.put(connection, subject, WHAT[asked.kind], hashed, now)
        self.verification.unlock(connection, subject, subject)
        self.notices.cool(connection, subject.customer, now)
        details = {"what": asked.kind, "factors": tuple(map(str, passed.factors))}
        self._record(connection, subject, "recovered", details)
        self.notices.tell(connection, subject.customer, "recovered", now)


def _binding(what: str) -> ChallengeBinding:
    return ChallengeBinding(purpose=Purpose.RECOVERY, kind=what)
