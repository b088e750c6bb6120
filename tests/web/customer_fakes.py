"""Features of customers that do as a test says, and remember what they were asked."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fakes import StillBank, StillPayments, StillReads

from feiqian.auth.challenges.errors import AnswerWrong, ChallengeOver
from feiqian.auth.challenges.model import ChallengeBinding, ChallengeView, FactorView, TotpEnrolment
from feiqian.auth.model import Overview, SignInSeen, Started
from feiqian.auth.sessions.model import Device, Opened, Session
from feiqian.customers.model import Profile
from feiqian.events import LimitMet
from feiqian.onboarding.errors import ChecksUsedUp
from feiqian.payments.errors import NotWaiting, PaymentNotFound
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.load import load_policy
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.uploads import Uploads
from feiqian.subjects import Subject, customer
from feiqian.testing.clock import ManualClock

HOUR = 3_600_000_000
TEXT = "Confirm a payment\nTo: Corner <Café>\n[feiqian-1 chl_1 payment customer:1 2027-01-15T08:00:00.000000Z]"
RIGHT = {
    Factor.PASSWORD: "open sesame",
    Factor.PIN: "837261",
    Factor.SMS: "111222",
    Factor.EMAIL: "333444",
    Factor.TOTP: "555666",
    Factor.PASSKEY: '{"id":"key"}',
    Factor.SHIELD: '{"id":"key"}',
}
PASSWORD_AND_SMS = ((Factor.PASSWORD, Factor.SMS),)
CASE = SimpleNamespace(
    id="cas_1",
    kind="stolen_phone",
    state="open",
    opened_at=10**15,
    timeline=(SimpleNamespace(at=10**15, by=customer(1), what="opened", text="in a <taxi>"),),
)


class Answers:
    """One challenge, with as many tries as are left. `over` ends it."""

    def __init__(self, *combinations: tuple[Factor, ...], clock: ManualClock, text: str = TEXT) -> None:
        self.combinations, self.passed, self.clock, self.text = combinations, (), clock, text
        self.state, self.tries, self.did, self.raises, self.locked = "open", 5, [], {}, {}
        self.digits = {Factor.PIN: 6, Factor.SMS: 6, Factor.EMAIL: 6, Factor.TOTP: 6}
        self.right = RIGHT
        self.sent_to = {Factor.SMS: "+86 ••• 8000", Factor.EMAIL: "a•••@example.com"}

    def shown(self) -> ChallengeView:
        return ChallengeView(
            "chl_1",
            Purpose.SIGN_IN,
            self.text,
            self.combinations,
            self.passed,
            self.state,
            self.clock.now() + 300_000_000,
            self.sent_to,
            self.tries,
            self.digits,
            self.locked,
        )

    def _raise(self, what: str) -> None:
        if what in self.raises:
            raise self.raises[what]

    async def view(self, challenge: str, *_: Subject) -> ChallengeView:
        self._raise("view")
        return self.shown()

    async def send(self, challenge: str, *of: Any) -> ChallengeView:
        self.did.append(("send", of[-1]))
        self._raise("send")
        return self.shown()

    async def options(self, challenge: str, *of: Any) -> dict[str, Any]:
        self._raise("options")
        return {"challenge": "AAAA", "for": of[-1]}

    async def answer(self, challenge: str, *of: Any) -> ChallengeView:
        factor, answer = of[-2:]
        self._raise("answer")
        if answer != self.right[factor]:
            self.tries -= 1
            raise AnswerWrong(self.tries)
        self.passed = (*self.passed, factor)
        if any(set(combination) <= set(self.passed) for combination in self.combinations):
            self.state = "passed"
        return self.shown()

    async def begin(
        self,
        subject: Subject,
        binding: ChallengeBinding,
        language: str,
        needs: object = None,
        *,
        device: str | None = None,
    ) -> ChallengeView:
        self.did.append(("begin", binding.purpose))
        self._raise("begin")
        return self.shown()


class Doors(Answers):
    """Registration, sign-in and recovery at once."""

    def __init__(self, *combinations: tuple[Factor, ...], clock: ManualClock, sessions: Any) -> None:
        super().__init__(*combinations, clock=clock)
        self._sessions = sessions

    async def start(self, *asked: str) -> Any:
        self.did.append(("start", *asked))
        self._raise("start")
        return Started("app_1", self.shown()) if asked[0].startswith("+") else self.shown()

    async def password(
        self, mobile: str, password: str, language: str, user_agent: str = "", device_token: str | None = None
    ) -> ChallengeView:
        self.did.append(("password", mobile))
        self._raise("password")
        self.passed = (Factor.PASSWORD,)
        return self.shown()

    async def confirm(self, application: str, challenge: str) -> None:
        self.did.append(("confirm", application, challenge))

    async def check(self, application: str, details: Any) -> None:
        self.did.append(("check", application, details))
        self._raise("check")

    async def finish(self, *given: Any) -> Any:
        self.did.append(("finish", *given[:2]))
        self._raise("finish")
        return self.opened()

    async def passkey_options(self, language: str) -> tuple[str, dict[str, Any]]:
        return "chl_9", {"challenge": "AAAA"}

    async def passkey(self, challenge: str, response: str, *_: Any) -> Opened:
        self.did.append(("passkey", challenge, response))
        self._raise("passkey")
        return self.opened()

    def opened(self) -> Opened:
        token = self._sessions.sign_in()
        return Opened(token, "device-token", self._sessions.known[token], True)


class Security:
    """A security centre with one device, one key and one case."""

    def __init__(self, challenges: Answers) -> None:
        self.did: list[tuple[Any, ...]] = []
        self.raises: dict[str, Exception] = {}
        self._challenges = challenges
        self.frozen, self.by_bank, self.cooling = False, False, True
        self.seen = (SignInSeen(1, "ok", "Chrome", (), True), SignInSeen(1, "wrong", "Safari", (), False))

    async def overview(self, session: Session) -> Overview:
        profile = Profile(1, "cus_1", "Alice", 1, 0, "+8613800138000", "a@example.com", "en", 10**15, None, 0)
        devices = (Device("dev_1", "Chrome <b>", 1, 2, here=True), Device("dev_2", "Safari", 1, 2))
        factors = (FactorView("fac_1", Factor.PASSKEY, "My <i>phone", 1, 2), FactorView("fac_2", Factor.TOTP, "", 1, 0))
        now = self.frozen, self.by_bank, self.cooling
        return Overview(profile, "remote", (session, session), devices, factors, self.seen, *now)

    async def cases(self, session: Session) -> list[Any]:
        return [CASE]

    async def challenge(self, session: Session, purpose: Purpose, kind: str = "", reference: str = "") -> ChallengeView:
        self.did.append(("challenge", purpose, kind, reference))
        if "challenge" in self.raises:
            raise self.raises["challenge"]
        return self._challenges.shown()

    async def begin_totp(self, session: Session, challenge: str) -> TotpEnrolment:
        return TotpEnrolment("fac_9", "otpauth://totp/Feiqian:a?secret=ABCDEFGH&issuer=Feiqian")

    async def begin_key(self, session: Session, challenge: str, factor: Factor) -> tuple[str, dict[str, Any]]:
        return "fac_9", {"challenge": "AAAA", "user": {"id": "AA"}}

    async def report_stolen(self, session: Session, note: str = "") -> Any:
        self.did.append(("report_stolen", note))
        return CASE

    async def start(self, session: Session, challenge: str, kind: str, address: str) -> Started:
        self.did.append(("start", kind, address))
        return Started("app_2", self._challenges.shown())

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def does(session: Session, *given: Any) -> bool:
            self.did.append((name, *given))
            if name in self.raises:
                raise self.raises[name]
            return "unknown" not in given

        return does


class Payments(StillPayments):
    """One payment, of customer 1, that waits."""

    def __init__(self, still: StillBank) -> None:
        super().__init__(still)
        self.status, self.did, self.before = "needs_verification", [], None
        self.limit: LimitMet | None = None  # that declined it

    async def bound_of(self, number: int, payment: str) -> ChallengeBinding:
        if (number, payment) != (1, "pay_1"):
            raise PaymentNotFound("there is no such payment")
        if self.status != "needs_verification":
            raise NotWaiting(self.status)
        return ChallengeBinding(
            purpose=Purpose.PAYMENT, amount=1_480_50, currency=156, payee="Corner <Café>", reference="pay_1"
        )

    async def paid_before(self, row: Any) -> Any:
        return self.before

    def needs(self, number: int, binding: ChallengeBinding) -> tuple[frozenset[Factor], ...]:
        return load_policy("cn").needs(binding.purpose, binding.amount, binding.currency)

    async def confirm(self, number: int, payment: str, challenge: str) -> None:
        await self.bound_of(number, payment)
        self.did.append(("confirm", payment, challenge))
        self.status = "succeeded"

    async def refuse(self, number: int, payment: str) -> None:
        await self.bound_of(number, payment)
        self.did.append(("refuse", payment))
        self.status = "declined"


class Reads(StillReads):
    """Knows what has become of that payment."""

    def __init__(self, payments: Payments) -> None:
        super().__init__(payments.still)
        self._payments = payments

    async def payment_by_id(self, payment: str) -> Any:
        declined = "daily_limit" if self._payments.limit else "refused_by_customer"
        reason = declined if self._payments.status == "declined" else None
        mine = SimpleNamespace(customer=1, reason=reason, merchant=1, amount=1_480_50, currency=156)
        mine.closed_at = mine.created_at = 10**15
        mine.id, mine.merchant_order, mine.description, mine.refunded = payment, "A-17 <5>", "", 0
        mine.fact, mine.limit = SimpleNamespace(source=self._payments.source), self._payments.limit
        return mine if payment == "pay_1" else None


class RealName:
    """Takes pictures; a test says what came of them."""

    def __init__(self) -> None:
        self.reviews: list[Any] = []
        self.given: list[tuple[Any, ...]] = []
        self.raises: Exception | None = None

    async def check_identity(self, number: int, images: list[bytes], corrected: Any = None) -> None:
        if self.raises:
            raise self.raises
        self.given.append((number, images, corrected))

    def of(self, connection: Any, number: int, limit: int) -> list[Any]:
        return self.reviews[:limit]

    async def used_up(self, number: int) -> bool:
        return isinstance(self.raises, ChecksUsedUp)

    def review(self, outcome: str, *reasons: str) -> None:
        self.reviews = [SimpleNamespace(outcome=outcome, reasons=reasons, at=10**15)]


class AtOnce:
    """Work that is done where it is asked for."""

    async def db(self, function: Callable[..., Any], *given: Any) -> Any:
        return function(*given)

    heavy = db


def add_customers(services: Any, clock: ManualClock) -> Any:
    """Adds what customers' pages ask to a test's services."""
    challenges = Answers((Factor.PIN,), (Factor.PASSKEY,), clock=clock)
    doors = Doors(*PASSWORD_AND_SMS, (Factor.PASSKEY,), clock=clock, sessions=services.sessions)
    doors.sent_to = {}
    names = RealName()
    services.clock, services.work = clock, AtOnce()
    services.registration = services.sign_in = services.recovery = doors
    services.verification, services.payments = challenges, Payments(services.payments.still)
    services.security = services.changing = services.new_contacts = Security(challenges)
    services.real_name, services.identity = names, names
    services.uploads = Uploads(Path(tempfile.gettempdir()))
    services.reads = Reads(services.payments)
    services.db = SimpleNamespace(read=nullcontext)
    services.transactions = Transactions(services.db, services.work)
    services.level = 0
    services.customers.standing = lambda number: services.level
    return services


def over(state: str = "expired") -> ChallengeOver:
    return ChallengeOver(state)


def chinese_id(birth: date = date(1990, 3, 7)) -> str:
    """An identity number that is right (GB 11643-1999)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    body = f"110101{birth:%Y%m%d}123"
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]
