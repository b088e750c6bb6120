"""A bank that stands still, for looking at pages without one behind them."""

from __future__ import annotations

import dataclasses
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.types import ASGIApp, ControllerRouterHandler

from feiqian import features
from feiqian.activity.model import ActivityPage
from feiqian.auth.sessions.model import Opened, Session
from feiqian.customers.model import Profile
from feiqian.customers.registry import Customer
from feiqian.demo.bills import SampleBills
from feiqian.demo.cashier import Cashier
from feiqian.demo.pages import routes
from feiqian.demo.pages.given import Demo
from feiqian.demo.people import People, Shops
from feiqian.demo.pulse import Pulse, Total
from feiqian.demo.shop import ShopNotRunning
from feiqian.demo.traffic import Level
from feiqian.deposits.statements import Holding
from feiqian.events import PaymentDecided, PaymentStatus, RefundDecided, RefundStatus, encode_fact
from feiqian.field_cipher import FieldCipher
from feiqian.home.model import Place
from feiqian.inbox.model import Notice
from feiqian.limits.model import Today
from feiqian.locks.model import Reserved
from feiqian.merchants.registry import Merchant, Store
from feiqian.money import CNY, MinorUnits, Money
from feiqian.notify.model import Channel, Delivered
from feiqian.payments.codes import IssuedCode
from feiqian.payments.errors import PaymentNotFound
from feiqian.payments.intent import SourceName
from feiqian.payments.read_model.rows import CorrectionRow, PaymentRow, payment_row
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.payments.shown import Item, shown_payment
from feiqian.payments.views import BalanceView, PaymentView, RefundView, as_it_is, refund_view
from feiqian.policy.load import load_policy
from feiqian.runtime.metrics import Live
from feiqian.runtime.paging import Ask, Page
from feiqian.runtime.transactions import Transactions
from feiqian.settings import Settings
from feiqian.sources.standing import Standing
from feiqian.subjects import Role, Subject, customer, staff
from feiqian.testing.clock import ManualClock
from feiqian.web import session
from feiqian.web.application import OWN
from feiqian.web.whose import mark_of
from feiqian.workers.pool import Workers

WORKERS = Workers()  # real ones, of all tests of a run
FULL = 2  # the highest level of the policy
ALICE = Customer(1, "cus_alice", "Alice <b>Wang</b>", 1, FULL)
CAFE = Merchant(1, "mer_cafe", 'Corner "Café" & Söhne 锦绣', CNY.number, 60, "active", (Store("main", "Main"),))
LUNCH_FACT = PaymentDecided(
    *("pay_1", bytes(16), PaymentStatus.SUCCEEDED, None, CAFE.number, ALICE.number, 32_00, CNY.number, 0),
    *("A-1", "", "", "", 10**15),
)
CODE = "88012345678901234567"


def row_of(fact: PaymentDecided, refunded: int = 0) -> PaymentRow:
    """The payment as the read model has it."""
    values = (encode_fact(fact), fact.status, None, None, fact.fee, refunded, 0, 20010909, 1)
    return payment_row(values)


LUNCH = row_of(LUNCH_FACT, 12_00)
REFUSED = row_of(
    msgspec.structs.replace(
        LUNCH_FACT, id="pay_2", status=PaymentStatus.DECLINED, reason="insufficient_funds", transfer=b"2" * 16
    )
)


class StillBank:
    """What the features of one customer and one merchant know; remembers what it was asked to do."""

    def __init__(self) -> None:
        self.did: list[tuple[object, ...]] = []
        self.used = False
        self.lacking = False
        self.people: list[Customer] = [ALICE]
        self.waits: list[PaymentRow] = []
        self.corrections: list[CorrectionRow] = []
        self.level, self.device, self.frozen_by, self.cooling_until = FULL, 1, None, 0


class StillCustomers:
    def __init__(self, still: StillBank) -> None:
        self._still, self.issuing = still, self

    @property
    def count(self) -> int:
        return len(self._still.people)

    def by_number(self, connection: object, number: int) -> Customer | None:
        return next((one for one in self._still.people if one.number == number), None)

    def by_id(self, connection: object, id: str) -> Customer | None:
        return next((one for one in self._still.people if one.id == id), None)

    def profile(self, number: int) -> Profile | None:
        still, one = self._still, self.by_number(None, number)
        frozen = (still.frozen_by, 1 if still.frozen_by else 0)
        return one and Profile(*one[:3], one.level, 1, "+8613800138000", "", "en", still.cooling_until, *frozen)

    def standing(self, number: int) -> int:
        return self._still.level

    def device_of(self, number: int) -> int:
        return self._still.device


class StillLocks:
    """Nothing is locked or held."""

    async def reserved(self, customer: int, ledger_id: bytes) -> Reserved:
        return Reserved()


class StillRequests:
    """Nobody asks for money."""

    async def waiting(self, number: int) -> int:
        return 0


class StillInbox:
    """With nothing in it."""

    async def unread(self, number: int) -> int:
        return 0

    async def page(self, number: int, ask: Ask) -> Page[Notice]:
        return Page(())


class StillArrangements:
    """Nobody has arranged anything."""

    async def of(self, number: int) -> list[Place]:
        return []


class StillStatements:
    """The wallet alone."""

    async def holdings(self, number: int) -> list[Holding]:
        has = Money(MinorUnits(1_234_50), CNY)
        return [Holding(None, has, has)]


class StillActivity:
    """Nothing has moved. `lacking`: something was set aside."""

    def __init__(self, still: StillBank) -> None:
        self._still = still

    async def page(self, number: int, limit: int) -> ActivityPage:
        return ActivityPage([], "", False, self._still.lacking)


class StillMerchants:
    def all(self) -> list[Merchant]:
        return [CAFE]

    def by_id(self, id: str) -> Merchant | None:
        return CAFE if id == CAFE.id else None

    def name(self, number: int) -> str:
        return CAFE.name


class StillAccounts:
    def frozen(self, number: int) -> bool:
        return False

    async def balance(self, number: int, currency: int) -> int:
        return 1_234_50


class StillReads:
    def __init__(self, still: StillBank) -> None:
        self._still = still

    async def wait(self, position: int, timeout_seconds: float = 5, who: object = None) -> None: ...

    async def newest_of_customer(self, number: int, limit: int) -> list[PaymentRow]:
        return [LUNCH, REFUSED]

    async def corrections_of_customer(self, number: int, limit: int) -> list[CorrectionRow]:
        return self._still.corrections

    async def payments(self, number: int, cursor: None, limit: int) -> tuple[list[PaymentRow], None]:
        return [LUNCH, REFUSED], None

    async def newest(self, limit: int) -> list[PaymentRow]:
        return []

    async def customer_incomplete(self, number: int) -> bool:
        return self._still.lacking

    async def set_aside(self) -> int:
        return int(self._still.lacking)


class StillSources:
    """What a test says that payments are taken from."""

    standings: tuple[Standing, ...] = ()

    async def standing(self, number: int) -> list[Standing]:
        return list(self.standings)


class StillPayments:
    """Limits, and a source, that a test may set."""

    source = b""  # the wallet

    async def source_names(self, number: int) -> dict[bytes, SourceName]:
        return {self.source: SourceName("acc_1", "rent •••• 0042")}

    limits: Today | None = Today(MinorUnits(300_00), MinorUnits(2_000_00), MinorUnits(1_850_00), MinorUnits(2_000_00))

    def today(self, number: int, currency: int) -> Today | None:
        return self.limits

    def __init__(self, still: StillBank) -> None:
        self.still, self.confirmations = still, self

    async def shown(self, number: int) -> list[Item]:
        return [shown_payment(row, "Corner <Café>") for row in self.still.waits]

    def code_for(self, number: int) -> IssuedCode:
        return IssuedCode(CODE, 0, 0)

    async def pay(self, merchant: Merchant, request: PaymentRequest) -> PaymentView:
        self.still.did.append(("pay", request.payment_code, request.amount, request.merchant_order))
        return as_it_is(LUNCH)

    async def get_by_order(self, merchant: Merchant, order: str) -> PaymentView:
        if order == "B-1":
            raise PaymentNotFound("there is no such payment")
        return as_it_is(LUNCH, PaymentStatus.WAITING)

    async def cancel(self, merchant: Merchant, payment: str) -> PaymentView:
        return as_it_is(LUNCH, PaymentStatus.CANCELLED)

    async def refund(self, merchant: Merchant, payment: str, request: RefundRequest) -> RefundView:
        self.still.did.append(("refund", payment, request.amount, request.merchant_refund))
        fact = RefundDecided(
            *("ref_1", bytes(16), payment, RefundStatus.SUCCEEDED, None, CAFE.number, ALICE.number, request.amount),
            *(CNY.number, request.merchant_refund, 10**15),
        )
        return refund_view(fact)

    async def balance(self, merchant: Merchant) -> BalanceView:
        return BalanceView("CNY", 99_00, 99_00, self.still.lacking)


class StillLedger:
    """Of which only claims on codes are asked."""

    def __init__(self, still: StillBank) -> None:
        self._still, self.engine, self.durable_position = still, self, 1

    def claimed(self, id: bytes) -> bool:
        used, self._still.used = self._still.used, False
        return used


class StillRoom:
    """The machine room."""

    def pulse(self) -> Pulse:
        return Pulse(4.5, 0.42, 3.1, 27.0, 7, "ab" * 32, 0, 3, True, 7, [Total(CNY, 1, 2, 3, 6, 6)])


class StillTraffic:
    """A switch that only remembers."""

    level: Level = "off"

    async def change(self, level: Level) -> None:
        self.level = level


class StillDoors:
    """Doors that open for everybody."""

    password, pin = "open-sesame", "123456"

    def __init__(self, sessions: StillSessions) -> None:
        self._sessions = sessions

    async def open_phone(self, number: int, user_agent: str, device_token: str | None, language: str) -> Opened:
        token = self._sessions.sign_in(number, language)
        return Opened(token, "device", self._sessions.known[token], device_token is None)


class StillStaff:
    """Alice alone works here."""

    names = (("alice", "Alice Moreau"),)

    def __init__(self, sessions: StillSessions) -> None:
        self._sessions = sessions

    async def sign_in(self, login: str, user_agent: str, language: str) -> Opened:
        if login != "alice":
            raise KeyError(login)
        token = self._sessions.sign_in(subject=staff(1))
        return Opened(token, "", self._sessions.known[token], True)


class StillShop:
    """Looks as if it ran. `possible` and `runs` are as a test wants them."""

    log = Path("/var/bank/shop/shop.log")

    def __init__(self) -> None:
        self.possible = self.runs = True

    async def open(self) -> str:
        if not self.runs:
            raise ShopNotRunning
        return "http://localhost:8090"


def still_demo(services: Any) -> Demo:
    """A demo whose doors, shoppers, machine room and shop only look so."""
    staff, merchant = StillStaff(services.sessions), SimpleNamespace(name="Lin Wei")
    stand_ins: Any = StillRoom(), StillDoors(services.sessions), staff, merchant, StillTraffic()
    shop: Any = StillShop()
    bills = SampleBills(services.merchants, services.clock, "Asia/Shanghai")
    return Demo(People(services), Shops(services), Cashier(services), *stand_ins, bills, shop)


class StillSessions:
    """Knows tokens that a test has made."""

    def __init__(self) -> None:
        self.known: dict[str, Session] = {}
        self.used: list[str] = []

    def sign_in(self, number: int = 1, language: str = "en", subject: Subject | None = None) -> str:
        """The token of a new session."""
        token = f"token-{len(self.known)}"
        self.known[token] = Session(token, subject or customer(number), None, (), 0, 0, 10**12, "Test", language)
        return token

    async def find(self, token: str, *, used: bool = True) -> Session | None:
        if used:
            self.used.append(token)
        return self.known.get(token)


class StillNotify:
    """An inbox with one message in it. Nothing is pushed."""

    push_key = ""

    async def inbox(self, limit: int, subject: Subject | None = None) -> list[Delivered]:
        address, text = "+8613800000001", "Your code is 123456."
        return [Delivered("msg_1", customer(1), Channel.SMS, address, "code", "en", "", text, 10**15)]


class StillWork:
    """Does it at once."""

    async def db(self, function: Any, *args: Any) -> Any:
        return function(*args)


class NoDb:
    """Nothing to connect to."""

    def read(self) -> AbstractContextManager[None]:
        return nullcontext()


def still_services(still: StillBank | None = None, **others: object) -> Any:
    """Only what pages need; a test adds what it looks at."""
    still = still or StillBank()
    parts = {
        "settings": Settings(),
        "clock": ManualClock(),
        "policy": load_policy("cn"),
        "live": Live(),
        "sessions": StillSessions(),
        "notify": StillNotify(),
        "cipher": FieldCipher(bytes(32)),
        "customers": StillCustomers(still),
        "inbox": StillInbox(),
        "money_requests": StillRequests(),
        "statements": StillStatements(),
        "arrangements": StillArrangements(),
        "activity": StillActivity(still),
        "merchants": StillMerchants(),
        "accounts": StillAccounts(),
        "reads": StillReads(still),
        "payments": StillPayments(still),
        "sources": StillSources(),
        "ledger": StillLedger(still),
        "locks": StillLocks(),
        "at_work": {},
    }
    db, work = NoDb(), StillWork()
    shared = {"work": work, "workers": WORKERS, "db": db, "transactions": Transactions(db, work)}
    return SimpleNamespace(**(parts | shared | others))


DEMO = still_demo(still_services())


def show_demo(demo: Demo) -> None:
    """`DEMO` is this one from now on: the demo's pages are registered once for all sites."""
    vars(DEMO.bills).update(vars(demo.bills))
    for field in dataclasses.fields(Demo):
        if field.name != "bills":
            object.__setattr__(DEMO, field.name, getattr(demo, field.name))


def every_page() -> list[ControllerRouterHandler]:
    """The bank's pages and those of a demo."""
    return [*OWN, *features.pages(), *routes(DEMO)]


def from_own_pages(app: Litestar) -> ASGIApp:
    """The application, asked by pages that were made just before: requests without a mark get the right one."""

    async def ask(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and not any(name == b"page-for" for name, _ in scope["headers"]):
            mark = (b"page-for", (await _mark(app, scope)).encode())
            scope = {**scope, "headers": [*scope["headers"], mark]}
        await app(scope, receive, send)

    return ask


async def _mark(app: Litestar, scope: Any) -> str:
    connection: Any = ASGIConnection({**scope, "litestar_app": app, "state": {}})
    site, looked = app.state.site, session._looked(connection)
    for role in (Role.CUSTOMER, *site.services.at_work):
        looked[role] = await session.find(connection, role, used=False)
    return mark_of(connection)
