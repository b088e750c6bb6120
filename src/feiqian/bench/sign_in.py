"""Signing in: what it costs, how many a second, and whether payments wait for it; and a page of somebody signed in.

A server of its own over HTTP, everything running. Times are of the requests; waiting for the message is left out.
"""

from __future__ import annotations

import http.client
import json
import re
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

from feiqian.clock import SystemClock
from feiqian.customers.registry import Customers
from feiqian.data_key import data_key_of
from feiqian.db import BankDb
from feiqian.demo.seeding import Plan
from feiqian.ids import CustomerNumber
from feiqian.notify.inbox import Inbox
from feiqian.runtime.work import HEAVY_THREADS as HASHES_AT_ONCE
from feiqian.runtime.work import Work
from feiqian.subjects import customer

from .bank import BenchBank
from .policy import plenty

PASSWORD, PIN = "bench-lantern-49-teapot", "490713"
MESSAGE_SECONDS = 10
COOKIE = "feiqian"
_CAPS = re.compile(r"^(per_(?:number|prefix|country)_\w+ = )\d+$", re.M)  # of messages


class Bank(BenchBank):
    """With customers who have numbers and secrets, a policy without caps of messages, and a look into the inbox."""

    def __enter__(self) -> Self:
        super().__enter__()
        db = BankDb(self.folder)
        cipher = data_key_of(db, self.settings.data_key)
        self._work = Work()
        self._inbox = Inbox(db, cipher, SystemClock(), self._work)
        self._people = Customers(db, cipher)
        return self

    def __exit__(self, *error: object) -> None:
        self._work.close()
        super().__exit__(*error)

    def mobile(self, number: CustomerNumber) -> str:
        profile = self._people.profile(number)
        assert profile is not None, "a town's people have profiles"
        return profile.mobile

    def code(self, number: CustomerNumber) -> str:
        """The code that the customer's phone received."""
        deadline = time.monotonic() + MESSAGE_SECONDS
        while time.monotonic() < deadline:
            for message in self._inbox.read_now(3, customer(number)):
                if message.kind == "code" and (found := re.search(r"\d{6}", message.text)):
                    return found[0]
            time.sleep(0.005)
        raise SystemExit("feiqian bench: a code did not arrive")


class Client:
    """One connection; every call is timed."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.took: list[float] = []

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        began = time.perf_counter()
        self._connection.request(method, path, data, headers)
        answer = self._connection.getresponse()
        whole = answer.read()
        self.took.append((time.perf_counter() - began) * 1000)
        if answer.status != 200:
            raise SystemExit(f"feiqian bench: {method} {path} was answered {answer.status}: {whole[:300]!r}")
        return json.loads(whole) if whole.startswith(b"{") else None

    def close(self) -> None:
        self._connection.close()


def run(sign_ins: int = 40, pages: int = 300, at_once: int = 4) -> dict[str, Any]:
    """Times in milliseconds. A sign-in is four requests: password, sending the code, answering, opening the session."""
    customers = 20 * sign_ins  # few of whom sign in: their limits are low then, and payments that wait are told of
    with _bank(customers) as bank:
        numbers = map(CustomerNumber, range(1, customers + 1))
        client = Client(bank.settings.port)
        token = sign_in(bank, client, next(numbers))[1]  # warm
        alone = [sign_in(bank, client, next(numbers))[0] for _ in range(sign_ins)]
        wallet = _times(client, pages, "/wallet", Cookie=f"{COOKIE}={token}")
        security = _times(client, pages, "/security", Cookie=f"{COOKIE}={token}")
        me = _times(client, pages, "/v1/me", Authorization=f"Bearer {token}")
        payments = _payments(bank)
        paid_alone = [next(payments) for _ in range(pages)]
        per_second, paid_beside = _together(bank, [next(numbers) for _ in range(sign_ins)], at_once, payments)
        client.close()
    whole = [sum(one) for one in alone]
    return {
        "sign_ins": sign_ins,
        "sign_in_p50_ms": statistics.median(whole),
        "sign_in_p99_ms": _p99(whole),
        "password_p50_ms": statistics.median(one[0] for one in alone),
        "at_once": at_once,
        "hashes_at_once": HASHES_AT_ONCE,
        "sign_ins_per_second": per_second,
        "wallet_page_p50_ms": statistics.median(wallet),
        "wallet_page_p99_ms": _p99(wallet),
        "security_page_p50_ms": statistics.median(security),
        "me_p50_ms": statistics.median(me),
        "payment_alone_p50_ms": statistics.median(paid_alone),
        "payment_while_signing_in_p50_ms": statistics.median(paid_beside),
    }


def _bank(customers: int) -> Bank:
    return Bank(customers, 2, plan=town(customers), policy=policy_text())


def town(customers: int) -> Plan:
    """Whose people can sign in."""
    return Plan(customers, 2, balance=10**9, sample_people=True, password=PASSWORD, pin=PIN)


def policy_text() -> str:
    """The policy `cn`, with room for as many messages as there are sign-ins."""
    return _CAPS.sub(r"\g<1>1000000", plenty())


def sign_in(bank: Bank, client: Client, number: CustomerNumber) -> tuple[list[float], str]:
    """The times of its four requests, and the session's token."""
    client.took = []
    challenge = client.call("POST", "/v1/me/sign-ins", {"mobile": bank.mobile(number), "password": PASSWORD})["id"]
    path = f"/v1/me/sign-ins/{challenge}"
    client.call("POST", f"{path}/send", {"factor": "sms"})
    client.call("POST", f"{path}/answers", {"factor": "sms", "answer": bank.code(number)})
    token = str(client.call("POST", f"{path}/finish", {})["token"])
    return client.took, token


def _times(client: Client, count: int, path: str, **headers: str) -> list[float]:
    client.took = []
    for _ in range(count):
        client.call("GET", path, **headers)
        time.sleep(0.05 if path.startswith("/v1") else 0)  # not faster than one customer may ask
    return client.took


def _payments(bank: Bank) -> Iterator[float]:
    """Pays, one payment after the other, and gives what each took."""
    client = Client(bank.settings.port)
    while True:
        for key, body in bank.payments(bank.customers):
            client.call("POST", "/v1/payments", json.loads(body), Authorization=f"Bearer {key}")
            yield client.took[-1]


def _together(
    bank: Bank, numbers: list[CustomerNumber], at_once: int, payments: Iterator[float]
) -> tuple[float, list[float]]:
    """Sign-ins a second with so many at once, and what payments took meanwhile."""

    def one(number: CustomerNumber) -> None:
        client = Client(bank.settings.port)
        sign_in(bank, client, number)
        client.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as threads:
        signing = [threads.submit(one, number) for number in numbers]
        beside = list(_until(lambda: all(future.done() for future in signing), payments))
        took = time.perf_counter() - began
        for future in signing:
            future.result()
    return len(numbers) / took, beside


def _until(done: Callable[[], bool], payments: Iterator[float]) -> Iterator[float]:
    while not done():
        yield next(payments)


def _p99(times: list[float]) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.99))]
