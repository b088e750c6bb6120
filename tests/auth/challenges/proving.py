"""A bank's verification with people in it, messages that only are noted, a clock that stands, and light hashes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyotp
from argon2 import PasswordHasher
from sqlalchemy import Connection

from feiqian.auth.challenges.errors import AnswerWrong
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.hashing import SecretHasher
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.auth.sessions.service import Sessions
from feiqian.field_cipher import FieldCipher
from feiqian.notify.model import Contacts, Message
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.load import load_policy
from feiqian.runtime.work import Work
from feiqian.subjects import Role, Subject, customer
from feiqian.testing.clock import ManualClock
from feiqian.testing.empty_bank import empty_bank
from feiqian.testing.sessions import open_session

T = TypeVar("T")
ORIGIN = "http://localhost:8080"
PASSWORD, PIN = "wandering teapot umbrella", "402957"
OWNER, OTHER, NOBODY = customer(1), customer(2), Subject(Role.NOBODY, 77)
PAYMENT = ChallengeBinding(
    purpose=Purpose.PAYMENT, amount=600_000, currency=156, payee="Corner Bakery", payer="Li Wei", reference="order-1"
)
SMALL = ChallengeBinding(purpose=Purpose.PAYMENT, amount=12_000, currency=156, payee="Corner Bakery", payer="Li Wei")
SIGN_IN = ChallengeBinding(purpose=Purpose.SIGN_IN)


class People:
    """Everybody has a number; those with e-mail are named."""

    def __init__(self) -> None:
        self.email = {OWNER: "li.wei@example.com"}

    def contacts(self, connection: Connection, subject: Subject) -> Contacts | None:
        mobile = f"+86138{subject.number:08d}"
        return Contacts(subject, mobile=mobile, email=self.email.get(subject, ""), push=(), language="en")


class Sent:
    """Stands for notify: notes what it is asked to send."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.told: list[tuple[Subject, str]] = []
        self.entered: list[str] = []
        self.raises: Exception | None = None

    def queue(self, connection: Connection, message: Message, now: int) -> str:
        if self.raises is not None:
            raise self.raises
        self.messages.append(message)
        return "msg_"

    def tell(self, connection: Connection, contacts: Contacts, kind: str, values: Any, now: int) -> None:
        self.told.append((contacts.subject, kind))

    def code_entered(self, connection: Connection, address: str, now: int) -> None:
        self.entered.append(address)

    @property
    def code(self) -> str:
        return self.messages[-1].values["code"]


class CountingHasher(SecretHasher):
    """Light; keeps what it was asked, and which texts it compared."""

    def __init__(self, cipher: FieldCipher) -> None:
        super().__init__(cipher, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.calls: list[str] = []
        self.compared: list[str] = []
        self.with_nothing = 0

    def hash(self, text: str) -> str:
        self.calls.append("hash")
        return super().hash(text)

    def matches(self, hash: str | None, text: str) -> bool:
        self.calls.append("matches")
        self.compared.append(text)
        self.with_nothing += hash is None
        return super().matches(hash, text)


class Bank:
    """The parts, and short ways to use them."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.db, self.cipher, self.clock = empty_bank(folder, url), FieldCipher(bytes(range(32))), ManualClock()
        self.work, self.policy, self.sent, self.people = Work(), load_policy("cn"), Sent(), People()
        self.hasher = CountingHasher(self.cipher)
        parts: Any = (self.db, self.cipher, self.policy, self.clock, self.work)
        self.factors = Factors(*parts, self.sent, self.people, ORIGIN, self.hasher)
        self.sessions = Sessions(self.db, self.policy, self.clock, self.work)
        self.verification = Verification(*parts, self.factors)
        with self.db.write() as connection:
            for subject in (OWNER, OTHER):
                for factor, secret in ((Factor.PASSWORD, PASSWORD), (Factor.PIN, PIN)):
                    self.factors.put_secret(connection, subject, factor, self.hasher.hash(secret), self.clock.now())

    def close(self) -> None:
        self.work.close()
        self.db.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    async def set_pin(self, subject: Subject, pin: str, own: Sequence[str]) -> None:
        hash = await self.factors.new_pin(pin, own)
        with self.db.write() as connection:
            self.factors.put_secret(connection, subject, Factor.PIN, hash, self.clock.now())

    def begin(self, binding: ChallengeBinding = PAYMENT, subject: Subject = OWNER, **more: Any) -> ChallengeView:
        return self.run(self.verification.begin(subject, binding, more.pop("language", "en"), **more))

    def answer(self, id: str, factor: Factor, answer: str, subject: Subject = OWNER) -> ChallengeView:
        return self.run(self.verification.answer(id, subject, factor, answer))

    def is_password(self, password: str, subject: Subject = OWNER) -> bool:
        """Whether it is theirs."""
        try:
            self.answer(self.begin(SIGN_IN, subject).id, Factor.PASSWORD, password, subject)
        except AnswerWrong:
            return False
        return True

    def send(self, id: str, factor: Factor = Factor.SMS, subject: Subject = OWNER) -> str:
        """Sends a code and returns it (of nobody: the one that is sent to no one)."""
        self.run(self.verification.send(id, subject, factor))
        return self.sent.code

    def device(self, subject: Subject = OWNER) -> str:
        """The id of a device on which they have just signed in with two factors."""
        with self.db.write() as connection:
            opened = open_session(self.sessions, connection, subject, self.clock.now())
        self.clock.advance(1)
        assert opened.session.device is not None
        return opened.session.device

    def passed(self, binding: ChallengeBinding = SMALL, subject: Subject = OWNER) -> str:
        """The id of a challenge that was passed by PIN."""
        view = self.answer(self.begin(binding, subject, needs=(frozenset({Factor.PIN}),)).id, Factor.PIN, PIN, subject)
        assert view.state == "passed"
        return view.id

    def token(self, subject: Subject = OWNER) -> pyotp.TOTP:
        """Enrols a token; the step that confirmed it is over."""
        enrolment = self.run(self.factors.begin_totp(subject, "li.wei"))
        token = pyotp.parse_uri(enrolment.uri)
        assert isinstance(token, pyotp.TOTP)
        self.run(self.factors.confirm_totp(subject, enrolment.id, self.code_of(token)))
        self.clock.advance(60)
        return token

    def code_of(self, token: pyotp.TOTP, seconds: int = 0) -> str:
        return token.at(self.clock.now() // 1_000_000 + seconds)

    def enrol(self, key: Any, factor: Factor = Factor.SHIELD, subject: Subject = OWNER) -> str:
        """Enrols a key; returns its factor's id."""
        id, options = self.run(self.factors.begin_key(subject, "li.wei", "Li Wei", factor))
        return self.run(self.factors.finish_key(subject, id, key.create(options), "my key")).id

    def sign(self, id: str, key: Any, factor: Factor = Factor.SHIELD, subject: Subject = OWNER) -> ChallengeView:
        options = self.run(self.verification.options(id, subject, factor))
        return self.answer(id, factor, key.get(options), subject)
