"""The example shop, run beside a real bank: paid once, told once, whatever is lost."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from feiqian.testing.served import Served
from feiqian.webhooks import signing
from feiqian_client import Client

ROOT = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 60
TEA = {"longjing": "1", "jasmine": "2", "puer": "-1", "whitepeony": "many"}  # 88.00 and twice 36.00
AMOUNT = 160_00


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


class Shop:
    """A shop as a process of its own, and somebody who buys there."""

    def __init__(self, folder: Path, url: str, key: str) -> None:
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            self._port = int(held.getsockname()[1])
        self._file, self._url, self._key = folder / "shop.db", url, key
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=60)
        self.merchant = Client(url, key)
        self.start()

    def start(self) -> None:
        address = {"FEIQIAN_SERVER": self._url, "FEIQIAN_KEY": self._key}
        paths = {"PYTHONPATH": str(ROOT / "clients/python/src"), "SHOP_ADDRESS": str(self.client.base_url)}
        program = ROOT / "examples/shop/shop.py"
        self.process = subprocess.Popen(
            [sys.executable, program, "--port", str(self._port), "--data", self._file],
            env={**os.environ, **address, **paths},
        )
        until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None
        try:
            return self.client.get("/").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(60)

    def buy(self) -> tuple[str, str]:
        """The address at the bank, and the number of the sale."""
        bought = self.client.post("/orders", data=TEA)
        assert bought.status_code == 303
        return bought.headers["location"], self.rows("SELECT number FROM sale ORDER BY rowid DESC")[0][0]

    def page(self, number: str) -> str:
        [(token,)] = self.rows("SELECT token FROM sale WHERE number = ?", number)
        text = self.client.get(f"/orders/{token}").raise_for_status().text
        found = re.search(r'class="state state-(\w+)"', text)
        assert found
        return found[1]

    def state(self, number: str) -> str:
        """What it has written down, without having been looked at."""
        return str(self.rows("SELECT state FROM sale WHERE number = ?", number)[0][0])

    def parcels(self, number: str) -> int:
        return len(self.rows("SELECT * FROM parcel WHERE number = ?", number))

    def rows(self, statement: str, *values: str) -> list[tuple[str, ...]]:
        with sqlite3.connect(self._file) as db:
            return db.execute(statement, values).fetchall()


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("bank"), webhook_loopback=True)
    yield bank
    bank.stop()


@pytest.fixture
def shop(bank: Served, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path, bank.url, bank.merchants[0].key)
    yield shop
    shop.stop()
    for endpoint in shop.merchant.webhook_endpoints.list().data:
        shop.merchant.webhook_endpoints.delete(endpoint.id)


def pay(bank: Served, shop: Shop, number: str) -> None:
    order = shop.merchant.orders.find(number)
    assert order is not None
    assert (order.amount, [item.quantity for item in order.line_items]) == (AMOUNT, [1, 2])
    payment = shop.merchant.payments.create(**bank.order(amount=AMOUNT), order=order.id)
    assert payment.status == "succeeded"


def test_somebody_buys_pays_at_the_bank_and_the_shop_is_told(bank: Served, shop: Shop) -> None:
    until(lambda: bool(shop.merchant.webhook_endpoints.list().data))
    place, number = shop.buy()
    assert re.fullmatch(re.escape(bank.url) + r"/pay/ord_[0-9a-f]{32}", place)
    assert shop.page(number) == "pending"
    pay(bank, shop, number)
    until(lambda: shop.state(number) == "paid")  # by webhook: nobody has looked at the page
    assert (shop.page(number), shop.parcels(number)) == ("paid", 1)
    order = shop.merchant.orders.find(number)
    assert order is not None
    shop.merchant.refunds.create(order.id, amount=AMOUNT // 2, merchant_refund="half")
    until(lambda: shop.rows("SELECT refunded FROM sale WHERE number = ?", number)[0][0] == AMOUNT // 2)
    assert (shop.page(number), shop.parcels(number)) == ("paid", 1)


def test_a_shop_that_was_down_while_it_was_paid_knows_it_afterwards(bank: Served, shop: Shop) -> None:
    _, number = shop.buy()
    shop.stop()
    pay(bank, shop, number)
    shop.start()
    until(lambda: shop.state(number) == "paid")  # by its timer
    assert shop.parcels(number) == 1


def test_what_is_not_from_the_bank_changes_nothing(bank: Served, shop: Shop) -> None:
    _, number = shop.buy()
    order = shop.merchant.orders.find(number)
    assert order is not None
    body = b'{"type":"order.paid","timestamp":"2026-11-27T20:00:00Z","data":{"id":"%b"}}' % order.id.encode()
    false = signing.headers([signing.new_secret()], "evt_1", int(time.time()), body)
    assert shop.client.post("/webhooks", content=body, headers=false).status_code == 400
    assert shop.client.post("/webhooks", content=body).status_code == 400
    assert shop.client.get("/orders/guessed").status_code == 404
    assert (shop.page(number), shop.parcels(number)) == ("pending", 0)


def test_a_bank_that_does_not_answer_leaves_it_unknown_and_the_sale_one(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "http://127.0.0.1:1", "fq_test_key")
    try:
        place, number = shop.buy()
        assert place.startswith("/orders/")
        assert shop.client.post(f"{place}/pay").headers["location"] == place
        assert (shop.page(number), shop.state(number), shop.parcels(number)) == ("unknown", "new", 0)
        assert len(shop.rows("SELECT * FROM sale")) == 1
    finally:
        shop.stop()
