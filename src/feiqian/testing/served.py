"""A real bank behind a real server on a port of its own, in threads of the test's process; the projector beside it."""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvloop

from feiqian import app
from feiqian.clock import MICROSECONDS, Clock
from feiqian.demo.seeding import Plan, SeededMerchant, seed
from feiqian.features import read_models
from feiqian.ids import CustomerNumber
from feiqian.ledger.recovery import open_journal
from feiqian.money import CNY, MinorUnits
from feiqian.payments.code_keys import KeyFile, KeyRing
from feiqian.payments.codes import SLOT_SECONDS, CodeIssuer
from feiqian.payments.permutation import SECRET_BYTES
from feiqian.projections.process import run_projector
from feiqian.runtime.network import Proxies
from feiqian.runtime.shares import Admission
from feiqian.services import Services
from feiqian.settings import Settings
from feiqian.testing.clock import zone_at_noon
from feiqian.web.application import Pages, bank_pages
from feiqian.web.server.metrics import CONNECTIONS, IN_FLIGHT, MetricsApp
from feiqian.web.server.server import Gate, Server
from feiqian.web.v1.description import description

BALANCE = 500_00
PATIENCE_SECONDS = 60  # nothing is judged by time: a machine may have other things to do
T = TypeVar("T")


class Served:
    """`merchants` have keys; customers 1 to 200 have 500.00 yuan each. `pages`: those of the bank are served, too, or
    those that it makes. `clock`: by which it decides; without one by the machine's, in a zone in which it is noon."""

    def __init__(
        self,
        folder: Path,
        *,
        pages: bool | Callable[[Services], Pages] = False,
        clock: Clock | None = None,
        **settings: Any,
    ) -> None:
        self._with_pages, self._clock = pages, clock
        settings.setdefault("hashing", "strong" if settings.get("mode") == "live" else "light")
        if clock is None:
            settings.setdefault("zone", zone_at_noon())
        self.settings = Settings(data=str(folder), port=0, **settings)
        self.keys = {version: secrets.token_bytes(SECRET_BYTES) for version in range(10)}
        KeyFile(self.settings.code_keys).save(KeyRing(0, self.keys))
        self.merchants: list[SeededMerchant] = seed(self.settings, Plan(200, 3, balance=BALANCE), clock)
        self._customers = iter(range(1, 201))
        self.start()

    def start(self) -> None:
        self._up, self._stop = threading.Event(), threading.Event()
        self._server_thread = threading.Thread(target=self._serve)
        self._projector_thread = threading.Thread(target=self._project)
        self._server_thread.start()
        while not self._up.wait(1):  # however busy the machine is
            assert self._server_thread.is_alive(), "the server ended before it was up"
        self._projector_thread.start()
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.metrics_url = f"http://127.0.0.1:{self.metrics_server.port}"

    def stop(self) -> None:
        self.server.should_exit = True
        self._stop.set()
        self._server_thread.join(PATIENCE_SECONDS)
        self._projector_thread.join(PATIENCE_SECONDS)

    def _serve(self) -> None:
        self.bank = app.build(self.settings, clock=self._clock)
        self.admission = Admission(self.settings.in_flight_limit)
        self.gate = Gate(self.admission, self.settings.connection_limit, Proxies(self.settings.trusted_proxies))
        make = self._with_pages if callable(self._with_pages) else bank_pages
        pages: Any = make(self.bank.services) if self._with_pages else None
        application = app.create_app(self.bank.services, self.admission, pages)
        self.server = Server(application, self.gate, "127.0.0.1", 0, at_once=application.at_once)
        metrics_gate = Gate(Admission(IN_FLIGHT), CONNECTIONS)
        self.metrics_server = Server(MetricsApp(self.bank.services.metrics), metrics_gate, "127.0.0.1", 0, "metrics")

        async def serve() -> None:
            self.loop = asyncio.get_running_loop()
            services = self.bank.services
            runs = services.outbox.run(), services.follower.run(), services.payments.run(), services.merchants.run()
            beside = [asyncio.create_task(task) for task in runs]
            serving = asyncio.create_task(self.server.serve())
            measuring = asyncio.create_task(self.metrics_server.serve())
            while not (self.server.started and self.metrics_server.started):
                await asyncio.sleep(0.01)
            self._up.set()
            await serving
            self.metrics_server.should_exit = True
            await measuring
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

        uvloop.run(serve())
        self.bank.close()

    def _project(self) -> None:
        journal = open_journal(Path(self.settings.data))
        run_projector(journal, self.settings.read_location, read_models(), self._stop)
        journal.close()

    def inside(self, function: Callable[[], T]) -> T:
        """Calls a function in the server's loop, as everything that touches the ledger must be."""

        async def call() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(PATIENCE_SECONDS)

    def until(self, true: Callable[[], bool]) -> None:
        """Look in the server's loop, turn by turn, until something is so."""
        for _ in range(100_000):
            if self.inside(true):
                return
        raise AssertionError("it never came to be so")

    def wait_for(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine in the server's loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(PATIENCE_SECONDS)

    @property
    def position(self) -> int:
        return self.inside(lambda: self.bank.services.ledger.position)

    def customer(self) -> CustomerNumber:
        """A customer that no other test uses."""
        return CustomerNumber(next(self._customers))

    def rich_customer(self, amount: int) -> CustomerNumber:
        """Another one, with so many fen more."""
        customer = self.customer()
        self.wait_for(self.bank.services.accounts.adjust(customer, CNY.number, MinorUnits(amount), f"rich-{customer}"))
        return customer

    def codes(self, customer: CustomerNumber, count: int = 1) -> list[str]:
        """Fresh codes of a customer, at most 40; they hold for at least 20 s."""
        now = self.bank.services.clock.now() // MICROSECONDS
        issuers = [CodeIssuer(KeyRing(version, self.keys)) for version in range(10)]
        device = self.bank.services.customers.issuing.device_of(customer)
        moments = [now - back * SLOT_SECONDS for back in range(-1, 3)]
        return [issuer.issue(device, at).digits for at in moments for issuer in issuers][:count]

    def order(self, customer: CustomerNumber | None = None, **fields: Any) -> dict[str, Any]:
        """A request for a payment, with an order number of its own."""
        code = self.codes(self.customer() if customer is None else customer)[0]
        body = {"payment_code": code, "amount": 1250, "currency": "CNY", "merchant_order": secrets.token_hex(8)}
        return body | fields

    def client(self, merchant: int = 0) -> httpx.Client:
        """As this merchant; every answer is held against what the API's description says."""
        headers = {"authorization": f"Bearer {self.merchants[merchant].key}"}
        return httpx.Client(
            base_url=self.url, headers=headers, event_hooks={"response": [is_documented]}, timeout=PATIENCE_SECONDS
        )


def is_documented(response: httpx.Response) -> None:
    """The status is one that the operation's description names, and errors are problems."""
    method, path = response.request.method, response.request.url.path
    for operation in description().operations:
        shape = re.escape(operation.path).replace(re.escape("{id}"), "[^/]+")
        if operation.method == method and re.fullmatch(shape, path):
            documented = {200} | {kind.status for kind in operation.problems}
            told = f"{operation.name} answers {response.status_code}, undocumented"
            assert response.status_code in documented, told
            if response.status_code != 200:
                assert response.headers["content-type"] == "application/problem+json"
