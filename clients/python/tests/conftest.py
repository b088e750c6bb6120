"""A real bank behind a real server, and clients of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from feiqian.testing.served import Served
from feiqian_client import Client


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("bank"), webhook_loopback=True)
    yield bank
    bank.stop()


@pytest.fixture
def bank(served: Served) -> Iterator[Client]:
    with Client(served.url, served.merchants[0].key) as client:
        yield client


@pytest.fixture
def wanted() -> Callable[..., dict[str, Any]]:
    """What is to be paid, with a number of its own."""

    def make(**more: Any) -> dict[str, Any]:
        return {"merchant_order": secrets.token_hex(8), "amount": 1250, "currency": "CNY"} | more

    return make
