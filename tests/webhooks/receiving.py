"""A merchant's receiver on a port of its own, and a bank with one shop whose clock stands; what each test scripts."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from aiohttp import web
from sqlalchemy import Connection, text

from feiqian import app
from feiqian.clock import microseconds
from feiqian.demo.seeding import First, Plan, seed
from feiqian.events import PaymentDecided, decode_fact
from feiqian.ids import CustomerNumber
from feiqian.ledger.body import decode_body
from feiqian.ledger.recovery import open_journal
from feiqian.outbox.model import Origin
from feiqian.payments.codes import SLOT_SECONDS
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.settings import Settings
from feiqian.testing.clock import ManualClock
from feiqian.webhooks.endpoints import Wanted
from feiqian.webhooks.model import Endpoint, MerchantEvent

T = TypeVar("T")
MEI, ANA = CustomerNumber(1), CustomerNumber(2)
SUCCEEDS, WAITS, TOO_MUCH = 12_50, 2_000_00, 900_000_00  # fen
SECONDS = 20


class Versioned(msgspec.Struct):
    """An object of the API, as it is in one version."""

    id: str
    version: int


@dataclass(frozen=True)
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return str(self.json["type"])

    def signed_by(self, secret: str) -> bool:
        """As a receiver checks it, with nothing of ours."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{right}" in self.headers["webhook-signature"].split(" ")


@dataclass
class Answer:
    """What is answered. `begin`: only so much of the body is sent, and then nothing."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"thanks"


class Receiver:
    """Answers as `script` says next, else 200. With `secret` it refuses what is not signed by it. `hold` is called, in
    a thread, before it answers."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.script: list[Answer] = []
        self.secret = ""
        self.hold: Any = None
        self._arrived = threading.Semaphore(0)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.port = self._call(self._start())
        self.url = f"http://127.0.0.1:{self.port}/hooks"

    async def _start(self) -> int:
        application = web.Application(client_max_size=2**20)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        got = Got(request.path, {k.lower(): v for k, v in request.headers.items()}, await request.read())
        self.got.append(got)
        self._arrived.release()
        if self.hold is not None:
            await asyncio.to_thread(self.hold)
        if self.secret and not got.signed_by(self.secret):
            return web.Response(status=401, body=b"false signature")
        answer = self.script.pop(0) if self.script else Answer()
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)

    def wait(self, count: int = 1) -> None:
        for _ in range(count):
            assert self._arrived.acquire(timeout=SECONDS), "nothing arrived"

    def versions(self) -> list[tuple[int, int]]:
        """Of orders: version and how many it supersedes, in the order of arrival."""
        told = [got.json for got in self.got if got.type.startswith("order.")]
        return [(one["data"]["version"], one.get("superseded", 0)) for one in told]

    @property
    def types(self) -> list[str]:
        """Of what arrived, in its order, without probes."""
        return [got.type for got in self.got if got.type != "webhook.probe"]

    def close(self) -> None:
        self._call(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(SECONDS)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


class HookedBank:
    """`run` is one turn of a server's life: what is given, one after another."""

    def __init__(self, folder: Path, bank_url: str = "", **settings: Any) -> None:
        known = {"webhook_loopback": True} | settings
        self.settings = Settings(data=str(folder), port=0, bank_url=bank_url, **known)
        people = (First("Mei Lin", 50_000_00), First("Ana Ruiz", 50_000_00, language="es"))
        self.clock = ManualClock(microseconds(datetime(2030, 6, 3, 4, tzinfo=UTC)))
        plan = Plan(3, 2, 50_000_00, unverified_per_day=10_000_000, sample_people=True, first=people)
        seed(self.settings, plan, self.clock)
        self._orders, self._positions = 0, 1_000_000
        self.open()

    def open(self) -> None:
        self.bank = app.build(self.settings, clock=self.clock, accept_time=True)
        self.services = self.bank.services
        self.webhooks = self.services.webhooks
        self.services.outbox._chance = lambda: 1.0  # no jitter
        for worker in self.services.outbox._workers.values():
            worker.chance = lambda: 1.0
        self.webhooks.endpoints.types.add("order.paid")
        self.shop, self.other_shop = self.services.merchants.all()

    def crash(self) -> None:
        """Nothing that was in memory is left."""
        self.bank.close()
        self.clock.advance(60)
        self.open()

    def close(self) -> None:
        self.bank.close()

    def run(self, *work: Coroutine[Any, Any, Any]) -> list[Any]:
        async def all_of_it() -> list[Any]:
            try:
                return [await one for one in work]
            finally:
                await self.webhooks.sender.close()

        return asyncio.run(all_of_it())

    # --- what happens ------------------------------------------------------------------------------------------------

    def endpoint(self, url: str, *events: str, merchant: Any = None, **more: Any) -> tuple[Endpoint, str]:
        number = (merchant or self.shop).number
        wanted = Wanted(url, events or ("*",), **more)
        endpoint, secret = self.run(self.webhooks.endpoints.create(number, wanted))[0]
        self.clock.advance(1)
        return endpoint, secret

    async def pay(self, amount: int = SUCCEEDS, customer: CustomerNumber = MEI, merchant: Any = None) -> Any:
        """The answer."""
        self._orders += 1
        self.clock.advance(SLOT_SECONDS)  # another code
        code = self.services.payments.code_for(customer).digits
        request = PaymentRequest(
            payment_code=code, amount=amount, currency="CNY", merchant_order=f"order-{self._orders}", description="Tea"
        )
        return await self.services.payments.pay(merchant or self.shop, request)

    async def refund(self, payment: str, amount: int) -> None:
        [fact] = [fact for fact in self.facts() if isinstance(fact, PaymentDecided) and fact.id == payment]
        request = RefundRequest(amount=amount, merchant_refund=f"back-{amount}")
        decision = self.services.payments._refunder.decide(fact, request)
        await self.services.ledger.durable(decision.position)

    async def happens(self, *versions: int, object: str = "ord_1", type: str = "order.paid") -> None:
        """What an order feature would tell of one order, in its versions."""

        def tell(connection: Connection) -> None:
            for version in versions:
                self._positions += 1
                event = MerchantEvent(type, self.shop.number, object, Versioned(object, version), self.clock.now())
                told = [(event, Origin(self._positions, 0))]
                self.webhooks.telling.tell(connection, told, self.clock.now())

        await self.services.transactions.write(tell)

    async def send(self) -> int:
        """Follows the journal, then sends what is due, once."""
        await self.services.follower.follow()
        return await self.services.outbox.deliver_due()

    def after(self, seconds: float) -> int:
        """Sends what is due then."""
        self.clock.advance(seconds)
        return int(self.run(self.send())[0])

    # --- what came of it ---------------------------------------------------------------------------------------------

    def deliveries(self, endpoint: Endpoint) -> list[Any]:
        """The newest first."""
        [page] = self.run(self.webhooks.log.page(endpoint.merchant, endpoint.id))
        return list(page.items)

    def states(self, endpoint: Endpoint) -> list[tuple[str, str]]:
        """The oldest first."""
        return [(one.type, one.state.value) for one in self.deliveries(endpoint)][::-1]

    def endpoint_now(self, endpoint: Endpoint) -> Endpoint:
        found: Endpoint = self.run(self.webhooks.endpoints.get(endpoint.merchant, endpoint.id))[0]
        return found

    def mails(self) -> list[Any]:
        self.run(self.services.outbox.deliver_due())
        return [one for one in self.run(self.services.notify.inbox(100))[0] if one.kind.startswith("webhook")]

    def rows(self, statement: str) -> list[Any]:
        with self.bank.db.read() as connection:
            return list(connection.execute(text(statement)))

    def facts(self) -> list[Any]:
        journal = open_journal(Path(self.settings.data))
        try:
            return [decode_fact(fact) for row in journal.rows(0) for fact in decode_body(row.body).facts]
        finally:
            journal.close()
