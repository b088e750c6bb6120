"""The attacks. Each runs until cancelled, with workers that begin again at once, and counts what it sent."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image

from .wire import Answer, ask, connection, head

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
BREATH_SECONDS = 0.01  # between two tries of one worker, so that the clients' own loop is not what is measured
HOLD_SECONDS = 5.0
MARK = re.compile(rb'<meta name="page-for" content="([^"]*)">')


@dataclass
class Target:
    """Where an attack goes, and what the attacker has: an account, a shop's key, a place beside the data folder."""

    port: int
    key: str
    token: str
    environment: dict[str, str]
    sent: Counter[str] = field(default_factory=Counter)
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    @property
    def shop(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}", **JSON}

    @property
    def cookie(self) -> dict[str, str]:
        return {"Cookie": f"feiqian={self.token}", "Sec-Fetch-Site": "same-origin"}

    async def mark(self) -> str:
        """Of a page of the attacker's own: what is asked without it is refused at once, and no attack."""
        page = await ask(self.port, "GET", "/wallet", headers={**self.cookie, "Accept": "text/html"})
        found = MARK.search(page.body)
        return found[1].decode() if found else ""

    def count(self, answer: Answer) -> None:
        self.sent[str(answer.status or "no answer")] += 1


Attack = Callable[[Target], Awaitable[None]]


async def _workers(count: int, work: Callable[[], Awaitable[None]]) -> None:
    async def again() -> None:
        while True:
            with suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
                await work()
            await asyncio.sleep(BREATH_SECONDS)

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(again())


async def huge_bodies(target: Target) -> None:
    """Bodies of a megabyte for a payment and for a form with many fields."""
    body, form = b'{"payment_code":"' + b"9" * 1_000_000 + b'"}', b"&".join(b"f%d=x" % n for n in range(100_000))

    async def send() -> None:
        target.count(await ask(target.port, "POST", "/v1/payments", body, target.shop))
        target.count(await ask(target.port, "POST", "/sign-in", form, FORM))

    await _workers(10, send)


async def costly_pictures(target: Target) -> None:
    """Small files that are large pictures, as a signed-in customer's document."""
    file = BytesIO()
    Image.new("L", (7_000, 7_000)).save(file, "PNG")
    name = b'Content-Disposition: form-data; name="front"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    body = b"--x\r\n" + name + file.getvalue() + b"\r\n--x--\r\n"
    headers = target.cookie | {"Content-Type": "multipart/form-data; boundary=x"}
    path = f"/identity?page_for={await target.mark()}"

    async def send() -> None:
        target.count(await ask(target.port, "POST", path, body, headers))

    await _workers(8, send)


async def bodies_not_sent(target: Target) -> None:
    """Payments announced by one key whose bodies never come, and refunds of payments that there are not."""

    async def announce() -> None:
        async with connection(target.port) as (reader, writer):
            writer.write(head("POST", "/v1/payments", 200, target.shop))
            target.sent["announced"] += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(HOLD_SECONDS):
                    await reader.read(1)

    async def refund() -> None:
        body = json.dumps({"merchant_refund": "r1", "amount": 1}).encode()
        path = f"/v1/payments/pay_{target.dice.getrandbits(128):032x}/refunds"
        target.count(await ask(target.port, "POST", path, body, target.shop))

    await asyncio.gather(_workers(300, announce), _workers(10, refund))


async def many_streams(target: Target) -> None:
    """One customer's page, open in many windows."""
    mark = await target.mark()

    async def watch() -> None:
        async with connection(target.port) as (reader, writer):
            writer.write(head("GET", f"/wallet/events?page_for={mark}", 0, target.cookie))
            target.sent["streams"] += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(HOLD_SECONDS):
                    while await reader.read(65_536):
                        pass

    await _workers(100, watch)


async def guesses(target: Target) -> None:
    """Registrations of invented numbers, wrong codes at one till, wrong passwords; 40 connections."""

    async def register() -> None:
        body = json.dumps({"mobile": f"+86139{target.dice.randrange(10**8):08d}"}).encode()
        target.count(await ask(target.port, "POST", "/v1/me/registrations", body, JSON))

    async def pay() -> None:
        code = f"{target.dice.randrange(10**20):020d}"
        order = f"guess-{target.dice.getrandbits(64)}"
        wanted = {"payment_code": code, "amount": 100, "currency": "CNY", "merchant_order": order}
        target.count(await ask(target.port, "POST", "/v1/payments", json.dumps(wanted).encode(), target.shop))

    async def sign_in() -> None:
        body = json.dumps({"mobile": f"+86138{target.dice.randrange(10**8):08d}", "password": "wrong"}).encode()
        target.count(await ask(target.port, "POST", "/v1/me/sign-ins", body, JSON))

    await asyncio.gather(_workers(10, register), _workers(10, pay), _workers(20, sign_in))


async def passkey_options(target: Target) -> None:
    """Passkey sign-ins that are begun and never finished."""

    async def begin() -> None:
        target.count(await ask(target.port, "POST", "/v1/me/passkey-sign-ins", b"{}", JSON))
        target.count(await ask(target.port, "POST", "/sign-in/passkey/options", b"", FORM))

    await _workers(20, begin)


async def second_server(target: Target) -> None:
    """Somebody starts a second server on the same data folder, again and again."""
    while True:
        command = [sys.executable, "-m", "feiqian", "serve", "--port", "0"]
        quiet = asyncio.subprocess.DEVNULL
        environment = target.environment
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=quiet, stderr=quiet)
        target.sent["started"] += 1
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(HOLD_SECONDS):
                    await process.wait()
            target.sent["refused" if process.returncode else "served"] += 1
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        await asyncio.sleep(1)


async def idle_connections(target: Target) -> None:
    """1,100 connections that say nothing, and 24 pages that are asked for and not read."""

    async def idle() -> None:
        async with connection(target.port) as (reader, _):
            target.sent["idle"] += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(HOLD_SECONDS):
                    await reader.read(1)

    async def unread() -> None:
        async with connection(target.port) as (_, writer):
            writer.write(head("GET", "/wallet", 0, target.cookie))
            target.sent["unread"] += 1
            await asyncio.sleep(HOLD_SECONDS)

    await asyncio.gather(_workers(1_100, idle), _workers(24, unread))


ATTACKS: dict[str, Attack] = {
    "huge-bodies": huge_bodies,
    "costly-pictures": costly_pictures,
    "bodies-not-sent": bodies_not_sent,
    "many-streams": many_streams,
    "guesses": guesses,
    "passkey-options": passkey_options,
    "second-server": second_server,
    "idle-connections": idle_connections,
}
