"""A forgotten password or PIN: identity details, two factors, a new secret, then a time of low limits.

Whoever gives wrong details goes on as everybody does, to a challenge that cannot be passed. Tries and locks are those
of the number that was entered either way, so that neither tells whether the details were right.
"""

from __future__ import annotations

from sqlalchemy import Connection, update

from feiqian import network
from feiqian.customers import claims, news, secrets
from feiqian.customers.doors import Asked, Door
from feiqian.customers.errors import CustomersError, SignInLocked
from feiqian.customers.model import ChallengeView
from feiqian.customers.tables import doors
from feiqian.identity import names
from feiqian.policy.factors import GUESSABLE, Factor, Purpose
from feiqian.subjects import Role, Subject
from feiqian.verification import tries
from feiqian.verification.errors import AnswerWrong, ChallengeOver, Locked, NotPassed
from feiqian.verification.model import Bound, Passed

WHAT = {"password": Factor.PASSWORD, "pin": Factor.PIN}


class Recovery(Door):
    """Whatever is wrong, the answer to `start` is the same as if all were right (abuse cases 42, 43)."""

    kinds = tuple(WHAT)

    async def start(self, what: str, mobile: str, number: str, name: str, language: str) -> ChallengeView:
        """`what` is password or pin; `number` and `name` are the identity document's. Nothing is sent yet: `send`.

        Raises identity's NumberInvalid for what is no mobile number at all.
        """
        if what not in WHAT:
            raise CustomersError("a password or a PIN can be recovered")
        mobile = self._mobile(mobile)
        owner, subject = await self._p.work.db(self._who, mobile, number, name)
        view = await self._p.verification.begin(subject, _bound(what), language)
        counted = owner if owner != subject else None
        await self._p.work.db(
            self._remember_now, view.id, Asked(subject, what, language, counted), network.client.get()
        )
        return await self.view(view.id)

    async def finish(self, challenge: str, secret: str) -> None:
        """Sets the new secret, lifts the lock, ends every session. Raises NotPassed, TooWeak, SecretUnchanged,
        ChallengeOver, DoorClosed."""
        asked = await self._asked(challenge)
        view = await self._p.verification.view(challenge, asked.subject)
        if view.state in ("open", "locked"):
            raise NotPassed
        if view.state != "passed":
            raise ChallengeOver(view.state)
        hashed = await secrets.new_hash(self._p, asked.subject.number, WHAT[asked.kind], secret)
        await self._p.work.db(self._finish, challenge, asked, hashed)
        await self._p.work.db(self._p.customers.take_up, asked.subject.number)

    # --- proving it ----------------------------------------------------------------------------------------------

    async def view(self, challenge: str) -> ChallengeView:
        """How far the challenge is."""
        asked = await self._asked(challenge)
        return await self._shown(asked, await super().view(challenge))

    async def send(self, challenge: str, factor: Factor) -> ChallengeView:
        """Sends a code by SMS or e-mail. Raises CodeThrottled, SignInLocked."""
        asked = await self._asked(challenge)
        long = await self._p.work.db(self._is_locked, asked)
        view = await super().send(challenge, factor)
        await self._p.work.db(self._note_sent, challenge, asked, factor, long)
        return await self._shown(asked, view)

    async def answer(self, challenge: str, factor: Factor, answer: str) -> ChallengeView:
        """One factor's answer. Raises AnswerWrong, SignInLocked, ChallengeOver."""
        asked = await self._asked(challenge)
        view = await self._p.verification.view(challenge, asked.subject)
        asks = any(factor in combination for combination in view.combinations) and factor not in view.passed
        if asked.counted is None or view.state != "open" or not asks:
            return await super().answer(challenge, factor, answer)
        if _is_counted(asked, factor):
            await self._p.work.db(self._count, asked.counted)
        try:
            return await super().answer(challenge, factor, answer)
        except (AnswerWrong, SignInLocked):
            raise await self._p.work.db(self._wrong, asked, factor) from None

    async def _shown(self, asked: Asked, view: ChallengeView) -> ChallengeView:
        if asked.counted is None:
            return view
        return view._replace(tries_left=await self._p.work.db(self._left, asked.counted))

    # --- whose tries ---------------------------------------------------------------------------------------------

    def _who(self, mobile: str, number: str, name: str) -> tuple[Subject, Subject]:
        """Whose number it is (or nobody), and who can pass the challenge: the same, if all is right."""
        owner = self._owner(mobile)
        tried = f"{mobile} {claims.normal(number)} {names.normalised(name)}"
        with self._p.db.write() as connection:
            customers = owner.role is Role.CUSTOMER
            claim = self._p.identity.claim(connection, owner.number if customers else 0)
            right = claims.same_person(claim, number, name, self._p.today()) and customers
            if right and self._has_two(connection, owner):
                return owner, owner
            if right:
                self._to_the_branch(connection, owner)
        return owner, self._stranger(Role.NOBODY, tried)

    def _has_two(self, connection: Connection, subject: Subject) -> bool:
        held = self._p.factors.all_of(connection, subject)
        return any(combination <= held for combination in self._p.policy.needs(Purpose.RECOVERY))

    def _to_the_branch(self, connection: Connection, subject: Subject) -> None:
        """With neither an e-mail address nor a key, only people can help: once, and told by message alone."""
        opened = self._p.cases.of(connection, subject.number)
        if any(case.kind == "recovery_help" and case.state == "open" for case in opened):
            return
        now = self._p.clock.now()
        self._p.cases.open(connection, subject.number, "recovery_help", "", subject, now)
        news.tell(self._p, connection, subject.number, "recovery_help", now)

    def _left(self, counted: Subject) -> int:
        with self._p.db.read() as connection:
            return tries.left(connection, self._p.policy.tries, counted, self._p.clock.now())

    def _is_locked(self, asked: Asked) -> bool:
        with self._p.db.read() as connection:
            return self._p.verification.lock_of(connection, asked.counted or asked.subject) is not None

    def _note_sent(self, challenge: str, asked: Asked, factor: Factor, long: bool) -> None:
        """Whoever it is: whether the code that was sent is one that need not be counted."""
        others = [name for name in asked.long_codes if name != factor]
        names = ",".join([*others, factor] if long else others)
        with self._p.db.write() as connection:
            connection.execute(update(doors).where(doors.c.challenge == challenge).values(long_codes=names))

    def _count(self, counted: Subject) -> None:
        with self._p.db.write() as connection:
            try:
                self._p.factors.guard.take(connection, counted, self._p.clock.now(), stranger=True)
            except Locked as locked:
                raise SignInLocked(locked.until) from None

    def _wrong(self, asked: Asked, factor: Factor) -> Exception:
        counted = asked.counted or asked.subject
        now = self._p.clock.now()
        with self._p.db.write() as connection:
            if not _is_counted(asked, factor):
                return AnswerWrong(tries.left(connection, self._p.policy.tries, counted, now))
            lock = tries.lock_of(connection, counted, now)
            error = self._p.factors.guard.wrong(connection, counted, now, last=lock is not None, stranger=True)
        return SignInLocked(error.until) if isinstance(error, Locked) else error

    # --- the new one ---------------------------------------------------------------------------------------------

    def _finish(self, challenge: str, asked: Asked, hashed: str) -> None:
        now, subject = self._p.clock.now(), asked.subject
        with self._p.db.write() as connection:
            passed: Passed = self._p.verification.spend_within(connection, challenge, subject, _bound(asked.kind), now)
            self._p.factors.put_secret(connection, subject, WHAT[asked.kind], hashed, now)
            self._p.verification.unlock(connection, subject, subject)
            self._p.sessions.close_all(connection, subject)
            news.cool(self._p, connection, subject.number, now)
            details = {"what": asked.kind, "factors": tuple(map(str, passed.factors))}
            self._p.trail.append(connection, subject, "recovered", str(subject), details, now)
            news.tell(self._p, connection, subject.number, "recovered", now)


def _is_counted(asked: Asked, factor: Factor) -> bool:
    return factor in GUESSABLE and factor not in asked.long_codes


def _bound(what: str) -> Bound:
    return Bound(purpose=Purpose.RECOVERY, kind=what)
