"""One truth in three places: in each state the query, the webhook and the signed return say the same of one version."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from feiqian.checkout.returning import return_address
from feiqian.events import OrderChanged
from feiqian.orders.model import OrderStatus
from feiqian.orders.outbound import OrderEvents
from feiqian.orders.read_model.reads import Wanted
from feiqian.orders.requests import CaptureRequest

DAY = 86_400
SECRET = "whsec_" + base64.b64encode(bytes(32)).decode()
Step = Callable[[Any, Any, Any], Any]  # the bank, the merchant, the order


async def paid(bank: Any, merchant: Any, order: Any) -> None:
    assert (await bank.pay_from_wallet(bank.customer(200_00), order)).status in ("succeeded", "authorised")


async def failed(bank: Any, merchant: Any, order: Any) -> None:
    assert (await bank.pay_order(merchant, bank.customer(1), order, "try-1")).reason == "insufficient_funds"


async def begun(bank: Any, merchant: Any, order: Any) -> None:
    assert (await bank.pay_order(merchant, bank.customer(9_000_00), order, "try-2")).status == "needs_verification"


async def half(bank: Any, merchant: Any, order: Any) -> None:
    await bank.give_back(merchant, order, order.amount // 2, "r1")


async def rest(bank: Any, merchant: Any, order: Any) -> None:
    await bank.give_back(merchant, order, order.amount // 2, "r2")


async def closed(bank: Any, merchant: Any, order: Any) -> None:
    await bank.orders.close(merchant, order.id)


async def part(bank: Any, merchant: Any, order: Any) -> None:
    await bank.orders.capture(merchant, order.id, CaptureRequest(amount=1_00, merchant_capture="c1"))


async def final(bank: Any, merchant: Any, order: Any) -> None:
    await bank.orders.capture(merchant, order.id, CaptureRequest(amount=1_00, merchant_capture="c2", final=True))


async def voided(bank: Any, merchant: Any, order: Any) -> None:
    await bank.orders.void(merchant, order.id)


async def later(bank: Any, merchant: Any, order: Any) -> None:
    bank.clock.advance(8 * DAY)


WAYS: dict[str, tuple[int, str, tuple[Step, ...], tuple[str, ...]]] = {
    "paid and given back": (
        10_00,
        "now",
        (failed, paid, half, rest),
        ("open", "paid", "partially_refunded", "refunded"),
    ),
    "begun and closed": (2_000_00, "now", (begun, closed), ("open", "closed")),
    "expired": (10_00, "now", (later,), ("expired",)),
    "captured in parts": (10_00, "later", (paid, part, final), ("authorised", "authorised", "captured")),
    "voided": (10_00, "later", (paid, voided), ("authorised", "voided")),
    "lapsed": (10_00, "later", (paid, later), ("authorised", "lapsed")),
}


def test_every_state_is_come_to() -> None:
    assert {status for *_, statuses in WAYS.values() for status in statuses} == set(OrderStatus)


@pytest.mark.parametrize("way", WAYS)
def test_query_list_webhook_and_signed_return_are_one(bank: Any, run: Any, way: str) -> None:
    amount, capture, steps, statuses = WAYS[way]
    merchant = bank.merchant(fee=0)
    order = run(bank.order(merchant, amount, capture=capture, return_url="https://shop.example/"))
    for step, status in zip(steps, statuses, strict=True):
        run(step(bank, merchant, order))
        asked = run(bank.orders.get(merchant, order.id))
        assert asked.status == status
        [listed], _ = run(bank.orders.list(merchant, None, 9, Wanted()))
        fact = [one for one in bank.journaled()[1] if isinstance(one, OrderChanged)][-1]
        told = list(OrderEvents.events_of(object.__new__(OrderEvents), None, fact))  # type: ignore[arg-type]
        shown = {msgspec.json.encode(one) for one in (asked, listed, *(event.data for event in told))}
        assert len(shown) == 1
        assert told or fact.event == "attempt_begun", "which is told as a payment"
        [address] = [parse_qs(urlsplit(return_address(asked, SECRET)).query)]
        assert (address["version"], address["status"]) == ([str(asked.version)], [asked.status])
    versions = [one.version for one in bank.journaled()[1] if isinstance(one, OrderChanged)]
    assert versions == list(range(1, len(versions) + 1))
    bank.ties()
