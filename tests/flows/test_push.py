"""A payment that waits reaches a phone on which no page of the bank is open: from the till to what its browser opens.

The push service is this test's own, at an address that only a bank in test mode may be told to push to.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from py_vapid import Vapid
from sqlalchemy import Connection
from subscribing import Subscribed

from feiqian.auth.pushes import mark_of
from feiqian.customers.profiles import NewProfile
from feiqian.money import CNY, Money, format_plain
from feiqian.subjects import customer
from feiqian.testing.people import Person
from feiqian.testing.served import Served

ABOVE = 1_200_00  # waits for its customer
CONTACT = "mailto:pay@bank.example"
SECONDS = 20


@dataclass
class PushService:
    """Takes what is pushed; answers as the test says."""

    status: int = 201
    paths: list[str] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(service.status)
                self.end_headers()
                service.paths.append(self.path)
                service.heads.append(dict(self.headers))
                service.bodies.append(body)
                service.arrived.release()

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def wait(self) -> None:
        assert self.arrived.acquire(timeout=SECONDS), "nothing was pushed"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def push() -> Iterator[PushService]:
    service = PushService()
    yield service
    service.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("bank")
    bank = Served(folder, pages=True, push_contact=CONTACT, push_private=True)
    yield bank
    bank.stop()


class Phone:
    """A customer's browser: its pages, and where it is pushed to."""

    def __init__(self, served: Served, origin: str, language: str = "en") -> None:
        self.served = served
        self.number = served.rich_customer(2 * ABOVE)
        self.browser = Subscribed(f"{origin}/push/{self.number}")
        new = NewProfile(self.number, f"+861390000{self.number:04d}", "", language)
        self._write(served.bank.services.customers.profiles.add, [new])
        self.pages = httpx.Client(base_url=served.url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=30)
        self.sign_in()

    def _write(self, method: Any, *args: Any) -> Any:
        return self.served.wait_for(self.served.bank.services.transactions.write(method, *args))

    def sign_in(self) -> None:
        person = Person(self.served, self.number)
        person.number = self.number
        person.open_session()
        token = person.api.headers["authorization"].removeprefix("Bearer ")
        person.api.close()
        found = self.served.wait_for(self.served.bank.services.sessions.find(token))
        assert found is not None
        self.session = found
        self.pages.cookies.set("feiqian", token)

    def wallet(self) -> str:
        answer = self.pages.get("/me/notices", headers={"Accept": "text/html"})
        assert answer.status_code == 200
        return answer.text

    def mark(self) -> dict[str, str]:
        found = re.search(r'<meta name="page-for" content="([^"]*)">', self.wallet())
        assert found is not None
        return {"Page-For": found[1]}

    def post(self, path: str, **form: str) -> httpx.Response:
        return self.pages.post(path, data=form, headers=self.mark())

    def switch_on(self) -> None:
        assert self.post("/push/on", subscription=self.browser.subscription()).json() == {"push": "on"}

    def close(self) -> None:
        """The session is over by its time, and no page is open."""
        self.pages.close()

    def told(self) -> list[str]:
        services = self.served.bank.services
        contacts = self._write(services.customers.contacts, customer(self.number))
        return [json.loads(address)["endpoint"] for address in contacts.push]

    def is_asked_for(self, payment: str) -> None:
        """As the outbox tells of a payment that waits."""
        services = self.served.bank.services
        values = {"payee": "Corner Shop", "amount": format_plain(Money(ABOVE, CNY)), "payment": payment}  # type: ignore[arg-type]
        self._write(services.notices.tell, self.number, "payment_waiting", services.clock.now(), values)


@pytest.fixture
def phone(served: Served, push: PushService) -> Iterator[Phone]:
    phone = Phone(served, push.origin)
    yield phone
    phone.close()


def take(served: Served, phone: Phone) -> str:
    with served.client() as shop:
        payment = shop.post("/v1/payments", json=served.order(phone.number, amount=ABOVE)).json()
    assert payment["status"] == "needs_verification"
    return str(payment["id"])


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "A payment waits for you"), ("zh", "有一笔付款等待您确认"), ("es", "Un pago le espera")],
)
def test_a_payment_that_waits_reaches_a_closed_phone(
    served: Served, push: PushService, language: str, title: str
) -> None:
    phone = Phone(served, push.origin, language)
    key = re.search(r'id="push"[^>]* data-key="([^"]+)" data-mark=""', phone.wallet())
    assert key is not None
    phone.switch_on()
    phone.close()
    payment = take(served, phone)
    push.wait()
    said, [head, *_] = phone.browser.open(push.bodies[0]), push.heads
    assert said["title"] == title
    assert "1,200.00" in said["body"] or "1.200,00" in said["body"]
    assert (said["path"], said["tag"], said["language"]) == (f"/confirm/{payment}", f"/confirm/{payment}", language)
    assert (head["Content-Encoding"], head["Urgency"]) == ("aes128gcm", "high")
    signed = head["Authorization"]
    assert Vapid.verify(signed)
    assert signed.endswith(f"k={key[1]}")  # what the browser subscribed with
    claims = json.loads(base64.urlsafe_b64decode(signed.split("t=")[1].split(".")[1] + "=="))
    assert (claims["aud"], claims["sub"]) == (push.origin, CONTACT)


def test_whoever_opens_it_signs_in_and_is_led_on(served: Served, push: PushService, phone: Phone) -> None:
    payment = take(served, phone)
    with httpx.Client(base_url=served.url, timeout=60) as signed_out:
        led = signed_out.get(f"/confirm/{payment}", headers={"Accept": "text/html"})
    assert (led.status_code, led.headers["location"]) == (303, f"/sign-in?next=/confirm/{payment}")


def test_what_is_queued_is_not_pushed_once_the_phone_is_signed_out(
    served: Served, push: PushService, phone: Phone
) -> None:
    other, services = Phone(served, push.origin), served.bank.services
    other.switch_on()
    phone.switch_on()

    def told_and_signed_out(connection: Connection) -> None:
        values = {"payee": "Corner Shop", "amount": "¥1.00"}
        services.notices.tell(connection, phone.number, "payment_waiting", services.clock.now(), values)
        services.sessions.close(connection, phone.session.id, phone.session.subject)

    served.wait_for(services.transactions.write(told_and_signed_out))
    other.is_asked_for("pay_1")
    push.wait()
    assert [path for path in push.paths if path == f"/push/{phone.number}"] == []
    assert phone.told() == []


def test_a_browser_that_is_gone_is_forgotten(served: Served, push: PushService, phone: Phone) -> None:
    phone.switch_on()
    push.status = 410
    phone.is_asked_for("pay_1")
    push.wait()
    for _ in range(1_000):
        if phone.told() == []:
            return
    raise AssertionError("it is kept still")


def test_the_switch_as_pages_use_it(push: PushService, phone: Phone) -> None:
    assert 'data-mark=""' in phone.wallet()
    phone.switch_on()
    phone.switch_on()  # twice is once
    assert f'data-mark="{mark_of(phone.browser.endpoint)}"' in phone.wallet()
    assert phone.browser.endpoint not in phone.wallet()
    assert phone.post("/push/off").json() == {"push": "off"}
    assert 'data-mark=""' in phone.wallet()
    assert phone.told() == []


def test_only_a_page_of_the_customers_own_switches_it(push: PushService, phone: Phone) -> None:
    form = {"subscription": phone.browser.subscription()}
    for path in ("/push/on", "/push/off"):
        assert phone.pages.post(path, data=form).status_code == 409  # no page that shows the customer
        foreign = {**phone.mark(), "Sec-Fetch-Site": "cross-site"}
        assert phone.pages.post(path, data=form, headers=foreign).status_code == 403
    assert phone.told() == []
    mark = phone.mark()
    phone.pages.cookies.clear()
    assert phone.pages.post("/push/on", data=form, headers=mark).status_code == 401


@pytest.mark.parametrize("subscription", ["", "nonsense", "{}", "x" * 3_000, '{"endpoint":"ftp://a.example"}'])
def test_what_is_no_subscription_is_refused(push: PushService, phone: Phone, subscription: str) -> None:
    assert phone.post("/push/on", subscription=subscription).status_code == 422
    assert phone.told() == []


def test_a_browser_moves_its_address_by_itself(served: Served, push: PushService, phone: Phone) -> None:
    phone.switch_on()
    moved = Subscribed(f"{push.origin}/push/moved-{phone.number}")
    form = {"old": phone.browser.endpoint, "subscription": moved.subscription()}
    phone.pages.cookies.clear()  # a worker runs long after the session is over
    assert phone.pages.post("/push/renew", data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert phone.pages.post("/push/renew", data=form).json() == {"push": "on"}
    assert phone.told() == [moved.endpoint]
    assert phone.pages.post("/push/renew", data=form).status_code == 422  # it is at that address no more
    assert phone.pages.post("/push/renew", data={**form, "subscription": "{}"}).status_code == 422


def test_the_worker_is_of_the_whole_site_and_never_old(served: Served) -> None:
    answer = httpx.get(f"{served.url}/service-worker.js", timeout=60)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'" in policy
    assert "connect-src 'self'" in policy


def test_a_bank_that_pushes_nothing_has_no_switch(tmp_path: Path) -> None:
    bank = Served(tmp_path / "bank", pages=True)
    try:
        phone = Phone(bank, "https://push.example")
        assert 'id="push"' not in phone.wallet()
        assert phone.post("/push/on", subscription=phone.browser.subscription()).status_code == 404
        phone.close()
    finally:
        bank.stop()
