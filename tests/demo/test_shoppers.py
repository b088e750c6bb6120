"""The shoppers: mostly ordinary purchases, some that fail for honest reasons; and what the demo says when it starts."""

from __future__ import annotations

import random
import socket
import time
from pathlib import Path

import msgspec
import pytest

from feiqian.demo.run import DemoRefused, check_port, greeting, run
from feiqian.demo.shoppers import OLD_CODE_SECONDS, Orders, Purchase, Shop, Shopper, choose
from feiqian.payments.code_keys import KeyFile
from feiqian.settings import Settings

SHOPS = [Shop("key one", "CNY", 2), Shop("key two", "JPY", 0)]
ORDERS = Orders("127.0.0.1", 1, 4.0, list(range(25, 10_001)), "keys", SHOPS)


@pytest.fixture(scope="module")
def purchases() -> list[Purchase]:
    rng = random.Random(7)
    return [choose(ORDERS, rng) for _ in range(5_000)]


def test_most_shoppers_pay_something_small_with_a_good_code(purchases: list[Purchase]) -> None:
    good = [p for p in purchases if not p.age_seconds and not p.twice and not p.cancels]
    assert len(good) > 0.95 * len(purchases)
    assert all(1 <= p.amount // 10**p.shop.decimals < 1_000 for p in good)


def test_a_few_fail_for_honest_reasons(purchases: list[Purchase]) -> None:
    assert any(p.age_seconds == OLD_CODE_SECONDS for p in purchases)
    assert any(p.twice for p in purchases)
    assert all(p.amount > 1_000 * 10**p.shop.decimals for p in purchases if p.cancels)
    assert any(p.cancels for p in purchases)


def test_nobody_shops_for_the_customers_of_the_start_page(purchases: list[Purchase]) -> None:
    assert min(p.device for p in purchases) >= 25
    assert max(p.device for p in purchases) <= 10_000


def test_shoppers_show_codes_of_the_key_that_issues_after_a_rotation_too(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys")
    ring = keys.open()
    shopper = Shopper(msgspec.structs.replace(ORDERS, code_keys=str(tmp_path / "keys")), 1)
    purchase = Purchase(SHOPS[0], 25, 100, 0, False, False)
    assert shopper.code(purchase)[2] == str(ring.issuing)
    with keys.changing() as ring:
        ring.rotate(int(time.time()))
    assert shopper.code(purchase)[2] == str(ring.issuing) == "1"


def test_a_taken_port_is_said_before_anything_is_made() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(DemoRefused, match=f"127.0.0.1:{port}.*--port"):
            check_port("127.0.0.1", port)


def test_a_demo_is_never_live() -> None:
    with pytest.raises(DemoRefused, match="test mode only"):
        run(Settings(mode="live"))


def test_the_greeting_says_what_to_open() -> None:
    said = greeting("http://localhost:8080", Path("shop.log"))
    assert "Open  http://localhost:8080/\n" in said
    assert [place for place in ("/bank", "For merchants", "/shop", "/v1/docs") if place not in said] == []


def test_a_demo_on_any_port_knows_it_before_it_is_built() -> None:
    assert check_port("127.0.0.1", 0) > 0
