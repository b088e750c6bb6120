"""The shoppers' process: pays through the real HTTP API, with the merchants' keys, at the rate that it is told.

It runs beside the server, so that it takes nothing of the server's event loop. Of every hundred payments some fail for
honest reasons: an old code, a code shown twice, too little money. Ends when its standard input closes.
"""

from __future__ import annotations

import http.client
import os
import random
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from feiqian.payments.code_keys import KeyFile
from feiqian.payments.codes import CodeIssuer
from feiqian.runtime.supervise import end_with_parent

THREADS = 6
TIMEOUT_SECONDS = 10
PAUSE_AFTER_FAILURE_SECONDS = 1.0
CANCEL_AFTER_SECONDS = 4.0
OLD_CODE_SECONDS = 120
THINGS = ("Coffee", "Lunch", "Groceries", "Tickets", "Books", "Tea", "Snacks", "Taxi", "Medicine", "Flowers")


class Shop(msgspec.Struct):
    """A merchant to pay at: its API key, the letters of its currency and what one thing costs there at least."""

    key: str
    currency: str
    decimals: int


class Orders(msgspec.Struct):
    """What the parent tells the shoppers, in one line of JSON."""

    host: str
    port: int
    rate: float  # payments a second, all together
    devices: list[int]  # that issue the shoppers' codes
    code_keys: str
    shops: list[Shop]


class Purchase(NamedTuple):
    """One visit to a shop. `age_seconds` is how old the code is that is shown."""

    shop: Shop
    device: int
    amount: int
    age_seconds: int
    twice: bool
    cancels: bool


def choose(orders: Orders, rng: random.Random) -> Purchase:
    """Most people buy something small with a good code; a few do not."""
    chance, shop = rng.random(), rng.choice(orders.shops)
    device = rng.choice(orders.devices)
    unit = 10**shop.decimals
    amount = max(unit, round(rng.lognormvariate(2.9, 0.7) * 10) * unit // 10)
    if chance < 0.008:
        return Purchase(shop, device, 1_500 * unit + amount, 0, False, True)  # above the verification-free limit
    age = OLD_CODE_SECONDS if chance < 0.02 else 0
    return Purchase(shop, device, amount, age, 0.02 <= chance < 0.032, False)


class Shopper:
    """One thread's connection to the API. All that it asks of the server is HTTP, as any merchant's."""

    def __init__(self, orders: Orders, seed: int) -> None:
        self._orders, self._rng = orders, random.Random(time.time_ns() + seed)
        self._keys = KeyFile(Path(orders.code_keys))
        self._seen, self._ring = self._keys.modified(), self._keys.open()
        self._codes = CodeIssuer(self._ring)
        self._connection = http.client.HTTPConnection(orders.host, orders.port, timeout=TIMEOUT_SECONDS)
        self._to_cancel: deque[tuple[float, str, str]] = deque()  # when, what, with whose key
        self._number, self._prefix = 0, f"SIM-{time.time_ns():x}-{seed}"

    def run(self) -> None:
        pause = THREADS / self._orders.rate
        while True:
            time.sleep(self._rng.expovariate(1 / pause))
            try:
                self._buy(choose(self._orders, self._rng))
            except (OSError, http.client.HTTPException):
                self._connection.close()
                time.sleep(PAUSE_AFTER_FAILURE_SECONDS)

    def _buy(self, purchase: Purchase) -> None:
        code = self.code(purchase)
        answer = self._pay(purchase, code)
        if purchase.twice:
            self._pay(purchase, code)  # somebody shows a picture of a code that was used
        if purchase.cancels and answer.get("status") == "needs_verification":
            due = time.monotonic() + CANCEL_AFTER_SECONDS
            self._to_cancel.append((due, f"/v1/payments/{answer['id']}/cancel", purchase.shop.key))
        while self._to_cancel and self._to_cancel[0][0] <= time.monotonic():
            _, path, key = self._to_cancel.popleft()
            self._post(path, key, b"")

    def code(self, purchase: Purchase) -> str:
        """What the phone shows: made with today's key, also after `feiqian keys rotate-codes`."""
        modified = self._keys.modified()
        if modified != self._seen:
            self._ring.take(self._keys.open())
            self._seen = modified
        return self._codes.issue(purchase.device, int(time.time()) - purchase.age_seconds).digits

    def _pay(self, purchase: Purchase, code: str) -> dict[str, Any]:
        self._number += 1
        body = {
            "payment_code": code,
            "amount": purchase.amount,
            "currency": purchase.shop.currency,
            "merchant_order": f"{self._prefix}-{self._number}",
            "description": self._rng.choice(THINGS),
        }
        return self._post("/v1/payments", purchase.shop.key, msgspec.json.encode(body))

    def _post(self, path: str, key: str, body: bytes) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._connection.request("POST", path, body, headers)
        answer: dict[str, Any] = msgspec.json.decode(self._connection.getresponse().read())
        return answer


def read_orders() -> Orders:
    """The first line of standard input, byte by byte, so that the rest is left to `end_with_parent`."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(0, 1)
        if not part:
            sys.exit(0)
        line += part
    return msgspec.json.decode(line, type=Orders)


def main() -> None:
    orders = read_orders()
    end_with_parent()
    shoppers = [threading.Thread(target=Shopper(orders, seed).run, daemon=True) for seed in range(THREADS)]
    for shopper in shoppers:
        shopper.start()
    for shopper in shoppers:
        shopper.join()


if __name__ == "__main__":
    main()
