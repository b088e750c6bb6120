"""Web Push against a server of one's own that opens what arrives as a browser would; and never into our own network."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from notifying import outgoing
from py_vapid import Vapid
from subscribing import Subscribed

from feiqian.notify.addresses import is_public
from feiqian.notify.errors import AddressGone, SendingFailed, SendingRefused
from feiqian.notify.model import Channel, Outgoing
from feiqian.notify.push import Push
from feiqian.notify.push_key import PushKeyInvalid, open_push_key
from feiqian.testing.clock import ManualClock

CONTACT = "mailto:pay@bank.example"


@dataclass
class Browser(Subscribed):
    """A subscription with its private key, and the push service that it is subscribed at."""

    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[Any] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    def subscription(self, endpoint: str = "") -> str:
        return super().subscription(endpoint or f"http://127.0.0.1:{self.port}/push/mei")

    def opened(self) -> list[Any]:
        return [self.open(body) for body in self.bodies]

    async def take(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        self.bodies.append(await request.read())
        return web.Response(status=self.status, headers=self.headers)


def pushed(
    browser: Browser,
    tmp_path: Path,
    *,
    private: bool = True,
    address: Callable[[], str] | None = None,
    wanted: bool = True,
) -> None:
    """Sends one message to the browser's push service."""

    async def is_wanted(outgoing: Outgoing) -> bool:
        return wanted

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/push/mei", browser.take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        browser.port = runner.addresses[0][1]
        key = open_push_key(tmp_path / "push-key.pem")
        adapter = Push(key, CONTACT, ManualClock(), private=private, wanted=is_wanted)
        to = (address or browser.subscription)()
        try:
            await adapter.send(message(to))
        finally:
            await adapter.close()
            await runner.cleanup()

    asyncio.run(run())


def message(address: str) -> Any:
    words = {"subject": "有一笔付款等待您确认", "kind": "payment_waiting", "channel": Channel.PUSH}
    return outgoing("街角小店请求付款¥12.00。" * 9, address, path="/confirm/pay_1", **words)


def test_only_the_browser_can_open_what_is_pushed(tmp_path: Path) -> None:
    browser = Browser()
    pushed(browser, tmp_path)
    [opened] = browser.opened()
    assert opened == {
        "title": "有一笔付款等待您确认",
        "body": "街角小店请求付款¥12.00。" * 9,
        "language": "en",
        "path": "/confirm/pay_1",
        "tag": "/confirm/pay_1",
    }
    assert "付款".encode() not in browser.bodies[0]


def test_the_request_is_signed_and_says_how_long_and_how_urgent(tmp_path: Path) -> None:
    browser = Browser()
    pushed(browser, tmp_path)
    [request] = browser.requests
    assert (request.headers["TTL"], request.headers["Urgency"]) == ("300", "high")
    assert request.headers["Content-Encoding"] == "aes128gcm"
    signed = request.headers["Authorization"]
    assert Vapid.verify(signed)
    claims = json.loads(base64.urlsafe_b64decode(signed.split("t=")[1].split(".")[1] + "=="))
    assert claims == {"aud": f"http://127.0.0.1:{browser.port}", "sub": CONTACT, "exp": 1_800_000_000 + 12 * 3600}


def test_the_public_key_is_the_one_that_signs(tmp_path: Path) -> None:
    browser = Browser()
    pushed(browser, tmp_path)
    key = Push(open_push_key(tmp_path / "push-key.pem"), CONTACT, ManualClock()).public_key
    assert browser.requests[0].headers["Authorization"].endswith(f"k={key}")
    assert len(base64.urlsafe_b64decode(key + "=")) == 65


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, AddressGone), (410, AddressGone), (400, SendingRefused), (413, SendingRefused), (403, SendingRefused)],
)
def test_what_a_push_service_refuses_for_good(tmp_path: Path, status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"HTTP {status}"):
        pushed(Browser(status=status), tmp_path)


@pytest.mark.parametrize(("status", "wish", "seconds"), [(429, "17", 17), (503, "", 0), (500, "Wed, 21 Oct", 0)])
def test_what_a_push_service_may_take_later(tmp_path: Path, status: int, wish: str, seconds: int) -> None:
    with pytest.raises(SendingFailed) as raised:
        pushed(Browser(status=status, headers={"Retry-After": wish} if wish else {}), tmp_path)
    assert not isinstance(raised.value, SendingRefused)
    assert raised.value.after_seconds == seconds


def test_what_its_browser_asks_for_no_more_is_not_sent(tmp_path: Path) -> None:
    browser = Browser()
    with pytest.raises(AddressGone, match="signed out"):
        pushed(browser, tmp_path, wanted=False)
    assert browser.requests == []


def test_a_redirection_is_not_followed(tmp_path: Path) -> None:
    browser = Browser(status=307, headers={"Location": "/push/mei"})
    with pytest.raises(SendingRefused, match="HTTP 307"):
        pushed(browser, tmp_path)
    assert len(browser.requests) == 1


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/x",
        "https://push.example:8443/x",
        "https://user@push.example/x",
        "ftp://push.example/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_only_https_services_are_pushed_to(tmp_path: Path, endpoint: str) -> None:
    browser = Browser()
    with pytest.raises(SendingRefused, match="not a subscription"):
        pushed(
            browser,
            tmp_path,
            private=False,
            address=lambda: json.dumps({**json.loads(browser.subscription("x")), "endpoint": endpoint}),
        )


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "localhost", "169.254.169.254", "10.0.0.1", "[::ffff:10.0.0.1]", "0.0.0.0"]
)
def test_nothing_is_pushed_into_our_own_network(tmp_path: Path, host: str) -> None:
    browser = Browser()
    with pytest.raises(SendingRefused, match=r"not a (public address|subscription)"):
        pushed(browser, tmp_path, private=False, address=lambda: browser.subscription(f"https://{host}/push/mei"))
    assert browser.requests == []


@pytest.mark.parametrize(
    "address", ["", "{}", "[]", "nonsense", '{"endpoint": 5}', '{"endpoint":"https://a","keys":{}}']
)
def test_what_is_no_subscription_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(SendingRefused, match="not a subscription"):
        pushed(Browser(), tmp_path, address=lambda: address)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:1.1.1.1", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:1::1", False),
        ("fec0::1", False),
        ("::127.0.0.1", False),
        ("4000::1", False),
        ("not an address", False),
    ],
)
def test_an_address_is_public_or_not(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "push-key.pem"
    before = os.umask(0)
    try:
        first = open_push_key(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_push_key(path).private_pem() == first.private_pem()


@pytest.mark.parametrize("content", [b"", b"nonsense"])
def test_a_key_file_that_is_damaged_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "push-key.pem"
    path.write_bytes(content)
    with pytest.raises(PushKeyInvalid):
        open_push_key(path)
    assert path.read_bytes() == content


def test_a_key_of_another_curve_is_refused(tmp_path: Path) -> None:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "k.pem").write_bytes(ec.generate_private_key(ec.SECP384R1()).private_bytes(*form))
    with pytest.raises(PushKeyInvalid, match="P-256"):
        open_push_key(tmp_path / "k.pem")
