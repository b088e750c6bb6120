"""A seeded bank behind `feiqian serve`, a process of its own that can be killed, and tills that pay at it over HTTP."""

from __future__ import annotations

import copy
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from feiqian.demo.seeding import Plan, SeededMerchant, seed
from feiqian.payments.code_keys import KeyFile
from feiqian.payments.codes import CodeIssuer
from feiqian.settings import Settings
from feiqian.testing.clock import zone_at_noon
from feiqian.web.server.listen import bind, port_of

WAIT_SECONDS = 240  # a machine may have other things to do; nothing is judged by time
CUSTOMERS, MERCHANTS, BALANCE = 3_000, 3, 500_00


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


class ServedBank:
    """The bank in one folder. `start` and `kill` as often as wanted; the port stays the same."""

    def __init__(self, folder: Path, customers: int = CUSTOMERS, plan: Plan | None = None, **settings: Any) -> None:
        self._hold_a_port()
        unthrottled = 1_000_000
        settings.setdefault("zone", zone_at_noon())
        self.settings = Settings(
            data=str(folder),
            port=self.port,
            hashing="light",
            polls_per_second=unthrottled,
            polls_burst=unthrottled,
            checkpoint_every=50,
            **settings,
        )
        self.merchants: list[SeededMerchant] = seed(self.settings, plan or Plan(customers, MERCHANTS, BALANCE))
        self.codes = CodeIssuer(KeyFile(self.settings.file("code-keys.json")).open())
        self.log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    def code(self, customer: int) -> str:
        """On the customer's phone now: of the one device that a seed gives to each, with the same number."""
        return self.codes.issue(customer, int(time.time())).digits

    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.settings.environment()}

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen([sys.executable, "-m", "feiqian", *arguments], env=self.environment(), stderr=log)

    def refused(self, *arguments: str, **environment: str) -> str:
        """What a command that ends by itself, and fails, says."""
        done = subprocess.run(
            [sys.executable, "-m", "feiqian", *arguments],
            env={**self.environment(), **environment},
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
        )
        assert done.returncode == 1, done.stderr
        return done.stderr

    def pay(self, number: int) -> dict[str, Any]:
        """Customer `number` pays 12.50 to the first merchant; the order has the same number."""
        code = self.codes.issue(number, int(time.time())).digits
        order = {"payment_code": code, "amount": 1250, "currency": "CNY", "merchant_order": f"order-{number}"}
        body = json.dumps(order).encode()
        status, answer = self.request(self.connect(), "POST", "/v1/payments", self.merchants[0], body)
        return {"http": status, **json.loads(answer)}

    def start(self, *arguments: str) -> None:
        """Returns when the server answers."""
        self._process = self.command("serve", *arguments)
        until = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                self.ask("/healthz")
                return
            except OSError:
                running = self._process.poll() is None and time.monotonic() < until
                assert running, f"the server did not start:\n{self.log.read_text()[-4000:]}"
                time.sleep(0.02)

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Ends the server process (its children notice by themselves). Returns its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(WAIT_SECONDS)
        self._process = None
        return code

    def wait(self) -> int:
        """Waits until the server has ended by itself. Returns its exit code."""
        assert self._process is not None
        code = self._process.wait(WAIT_SECONDS)
        self._process = None
        return code

    def copy(self, folder: Path) -> ServedBank:
        """Another server with this one's settings, merchants and keys in `folder`, on a port of its own."""
        if not folder.exists() or folder != Path(self.settings.data):
            shutil.copytree(self.settings.data, folder, dirs_exist_ok=True)
        other = copy.copy(self)
        other._process = None
        other._hold_a_port()
        other.settings = msgspec.structs.replace(self.settings, data=str(folder), port=other.port)
        other.log = folder / "server.log"
        return other

    def close(self) -> None:
        if self._process is not None:
            self.kill()
        for held in self._held:
            held.close()

    def _hold_a_port(self) -> None:
        """Bound here until `close`, so that no other test's server is given it while this bank's does not run."""
        self._held = bind("127.0.0.1", 0)
        self.port = port_of(self._held[0])

    def ask(self, path: str, merchant: SeededMerchant | None = None) -> Any:
        status, body = self.request(self.connect(), "GET", path, merchant)
        assert status == 200, f"GET {path}: {status} {body!r}"
        return json.loads(body)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)

    def request(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        merchant: SeededMerchant | None,
        body: bytes | None = None,
    ) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {merchant.key}"} if merchant else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def payments(self, merchant: SeededMerchant) -> list[dict[str, Any]]:
        """All of a merchant's payments, page by page."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.ask(f"/v1/payments?limit=100{cursor}", merchant)
            found += page["data"]
            if page["next"] is None:
                return found
            cursor = f"&cursor={page['next']}"


@dataclass
class Attempt:
    """One order as a till sent it, and the answer if one came."""

    merchant: SeededMerchant
    customer: int
    body: bytes
    answer: bytes | None = None

    @property
    def said(self) -> dict[str, Any]:
        assert self.answer is not None
        return json.loads(self.answer)


@dataclass
class Tills:
    """Threads that pay until the connection breaks. Every attempt is written down before it is sent."""

    bank: ServedBank
    name: str
    dice: random.Random
    attempts: dict[str, Attempt] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._answered = threading.Condition()
        self._count = 0
        self._threads = [
            threading.Thread(target=self._work, args=(number, random.Random(self.dice.random())), daemon=True)
            for number in range(4)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait_for(self, answers: int) -> None:
        """Returns when so many answers have come."""
        with self._answered:
            came = self._answered.wait_for(lambda: self._count >= answers, WAIT_SECONDS)
        assert came, f"{self._count} answers came, {answers} were waited for"

    def join(self) -> None:
        for thread in self._threads:
            thread.join(WAIT_SECONDS)
            assert not thread.is_alive()

    def _work(self, number: int, dice: random.Random) -> None:
        connection = self.bank.connect()
        for n in range(1_000_000):
            order = f"{self.name}-{number}-{n}"
            attempt = self.attempts[order] = self._attempt(order, dice)
            try:
                status, answer = self.bank.request(connection, "POST", "/v1/payments", attempt.merchant, attempt.body)
            except (OSError, http.client.HTTPException):
                return  # killed: whether this one happened, nobody knows
            if status != 200:
                assert status == 503, answer
                return
            attempt.answer = answer
            with self._answered:
                self._count += 1
                self._answered.notify_all()

    def _attempt(self, order: str, dice: random.Random) -> Attempt:
        """Mostly payments that succeed; some above the balance, some above the verification-free limit."""
        merchant, customer = dice.choice(self.bank.merchants), dice.randrange(1, CUSTOMERS + 1)
        amount = dice.choices([dice.randrange(1, 20_00), BALANCE + 1, 1_000_01], [90, 5, 5])[0]
        code = self.bank.code(customer)
        body = {"payment_code": code, "amount": amount, "currency": "CNY", "merchant_order": order}
        return Attempt(merchant, customer, json.dumps(body).encode())
