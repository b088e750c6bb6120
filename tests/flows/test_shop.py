"""The example shop, run beside a real bank: paid once, told once, whatever is lost."""

from __future__ import annotations

import importlib
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
import msgspec
import pytest
from sqlalchemy import select

from feiqian.testing.served import Served
from feiqian.webhooks import signing
from feiqian.webhooks.endpoints import SECRETS
from feiqian_client import Client, Order

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
        self.process.wait(20)

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


def secret_of(bank: Served, shop: Shop) -> str:
    """With what the bank signs what it sends to this shop."""
    until(lambda: bool(shop.merchant.webhook_endpoints.list().data))
    services = bank.bank.services
    [id] = [endpoint.id for endpoint in shop.merchant.webhook_endpoints.list().data if endpoint.enabled]
    found = select(*SECRETS).where(SECRETS[0] == id)
    read = services.transactions.read(lambda connection: connection.execute(found).one())
    secret: str = services.webhooks.endpoints.secrets_of(bank.wait_for(read), services.clock.now())[0]
    return secret


def send(shop: Shop, secret: str, id: str, type: str, order: Order, age: int = 0) -> int:
    """A webhook with the order as somebody says that it is; what the shop answers."""
    event = {"type": type, "timestamp": order.updated_at, "data": order}
    body, at = msgspec.json.encode(event), int(time.time()) - age
    return shop.client.post("/webhooks", content=body, headers=signing.headers([secret], id, at, body)).status_code


def test_abuse_55_a_webhook_that_is_repeated_or_old_changes_nothing_more(bank: Served, shop: Shop) -> None:
    secret, (_, number) = secret_of(bank, shop), shop.buy()
    pay(bank, shop, number)
    order = shop.merchant.orders.find(number)
    assert order is not None
    assert [send(shop, secret, "evt_1", "order.paid", order) for _ in range(3)] == [204] * 3
    assert send(shop, secret, "evt_1", "order.paid", order, age=301) == 400
    assert (shop.state(number), shop.parcels(number)) == ("paid", 1)


def test_abuse_57_an_order_of_another_amount_is_kept_aside(bank: Served, shop: Shop) -> None:
    """The callback says what it will: the shop asks the bank, and compares with what it has sold."""
    secret, (_, number) = secret_of(bank, shop), shop.buy()
    order = shop.merchant.orders.find(number)
    assert order is not None
    says = msgspec.structs.replace(order, status="paid", paid=order.amount, version=9)
    assert send(shop, secret, "evt_1", "order.paid", says) == 204
    assert (shop.page(number), shop.parcels(number)) == ("pending", 0), "the bank says otherwise"
    with sqlite3.connect(shop._file) as db:  # as if the basket had been another one
        db.execute("UPDATE sale SET amount = amount + 1 WHERE number = ?", (number,))
    pay(bank, shop, number)
    until(lambda: shop.state(number) == "differs")
    assert (shop.page(number), shop.parcels(number)) == ("differs", 0)


def test_abuse_58_the_page_of_the_way_back_opened_unpaid_is_pending(bank: Served, shop: Shop) -> None:
    _, number = shop.buy()
    order = shop.merchant.orders.find(number)
    assert order is not None
    said = {"order": order.id, "version": "2", "status": "paid", "at": "1", "signature": "v1,x"}
    page = shop.client.get(order.return_url, params=said)
    assert "state-pending" in page.text
    assert (shop.state(number), shop.parcels(number)) == ("pending", 0)


def test_abuse_59_webhooks_out_of_order_only_bring_the_sale_forward(bank: Served, shop: Shop) -> None:
    secret, (_, number) = secret_of(bank, shop), shop.buy()
    made = shop.merchant.orders.find(number)
    assert made is not None
    pay(bank, shop, number)
    paid = shop.merchant.orders.get(made.id)
    shop.merchant.refunds.create(made.id, amount=1_00, merchant_refund="r1")
    newest = shop.merchant.orders.get(made.id)
    seen = []
    told = {"order.refunded": newest, "order.paid": paid, "order.created": made}
    for number_of, (type, order) in enumerate(told.items()):
        assert send(shop, secret, f"evt_{number_of}", type, order) == 204
        seen += shop.rows("SELECT state, version, refunded FROM sale WHERE number = ?", number)
    assert seen == [("paid", newest.version, 1_00)] * 3
    assert shop.parcels(number) == 1


def test_abuse_59_what_is_learnt_late_is_not_written_over_what_is_newer(tmp_path: Path) -> None:
    """Two answers of the bank's that pass each other on the way."""
    sys.path.insert(0, str(ROOT / "examples/shop"))
    try:
        sales = importlib.import_module("sales").Sales(tmp_path / "shop.db")
    finally:
        sys.path.pop(0)
    sale = sales.add({"jasmine": 1}, 36_00, "en")
    for version, state in ((3, "paid"), (2, "pending"), (1, "pending"), (3, "not_paid")):
        sales.learn(sale.number, "ord_1", version, state, 0)
        found = sales.by("number", sale.number)
        assert (found.version, found.state) == (3, "paid")
    assert sales.parcels() == [sale.number]


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
