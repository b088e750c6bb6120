"""The merchants' systems that webhooks go to, in a thread: they fail, lose answers, do things twice and out of order.

Each keeps of every order the newest version that it has taken, as the guide says that a shop does.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections import Counter, defaultdict
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiohttp import web

from feiqian.webhooks.signing import sign

FAILS, UNHEARD, LATER, TWICE = 0.05, 0.05, 0.05, 0.05  # of the requests
PUT_OFF = 10  # so many are done later than what came after them
SECONDS = 30
T = TypeVar("T")


class Shops:
    """`down` are the merchants whose systems answer nothing but errors; with `healthy`, all others take everything."""

    def __init__(self, seed: int) -> None:
        self.secrets: dict[int, str] = {}
        self.down: set[int] = set()
        self.healthy = False
        self.orders: dict[int, dict[str, Any]] = defaultdict(dict)  # by merchant: the newest of each order, by its id
        self.happened: Counter[str] = Counter()
        self.wrong: list[str] = []  # what must never happen
        self._bodies: dict[str, bytes] = {}
        self._later: list[tuple[int, Any]] = []
        self._dice = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.port = self._call(self._start())

    def url(self, merchant: int) -> str:
        return f"http://127.0.0.1:{self.port}/{merchant}"

    def recover(self) -> None:
        """From now on all of them take everything; what was put off is done."""
        self.healthy = True
        self.down.clear()
        for one in self._later:
            self.take(*one)
        self._later.clear()

    def close(self) -> None:
        self._call(self._runner.cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> int:
        application = web.Application(client_max_size=2**20)
        application.router.add_post("/{merchant:[0-9]+}", self._handle)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return int(self._runner.addresses[0][1])

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(SECONDS)

    async def _handle(self, request: web.Request) -> web.Response:
        merchant, body = int(request.match_info["merchant"]), await request.read()
        if merchant in self.down:
            self.happened["down"] += 1
            return web.Response(status=503)
        if not self._is_signed(merchant, request, body):
            return web.Response(status=401)
        chance = 0.5 if self.healthy else self._dice.random()
        if chance < FAILS:
            self.happened["failed"] += 1
            return web.Response(status=500)
        self._receive(merchant, request.headers["webhook-id"], body, chance)
        if chance < FAILS + UNHEARD and request.transport is not None:
            self.happened["unheard"] += 1
            request.transport.close()
        return web.Response()

    def _is_signed(self, merchant: int, request: web.Request, body: bytes) -> bool:
        """As the standard says."""
        id, at = request.headers["webhook-id"], int(request.headers["webhook-timestamp"])
        return sign(self.secrets[merchant], id, at, body) in request.headers["webhook-signature"].split(" ")

    def _receive(self, merchant: int, id: str, body: bytes, chance: float) -> None:
        """Now, or after what comes later; and now and then twice. One id is one event."""
        told = json.loads(body)
        if not told["type"].startswith("order."):
            return
        if id in self._bodies:
            self.happened["again"] += 1
        if self._bodies.setdefault(id, body) != body and "superseded" not in told:
            self.wrong.append(f"{id} came with another body")
        if FAILS + UNHEARD <= chance < FAILS + UNHEARD + LATER:
            self._later.append((merchant, told))
            return
        for _ in range(2 if chance > 1 - TWICE else 1):
            self.take(merchant, told)
        if len(self._later) > PUT_OFF:
            self.take(*self._later.pop(0))

    def take(self, merchant: int, told: Any) -> None:
        """The newest version counts, whatever comes when."""
        order, known = told["data"], self.orders[merchant].get(told["data"]["id"])
        if known is None or order["version"] > known["version"]:
            self.orders[merchant][order["id"]] = order
        elif order["version"] < known["version"]:
            self.happened["older"] += 1
        elif order != known:
            self.wrong.append(f"{order['id']} has two versions {order['version']}")
