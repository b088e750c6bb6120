"""A whole bank of people in a folder: real parts over SQLite and a real ledger, a clock that stands, light hashes."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Self, TypeVar
from zoneinfo import ZoneInfo

import pytest
from PIL import Image
from proving import CountingHasher

from feiqian import features
from feiqian.accounts import opening
from feiqian.accounts.kinds import AccountKind
from feiqian.accounts.service import Accounts
from feiqian.audit_log.log import AuditLog
from feiqian.auth.challenges.factors import Factors
from feiqian.auth.challenges.model import ChallengeView
from feiqian.auth.challenges.service import Verification
from feiqian.auth.model import Details, Opened, Session
from feiqian.auth.sessions.service import Sessions
from feiqian.auth.strangers import Strangers
from feiqian.cases.service import Cases
from feiqian.composition import add_access, add_products
from feiqian.customers.registry import Customers
from feiqian.field_cipher import FieldCipher
from feiqian.inbox.service import Inbox as Notices
from feiqian.inbox.wishes import Wishes
from feiqian.kyc.screening import Sanctions
from feiqian.kyc.service import Identity
from feiqian.kyc.verifier import BuiltInVerifier
from feiqian.ledger.chart import account_id, derived_id, transfer
from feiqian.ledger.engine import Refusal
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.ledger_intents.service import LedgerIntents
from feiqian.limits.receiving import Receiving
from feiqian.limits.service import PaymentLimits
from feiqian.merchants import opening as merchant_opening
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.money import CNY, NOTHING, MinorUnits
from feiqian.notify.inbox import Inbox
from feiqian.notify.model import Channel, Delivered
from feiqian.notify.service import Notify
from feiqian.outbox.service import Outbox
from feiqian.payments.kinds import TransferKind
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.load import load_policy
from feiqian.printing.press import Press
from feiqian.runtime.paging import Ask, Page
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.uploads import Uploads
from feiqian.runtime.work import Work
from feiqian.services import Services
from feiqian.settings import Settings
from feiqian.subjects import Subject, customer
from feiqian.testing.clock import ManualClock
from feiqian.testing.empty_bank import empty_bank
from feiqian.workers.pool import Workers

T = TypeVar("T")
POLICY = load_policy("cn")
WORKERS = Workers()  # of all banks of a run
PRESS = Press()  # its process is started when somebody asks for a document
CHROME = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36"
MEI, EVE, UNKNOWN = "+8613900001111", "+8613900002222", "+8613900009999"
PASSWORD, PIN = "wandering teapot umbrella", "402957"
NEW_PASSWORD, NEW_PIN = "seven quiet lighthouses", "830461"
EMAIL = "mei@example.com"


def chinese_number(first: str) -> str:
    """The 18 digits of an identity number, from the 17 before its check character (ISO 7064, MOD 11-2)."""
    remainder = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(first)) % 11
    return first + "10X98765432"[remainder]


MEI_ID, EVE_ID = chinese_number("11010519900307002"), chinese_number("11010519880512104")
MEI_DETAILS = Details("李梅", "cn_id", PASSWORD, PIN, MEI_ID, email=EMAIL)
EVE_DETAILS = Details("王小雨", "cn_id", PASSWORD, PIN, EVE_ID)


class StillReads:
    """Nobody has paid yet. `lacking`: something of everybody was set aside."""

    lacking = False

    async def paid_on_days(self, customer: int, currency: int, days: Sequence[int]) -> MinorUnits:
        return NOTHING

    async def newest_of_customer(self, customer: int, limit: int = 20) -> list[PaymentRow]:
        return []

    async def payments_of_customer(self, customer: int, ask: Ask, limit: int) -> Page[PaymentRow]:
        return Page(())

    async def customer_incomplete(self, customer: int) -> bool:
        return self.lacking

    async def incomplete(self) -> bool:
        return self.lacking

    async def newest(self, customer: int, older: str = "", limit: int = 20) -> tuple[list[Any], str]:
        return [], ""

    async def wait(self, position: int, timeout_seconds: float = 0, who: object = None) -> None:
        """It is as far as anybody asks."""

    async def statement(self, account: bytes, cursor: str | None = None, limit: int = 50) -> tuple[list[Any], None]:
        return [], None


class StillMerchants:
    """There is none."""

    def by_number(self, number: int) -> None:
        return None

    def name(self, number: int) -> str:
        return ""


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[People]:
    """The folders whose conftest imports this have it."""
    with closing(People(tmp_path / "bank")) as people:
        yield people


class People:
    """One bank; `again` is the same after a crash."""

    def __init__(self, folder: Path, clock: ManualClock | None = None, url: str = "") -> None:
        self.folder, self.clock, self._payments = folder, clock or ManualClock(), 0
        self.journal = open_journal(folder, create=not (folder / "journal.db").exists())
        self.ledger = open_ledger(self.journal, None, self.clock)
        self.ledger.post_many(opening.bank_accounts(CNY.number) + merchant_opening.merchant(1, CNY.number))
        self.ledger.commit()
        self.db, self.cipher, self.work = empty_bank(folder, url), FieldCipher(bytes(range(32))), Work()
        self.services = s = self._services()
        s.limits = PaymentLimits(s.policy, s.customers, self.ledger)
        s.receiving = Receiving(s.policy, s.customers, self.ledger)
        add_access(s)
        add_products(s)
        s.person_transfers.reads = s.packets.reads = StillReads()  # type: ignore[assignment]
        self.customers, self.notify, self.verification, self.factors = s.customers, s.notify, s.verification, s.factors
        self.registration, self.sign_in, self.recovery = s.registration, s.sign_in, s.recovery
        self.security, self.changing, self.new_contacts = s.security, s.changing, s.new_contacts
        self.real_name, self.freezing, self.lost_phones = s.real_name, s.freezing, s.lost_phones
        self.intents = s.intents

    def _services(self) -> Services:
        db, cipher, clock, work = self.db, self.cipher, self.clock, self.work
        self.hasher = CountingHasher(cipher)
        self.inbox = Inbox(db, cipher, clock, work)
        customers, audit_log = Customers(db, cipher), AuditLog()
        sessions = Sessions(db, POLICY, clock, work)
        outbox = Outbox(db, cipher, clock, work)
        notify = Notify(outbox, db, cipher, POLICY, clock, work, dict.fromkeys(Channel, self.inbox))
        factors = Factors(db, cipher, POLICY, clock, work, notify, customers, "http://localhost:8080", self.hasher)
        verifier = BuiltInVerifier(POLICY.identity, Sanctions())
        return Services(
            settings=Settings(),
            clock=clock,
            policy=POLICY,
            db=db,
            work=work,
            workers=WORKERS,
            press=PRESS,
            uploads=Uploads(self.folder),
            cipher=cipher,
            ledger=self.ledger,
            reads=StillReads(),  # type: ignore[arg-type]
            audit_log=audit_log,
            intents=LedgerIntents(db, clock, work),
            cases=Cases(audit_log, cipher),
            outbox=outbox,
            notify=notify,
            sessions=sessions,
            identity=Identity(db, cipher, clock, work, verifier, WORKERS, POLICY.identity.two_people_score),
            accounts=Accounts(self.ledger, POLICY),
            customers=customers,
            inbox=Notices(transactions=Transactions(db, work), cipher=cipher, clock=clock),
            wishes=Wishes(
                transactions=Transactions(db, work),
                clock=clock,
                audit_log=audit_log,
                zone=ZoneInfo("Asia/Shanghai"),
                groups=lambda: {kind: one.group for kind, one in features.notice_kinds().items()},
            ),
            merchants=StillMerchants(),  # type: ignore[arg-type]
            factors=factors,
            verification=Verification(db, cipher, POLICY, clock, work, factors),
            strangers=Strangers(),
        )

    def again(self) -> Self:
        self.close()
        return type(self)(self.folder, self.clock)

    def close(self) -> None:
        self.work.close()
        self.ledger.close()
        self.journal.close()
        self.db.close()

    # --- short ways ----------------------------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        self.clock.advance(0.002)  # ids are in order of milliseconds
        return asyncio.run(work)

    def do(self, method: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """A method that takes a connection, in a transaction of its own."""
        with self.db.write() as connection:
            return method(connection, *args, **kwargs)

    def arrived(self, subject: Subject | None = None) -> list[Delivered]:
        """Everything that has arrived so far, the oldest first."""
        while self.run(self.services.outbox.deliver_due()):  # those to one address go one after another
            pass
        return self.inbox.read_now(200, subject)[::-1]

    def told(self, number: int) -> list[tuple[str, str]]:
        """Kind and channel of what a customer has been told, but for codes."""
        arrived = self.arrived(customer(number))
        return [(message.kind, message.channel.value) for message in arrived if message.kind != "code"]

    def code(self, channel: Channel = Channel.SMS) -> str:
        """The newest code that has arrived."""
        codes = [m for m in self.arrived() if m.kind == "code" and m.channel is channel]
        digits = codes[-1].text.split(" is your code")[0].removeprefix("Feiqian: ").split("\n")[-1]
        return "".join(character for character in digits if character.isdigit())

    def audit_log(self, number: int) -> list[str]:
        """What was done about a customer, the oldest first."""
        entries = self.do(self.services.audit_log.of, str(customer(number)))
        return [entry.action for entry in entries][::-1]

    # --- people --------------------------------------------------------------------------------------------------

    def register(self, mobile: str = MEI, details: Details = MEI_DETAILS, device: str | None = None) -> Opened:
        started = self.run(self.registration.start(mobile, "en"))
        self.run(self.registration.answer(started.challenge.id, Factor.SMS, self.code()))
        self.run(self.registration.confirm(started.application, started.challenge.id))
        return self.run(self.registration.finish(started.application, details, CHROME, device))

    def checked(self, mobile: str = MEI, details: Details = MEI_DETAILS) -> Opened:
        """Registered, and verified: with a wallet."""
        opened = self.register(mobile, details)
        review = self.run(self.real_name.check_identity(opened.session.subject.number, [picture()]))
        assert review.outcome == "verified", review
        return opened

    def enter(self, mobile: str = MEI, password: str = PASSWORD, device: str | None = None) -> Opened:
        """Signs in with password and code."""
        return self.run(self.answered_sign_in(mobile, password, device))

    def answered_sign_in(
        self, mobile: str = MEI, password: str = PASSWORD, device: str | None = None
    ) -> Coroutine[Any, Any, Opened]:
        """A sign-in of which only the end is missing, to be run beside something else."""
        view = self.run(self.sign_in.password(mobile, password, "en", CHROME))
        self.run(self.sign_in.send(view.id, Factor.SMS))
        self.run(self.sign_in.answer(view.id, Factor.SMS, self.code()))
        return self.sign_in.finish(view.id, CHROME, device)

    def answered_recovery(self) -> Coroutine[Any, Any, None]:
        """A recovery of the password of which only the end is missing."""
        challenge = self.run(self.recovery.start("password", MEI, MEI_ID, MEI_DETAILS.name, "en")).id
        for factor in (Factor.SMS, Factor.EMAIL):
            self.run(self.recovery.send(challenge, factor))
            self.run(self.recovery.answer(challenge, factor, self.code(Channel(factor.value))))
        return self.recovery.finish(challenge, NEW_PASSWORD)

    def passed(self, session: Session, purpose: Purpose, kind: str = "", reference: str = "") -> str:
        """A challenge that the customer has passed with all that the policy may ask for without a key."""
        view = self.run(self.changing.challenge(session, purpose, kind, reference))
        return self.prove(view, session.subject)

    def prove(self, view: ChallengeView, subject: Subject) -> str:
        wanted = next(c for c in view.combinations if not {Factor.TOTP, Factor.PASSKEY, Factor.SHIELD} & set(c))
        for factor in wanted:
            if factor is Factor.SMS:
                self.run(self.verification.send(view.id, subject, factor))
            answers = {Factor.PASSWORD: PASSWORD, Factor.PIN: PIN}
            answer = answers[factor] if factor in answers else self.code()
            view = self.run(self.verification.answer(view.id, subject, factor, answer))
        assert view.state == "passed"
        return view.id

    def enrol(self, session: Session, key: Any, factor: Factor = Factor.PASSKEY) -> None:
        challenge = self.passed(session, Purpose.ADD_FACTOR, factor.value)
        id, options = self.run(self.changing.begin_key(session, challenge, factor))
        self.run(self.changing.finish_key(session, id, key.create(options), "my key"))

    def paid(self, number: int, amount: int = 1) -> bool:
        """Whether money leaves the wallet now."""

        self._payments = getattr(self, "_payments", 0) + 1
        sides = (AccountKind.CUSTOMER_WALLET, number), (MerchantAccountKind.PAYABLE, 1)
        debit, credit = (account_id(kind, CNY.number, owner) for kind, owner in sides)
        id = derived_id(b"test", self.clock.now().to_bytes(8, "big"), self._payments.to_bytes(8, "big"))
        (refusal,) = self.ledger.post_many(
            transfer(id, debit=debit, credit=credit, amount=amount, kind=TransferKind.PAYMENT)
        )
        self.ledger.commit()
        return refusal == Refusal.OK

    def fund(self, number: int, amount: int = 100_00) -> None:
        self.ledger.post_many(opening.opening_balance(number, CNY.number, amount))
        self.ledger.commit()

    def cooling(self, number: int) -> bool:
        return self.customers.cooling(number, self.clock.now() // 1_000_000)


def picture() -> bytes:
    """A picture of noise, as a file."""
    out = io.BytesIO()
    Image.effect_noise((640, 480), 50).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def shape(view: ChallengeView) -> ChallengeView:
    """A challenge without what differs from one to the next: its id and the mark in the text."""
    return view._replace(id="", text=view.text.rpartition("\n")[0], expires_at=0)
