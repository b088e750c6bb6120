"""A customer's new mobile number or e-mail address: asked for with a challenge, shown to be theirs by a code."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from feiqian.auth import claims, notifications
from feiqian.auth.challenges.errors import CodeThrottled, Locked
from feiqian.auth.challenges.model import ChallengeBinding
from feiqian.auth.dependencies import Dependencies
from feiqian.auth.errors import DetailsInvalid, SignInLocked
from feiqian.auth.model import ChallengeView, Started
from feiqian.auth.preauth import Asked, PreAuthFlow
from feiqian.auth.sessions.model import Session
from feiqian.customers.applications import EMAIL, MOBILE, Application, Applications
from feiqian.customers.errors import ApplicationOver
from feiqian.notify.errors import SendingCapped
from feiqian.notify.model import Audience, Channel, Contacts, Message
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.model import Combination
from feiqian.runtime.transactions import Refused, writes_or_refuses
from feiqian.subjects import Role, customer

_CODE_BY = {MOBILE: Factor.SMS, EMAIL: Factor.EMAIL}


class NewContacts(PreAuthFlow):
    """Every method is of the session's own customer: another's application is over for them."""

    kinds = (MOBILE, EMAIL)
    audience = Audience.CUSTOMER  # who asks has proved who they are

    def __init__(self, parts: Dependencies) -> None:
        super().__init__(parts)
        self._applications = Applications(parts.cipher)

    def address(self, kind: str, address: str) -> str:
        """As it is kept and confirmed. Raises DetailsInvalid, identity's NumberInvalid."""
        if kind == MOBILE:
            return self._mobile(address)
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
        now, owner, verification = self._p.clock.now(), session.subject, self._p.verification
        binding = ChallengeBinding(purpose=Purpose.CHANGE_CONTACT, kind=kind, reference=address)
        verification.consume_within(connection, challenge, owner, binding, now)
        taken = kind == MOBILE and self._p.customers.profiles.number_of(connection, address) is not None
        subject = self._stranger(Role.NOBODY if taken else Role.APPLICANT, f"{owner} {address}")
        code, language = _CODE_BY[kind], session.language
        needs: tuple[Combination, ...] = (frozenset({code}),)
        begun = verification.begin_unseen(connection, subject, _binding(kind), language, needs).id
        application = self._applications.add(connection, subject, kind, owner.customer, address, language, begun, now)
        self._remember(connection, begun, Asked(subject, kind, language), str(subject))
        try:
            with connection.begin_nested():
                view = verification.send.within(connection, begun, subject, code, self.audience)
                warn_owner(self._p, connection, application, self.audience, now)
        except (CodeThrottled, Locked, SendingCapped) as refused:
            return Refused(refused)
        return Started(application.id, view)

    async def answer_of(self, session: Session, id: str, factor: Factor, answer: str) -> ChallengeView:
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
        own = self._own(connection, session, id, self._p.clock.now())
        return self._answer_fast(connection, own.challenge, factor, answer)

    def _own(self, connection: Connection, session: Session, id: str, now: int) -> Application:
        application = self._applications.get(connection, id, now)
        if application.customer != session.subject.number or application.kind not in self.kinds:
            raise ApplicationOver("there is no such application any more; begin anew")
        return application

    def _finish(self, connection: Connection, session: Session, id: str) -> None:
        now, owner = self._p.clock.now(), session.subject
        profiles = self._p.customers.profiles
        application = self._own(connection, session, id, now)
        kind, binding = application.kind, _binding(application.kind)
        self._p.verification.consume_within(connection, application.challenge, application.subject, binding, now)
        self._applications.finish(connection, id, now)
        before = self._p.customers.contacts(connection, owner)
        put = profiles.put_mobile if kind == MOBILE else profiles.put_email
        put(connection, owner.customer, application.address)
        notifications.cool(self._p, connection, owner.customer, now)
        self._p.audit_log.append(connection, owner, "contact_changed", str(owner), {"kind": kind}, now)
        if before is not None:
            self._p.notify.tell(connection, before, "changed", {"what": kind}, now)
        self._tell_new(connection, application, now)

    def _tell_new(self, connection: Connection, application: Application, now: int) -> None:
        """At the new address alone: the old ones, and every other channel, have been told."""
        mobile, email = (application.address, "") if application.kind == MOBILE else ("", application.address)
        new = Contacts(customer(application.customer), mobile, email, (), application.language)
        self._p.notify.tell(connection, new, "changed", {"what": application.kind}, now)


def warn_owner(
    parts: Dependencies, connection: Connection, application: Application, audience: Audience, now: int
) -> None:
    """Instead of a code, a customer whose number somebody else entered gets a word of it. Raises SendingCapped."""
    if application.subject.role is not Role.NOBODY:
        return
    number = parts.customers.profiles.number_of(connection, application.address)
    if number is None:
        return
    message = Message(
        to=customer(number),
        channel=Channel.SMS,
        address=application.address,
        kind="number_known",
        language=parts.customers.profiles.need(connection, number).language,
        secret=True,  # counted and capped as the code that it stands for
        audience=audience,
    )
    parts.notify.queue(connection, message, now)


def _binding(kind: str) -> ChallengeBinding:
    return ChallengeBinding(purpose=Purpose.CONFIRM_MOBILE, kind=kind)
