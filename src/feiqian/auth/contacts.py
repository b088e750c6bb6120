"""A customer's new mobile number or e-mail address: asked for with a challenge, shown to be theirs by a code."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from feiqian.auth import claims
from feiqian.auth.challenges.errors import CodeThrottled, Locked
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.errors import DetailsInvalid, SignInLocked
from feiqian.auth.model import ChallengeView, Started
from feiqian.auth.preauth import Asked, PreAuthFlow
from feiqian.auth.sessions.model import Session
from feiqian.customers.applications import EMAIL, MOBILE, Application, Applications
from feiqian.customers.errors import ApplicationOver
from feiqian.kyc import numbers
from feiqian.notify.errors import SendingCapped
from feiqian.notify.model import Audience
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.model import Combination
from feiqian.runtime.transactions import Refused, writes_or_refuses
from feiqian.subjects import Role

_CODE_BY = {MOBILE: Factor.SMS, EMAIL: Factor.EMAIL}


@dataclass(kw_only=True, eq=False, repr=False)
class NewContacts(PreAuthFlow):
    """Every method is of the session's own customer: another's application is over for them."""

    kinds = (MOBILE, EMAIL)
    audience = Audience.CUSTOMER  # who asks has proved who they are

    applications: Applications

    def address(self, kind: str, address: str) -> str:
        """As it is kept and confirmed. Raises DetailsInvalid, identity's NumberInvalid."""
        if kind == MOBILE:
            return numbers.mobile(address)
        if kind != EMAIL or not address:
            raise DetailsInvalid("kind" if kind != EMAIL else "email", "invalid" if kind != EMAIL else "missing")
        return claims.checked_email(address)

    @writes_or_refuses
    def start(
        self, connection: Connection, session: Session, challenge: str, kind: str, address: str
    ) -> Started | Refused:
        """Spends a challenge of CHANGE_CONTACT that is bound to the new address, and sends a code there.

        If no code may be sent, the challenge is spent all the same.
        """
        address = self.address(kind, address)
        now, owner, verification = self.clock.now(), session.subject, self.verification
        binding = ChallengeBinding(purpose=Purpose.CHANGE_CONTACT, kind=kind, reference=address)
        verification.consume_within(connection, challenge, owner, binding, now)
        taken = kind == MOBILE and self.customers.profiles.number_of(connection, address) is not None
        subject = self.records.stranger(Role.NOBODY if taken else Role.APPLICANT, f"{owner} {address}")
        code, language = _CODE_BY[kind], session.language
        needs: tuple[Combination, ...] = (frozenset({code}),)
        begun = verification.begin_unseen(connection, subject, _binding(kind), language, needs).id
        application = self.applications.add(connection, subject, kind, owner.customer, address, language, begun, now)
        self.records.remember(connection, begun, Asked(subject, kind, language), str(subject))
        try:
            with connection.begin_nested():
                view = verification.send.within(connection, begun, subject, code, self.audience)
                self.notices.known(connection, application, self.audience, now)
        except (CodeThrottled, Locked, SendingCapped) as refused:
            return Refused(refused)
        return Started(application.id, view)

    async def answer_code(self, session: Session, id: str, factor: Factor, answer: str) -> ChallengeView:
        """The code that came to the new address."""
        try:
            return await self.transactions.write(self._answer_of, session, id, factor, answer)
        except Locked as locked:
            raise SignInLocked(locked.until) from None

    async def finish(self, session: Session, id: str) -> None:
        """The new address holds; the old one is told. Raises NotPassed, ApplicationOver."""
        try:
            await self.transactions.write(self._finish, session, id)
        except IntegrityError:
            raise ApplicationOver("the number has become another customer's since") from None

    # --- steps ---------------------------------------------------------------------------------------------------

    def _answer_of(
        self, connection: Connection, session: Session, id: str, factor: Factor, answer: str
    ) -> ChallengeView | Refused:
        own = self._own(connection, session, id, self.clock.now())
        return self._answer_fast(connection, own.challenge, factor, answer)

    def _own(self, connection: Connection, session: Session, id: str, now: int) -> Application:
        application = self.applications.get(connection, id, now)
        if application.customer != session.subject.number or application.kind not in self.kinds:
            raise ApplicationOver("there is no such application any more; begin anew")
        return application

    def _finish(self, connection: Connection, session: Session, id: str) -> None:
        now, owner = self.clock.now(), session.subject
        profiles = self.customers.profiles
        application = self._own(connection, session, id, now)
        kind, binding = application.kind, _binding(application.kind)
        self.verification.consume_within(connection, application.challenge, application.subject, binding, now)
        self.applications.finish(connection, id, now)
        before = self.customers.contacts(connection, owner)
        if kind == MOBILE:
            profiles.put_mobile(connection, owner.customer, application.address, now)
        else:
            profiles.put_email(connection, owner.customer, application.address)
        self.notices.cool(connection, owner.customer, now)
        self._record(connection, owner, "contact_changed", {"kind": kind})
        self.notices.moved(connection, before, application, now)


def _binding(kind: str) -> ChallengeBinding:
    return ChallengeBinding(purpose=Purpose.CONFIRM_MOBILE, kind=kind)
