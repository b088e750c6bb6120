"""A bank that stands still, for looking at pages without one behind them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.types import ASGIApp

from feiqian.auth.sessions.model import Opened, Session
from feiqian.field_cipher import FieldCipher
from feiqian.money import CNY, Money
from feiqian.notify.model import Channel, Delivered
from feiqian.runtime.transactions import Transactions
from feiqian.settings import Settings
from feiqian.subjects import Subject, customer, staff
from feiqian.testing.clock import ManualClock
from feiqian.web import session
from feiqian.web.model import Answer, Code, Item, Person, Pulse, RefundAnswer, Shop, Standing, Total, Waiting
from feiqian.web.site import Level
from feiqian.web.whose import mark_of
from feiqian.workers.pool import Workers

WORKERS = Workers()  # real ones, of all tests of a run
ALICE = Person(1, "cus_alice", "Alice <b>Wang</b>", CNY)
CAFE = Shop(1, "mer_cafe", 'Corner "Café" & Söhne 锦绣', "Main", CNY)
LUNCH = Item("pay_1", "A-1", "succeeded", "", Money(32_00, CNY), Money(12_00, CNY), ALICE.name, CAFE.name, 10**15)
REFUSED = LUNCH._replace(id="pay_2", status="declined", reason="insufficient_funds", refunded=Money(0, CNY))
CODE = "88012345678901234567"


class StillBank:
    """Knows one customer and one merchant; remembers what it was asked to do."""

    def __init__(self) -> None:
        self.did: list[tuple[object, ...]] = []
        self.used = False
        self.lacking = False
        self.stands = Standing("open")
        self.waits: list[Waiting] = []

    async def people(self, limit: int) -> list[Person]:
        return [ALICE][:limit]

    async def person(self, id: str) -> Person | None:
        return ALICE if id == ALICE.id else None

    async def customer(self, number: int) -> Person | None:
        return ALICE if number == ALICE.number else None

    async def standing(self, person: Person) -> Standing:
        return self.stands

    async def waiting(self, person: Person) -> list[Waiting]:
        return self.waits

    async def shops(self) -> list[Shop]:
        return [CAFE]

    async def shop(self, id: str) -> Shop | None:
        return CAFE if id == CAFE.id else None

    async def shop_name(self, number: int) -> str:
        return CAFE.name

    async def counts(self) -> tuple[int, int]:
        return 1, 1

    async def balance(self, person: Person) -> Money:
        return Money(1_234_50, CNY)

    async def takings(self, shop: Shop) -> Money:
        return Money(99_00, CNY)

    async def payments_of(self, person: Person, limit: int) -> list[Item]:
        return [LUNCH, REFUSED]

    async def receipts_of(self, shop: Shop, limit: int) -> list[Item]:
        return [LUNCH, REFUSED]

    async def incomplete(self, whose: Person | Shop | None) -> bool:
        return self.lacking

    async def newest(self, limit: int) -> list[Item]:
        return []

    async def code(self, person: Person) -> Code:
        used, self.used = self.used, False
        return Code(CODE, 0.01, used)

    async def pay(self, shop: Shop, code: str, amount: Money, order: str) -> Answer:
        self.did.append(("pay", code, amount.minor, order))
        return Answer("succeeded", order, amount, payment="pay_1", at=10**15)

    async def ask(self, shop: Shop, amount: Money, order: str) -> Answer:
        return Answer("missing", order, amount)

    async def cancel(self, shop: Shop, amount: Money, order: str) -> Answer:
        return Answer("cancelled", order, amount)

    async def refund(self, shop: Shop, order: str, amount: Money, number: str) -> RefundAnswer:
        self.did.append(("refund", order, amount.minor, number))
        return RefundAnswer("succeeded", amount)

    async def settled(self, position: int) -> None: ...

    def pulse(self) -> Pulse:
        return Pulse(4.5, 0.42, 3.1, 27.0, 7, "ab" * 32, 0, 3, True, 7, [Total(CNY, 1, 2, 3, 6, 6)])


class StillDemo:
    """A switch that only remembers, and doors that open for everybody."""

    level: Level = "off"
    password, pin, staff = "open-sesame", "123456", (("alice", "Alice Moreau"),)

    def __init__(self, sessions: StillSessions) -> None:
        self._sessions = sessions

    async def change(self, level: Level) -> None:
        self.level = level

    def mobile(self, person: Person) -> str:
        return f"+86138{person.number:08d}"

    async def open_phone(self, person: Person, user_agent: str, device_token: str | None, language: str) -> Opened:
        token = self._sessions.sign_in(person.number, language)
        return Opened(token, "device", self._sessions.known[token], device_token is None)

    async def open_staff(self, login: str, user_agent: str, language: str) -> Opened:
        if login != "alice":
            raise KeyError(login)
        token = self._sessions.sign_in(subject=staff(1))
        return Opened(token, "", self._sessions.known[token], True)


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

    async def find(self, token: str) -> Session | None:
        self.used.append(token)
        return self.known.get(token)

    def find_in(self, connection: object, token: str, now: int) -> Session | None:
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


def still_services(**others: object) -> Any:
    """Only what pages need; a test adds what it looks at."""
    parts = {
        "settings": Settings(),
        "clock": ManualClock(),
        "sessions": StillSessions(),
        "notify": StillNotify(),
        "cipher": FieldCipher(bytes(32)),
    }
    db, work = NoDb(), StillWork()
    shared = {"work": work, "workers": WORKERS, "db": db, "transactions": Transactions(db, work)}
    return SimpleNamespace(**(parts | shared | others))


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
    kept, site = connection.scope["state"], app.state.site
    kept["feiqian.customer"] = await session._find(connection, used=not hasattr(site.services, "work"))
    if hasattr(site.services, "staff"):
        await session.staff_of(connection)
    return mark_of(connection)
