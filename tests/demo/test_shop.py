"""The demo's shop: a process with a key of its own, that ends with the demo, and a door only where there is a shop."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from feiqian.demo import shop as demo_shop
from feiqian.demo.shop import ExampleShop, ShopNotRunning
from feiqian.testing.served import Served


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("bank"), webhook_loopback=True)
    yield bank
    bank.stop()


@pytest.fixture
def shop(bank: Served) -> Iterator[ExampleShop]:
    shop = ExampleShop(bank.bank.services, lambda: bank.server.port)
    yield shop
    bank.wait_for(shop.close())


def key_of(shop: ExampleShop) -> str:
    [(_, key)] = shop._made
    return key


def test_it_runs_with_a_key_of_its_own_and_ends_with_the_demo(bank: Served, shop: ExampleShop) -> None:
    assert shop.possible
    address = bank.wait_for(shop.open())
    assert httpx.get(address).status_code == 200
    assert bank.wait_for(shop.open()) == address, "it is started once"
    key = {"Authorization": f"Bearer {key_of(shop)}"}
    assert httpx.get(f"{bank.url}/v1/balance", headers=key).status_code == 200
    bank.wait_for(shop.close())
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
    assert httpx.get(f"{bank.url}/v1/balance", headers=key).status_code == 401
    with pytest.raises(ShopNotRunning):
        bank.wait_for(shop.open())


def test_one_that_ended_is_started_again_with_the_same_key_and_address(bank: Served, shop: ExampleShop) -> None:
    address, key = bank.wait_for(shop.open()), key_of(shop)
    assert shop._process is not None
    process = shop._process

    async def killed() -> None:
        process.kill()
        await process.wait()

    bank.wait_for(killed())
    assert bank.wait_for(shop.open()) == address
    assert httpx.get(address).status_code == 200
    assert key_of(shop) == key


def test_a_port_that_is_taken_is_left_to_who_has_it(bank: Served, shop: ExampleShop) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        shop._port = int(other.getsockname()[1])
        address = bank.wait_for(shop.open())
        assert not address.endswith(f":{other.getsockname()[1]}")
        assert httpx.get(address).status_code == 200


def test_one_that_does_not_start_says_why_in_its_log(
    bank: Served, shop: ExampleShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "shop.py"
    broken.write_text("raise SystemExit('the kettle is empty')")
    monkeypatch.setattr(demo_shop, "PROGRAM", broken)
    with pytest.raises(ShopNotRunning):
        bank.wait_for(shop.open())
    assert "the kettle is empty" in shop.log.read_text()


def test_there_is_no_door_without_its_files_or_at_another_computer(
    bank: Served, shop: ExampleShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    services: Any = bank.bank.services
    assert shop.possible
    with monkeypatch.context() as patch:
        patch.setattr(services, "settings", msgspec.structs.replace(services.settings, host="0.0.0.0"))
        assert not shop.possible
    for name in ("PROGRAM", "LIBRARY"):
        with monkeypatch.context() as patch:
            patch.setattr(demo_shop, name, Path("/nowhere/shop.py"))
            assert not shop.possible
            with pytest.raises(ShopNotRunning):
                bank.wait_for(shop.open())
