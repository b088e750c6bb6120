"""A merchant's till asks a real server how a payment ended, and is answered when it has."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from feiqian.testing.served import Served

ABOVE = 1_200_00  # waits for its customer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("bank")
    bank = Served(folder)
    yield bank
    bank.stop()


def take(served: Served, shop: httpx.Client) -> dict[str, Any]:
    payment: dict[str, Any] = shop.post(
        "/v1/payments", json=served.order(served.rich_customer(ABOVE), amount=ABOVE)
    ).json()
    assert payment["status"] == "needs_verification"
    return payment


@contextmanager
def waiting(served: Served) -> Iterator[tuple[dict[str, Any], Future[httpx.Response], httpx.Client]]:
    """A payment, a request that waits for its end, and its shop."""
    with served.client() as shop, served.client() as till, ThreadPoolExecutor(1) as thread:
        payment = take(served, shop)
        asked = thread.submit(till.get, f"/v1/payments/{payment['id']}", params={"wait": "30"})
        while not served.bank.services.payments.status_waiters.places.total:
            assert not asked.done()
        yield payment, asked, shop


def test_a_request_that_waits_is_answered_when_the_payment_ends(served: Served) -> None:
    with waiting(served) as (payment, asked, shop):
        assert shop.get("/v1/balance").status_code == 200, "nobody else is held up"
        shop.post(f"/v1/payments/{payment['id']}/cancel")
        assert asked.result(timeout=60).json()["status"] == "cancelled"


def test_without_an_end_it_is_answered_as_things_stand(served: Served) -> None:
    with served.client() as shop:
        payment = take(served, shop)
        assert shop.get(f"/v1/payments/{payment['id']}", params={"wait": "1"}).json() == payment
        assert shop.get(f"/v1/payments/{payment['id']}", params={"wait": "0"}).json() == payment


@pytest.mark.parametrize("wait", ["31", "-1", "1.5", "soon", ""])
def test_how_long_is_bounded_and_checked(served: Served, wait: str) -> None:
    with served.client() as shop:
        answer = shop.get("/v1/payments/pay_unknown", params={"wait": wait})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "wait")


def test_another_shop_learns_nothing_by_waiting(served: Served) -> None:
    with served.client() as shop, served.client(1) as other:
        payment = take(served, shop)
        assert other.get(f"/v1/payments/{payment['id']}", params={"wait": "30"}).status_code == 404


def test_a_server_that_stops_does_not_wait_for_those_who_wait(served: Served) -> None:
    with waiting(served) as (payment, asked, _):
        served.loop.call_soon_threadsafe(served.bank.services.payments.status_waiters.close)
        assert asked.result(timeout=60).json() == payment
