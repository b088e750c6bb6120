"""The way back from the bank's page: what its address says is checked, and is a hint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from feiqian.testing.served import Served
from feiqian_client import AsyncClient, Client, Order, Outcome, ReturnInvalid, returns

Wanted = Callable[..., dict[str, Any]]
SHOP = "https://shop.example/thanks?basket=7"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    bank = Served(tmp_path_factory.mktemp("bank"), pages=True)
    yield bank
    bank.stop()


def came_back(served: Served, order: Order) -> str:
    """The address that the customer's browser is led to."""
    answer = httpx.get(f"{served.url}/pay/{order.id}/return")
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_what_the_bank_says_on_the_way_back_is_believed_as_a_hint(served: Served, bank: Client, wanted: Wanted) -> None:
    order = bank.orders.create(**wanted(return_url=SHOP))
    address = came_back(served, order)
    told = bank.orders.returned(address)
    assert (told.order, told.version, told.status) == (order.id, 1, "open")
    query = urlsplit(address).query
    for given in (query, f"?{query}", dict(parse_qsl(query))):
        assert returns.verify(given, bank.orders.return_secret()) == told
    bank.payments.create(**served.order(), order=order.id)
    paid = bank.orders.returned(came_back(served, order))
    settled = bank.orders.settle(paid.order).order
    assert settled is not None
    assert (paid.version, paid.status) == (settled.version, settled.status) == (2, "paid")
    assert bank.orders.returned(address) == told, "an old one is right still: so `settle` follows"
    assert bank.orders.settle(told.order).outcome is Outcome.PAID

    async def asked() -> returns.Returned:
        async with AsyncClient(served.url, served.merchants[0].key) as shop:
            return await shop.orders.returned(address)

    assert asyncio.run(asked()) == told


def test_abuse_58_an_address_that_the_bank_has_not_made_says_nothing(
    served: Served, bank: Client, wanted: Wanted
) -> None:
    order, other = (bank.orders.create(**wanted(return_url=SHOP)) for _ in range(2))
    told = dict(parse_qsl(urlsplit(came_back(served, order)).query))
    changes: list[dict[str, str]] = [
        {"status": "paid"},
        {"version": "2"},
        {"version": "-1"},
        {"version": "1" * 5000},
        {"version": "\u0661"},
        {"order": other.id},
        {"at": "1"},
        {"signature": ""},
        {"signature": told["signature"].removeprefix("v1,")},
        {"signature": "none"},
        {"status": "op\u00ebn"},
    ]
    for change in changes:
        with pytest.raises(ReturnInvalid):
            bank.orders.returned(told | change)
    for missing in ("order", "version", "status", "at", "signature"):
        with pytest.raises(ReturnInvalid):
            bank.orders.returned({name: value for name, value in told.items() if name != missing})
    for address in (
        "",
        "https://shop.example/thanks",
        *(came_back(served, order) + f"&status={one}" for one in ("paid", "open")),
    ):
        with pytest.raises(ReturnInvalid):
            bank.orders.returned(address)
    with Client(served.url, served.merchants[1].key) as stranger, pytest.raises(ReturnInvalid):
        stranger.orders.returned(told)
    with pytest.raises(ValueError, match="secret"):
        returns.verify(told, "")
    assert bank.orders.settle(order.id).outcome is Outcome.PENDING
