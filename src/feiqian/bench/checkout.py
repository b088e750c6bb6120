"""The checkout's pages over HTTP, one after another at a server with everything running: of an order that is open, for
a stranger and for somebody signed in, and of one that is paid. Compressed, as browsers ask for them.
"""

from __future__ import annotations

import statistics
from typing import Any

import msgspec

from feiqian.ids import CustomerNumber

from .sign_in import COOKIE, Bank, Client, policy_text, sign_in, town

NAMES = [f"Tea of the year {year}" for year in range(2020, 2026)]


def run(pages: int = 400, orders: int = 20, customers: int = 1_000) -> dict[str, Any]:
    """Times in milliseconds, of single requests; `server_ms` is the server's processor time for a page of an order
    that is open, looked at by a stranger."""
    with Bank(customers, 2, plan=town(customers), policy=policy_text()) as bank:
        client = Client(bank.settings.port)
        token = sign_in(bank, client, CustomerNumber(1))[1]
        opened, paid = _orders(bank, client, orders), _orders(bank, client, orders, pay=True)
        bank.catch_up()
        _looked_at(client, opened, orders)  # warm
        before = bank.processor_seconds()["server"]
        stranger = _looked_at(client, opened, pages)
        used = bank.processor_seconds()["server"] - before
        inside = _looked_at(client, opened, pages, Cookie=f"{COOKIE}={token}")
        ended = _looked_at(client, paid, pages)
        client.close()
    return {
        "pages": pages,
        "open_p50_ms": statistics.median(stranger),
        "open_p99_ms": sorted(stranger)[int(len(stranger) * 0.99)],
        "open_server_ms": used * 1000 / pages,
        "open_signed_in_p50_ms": statistics.median(inside),
        "paid_p50_ms": statistics.median(ended),
    }


def _orders(bank: Bank, client: Client, count: int, *, pay: bool = False) -> list[str]:
    """The addresses of their pages."""
    places = []
    for key, body in bank.payments(count):
        payment = msgspec.json.decode(body)
        amounts = [payment["amount"] - 5 * (payment["amount"] // 6), *[payment["amount"] // 6] * 5]
        items = [{"name": name, "quantity": 1, "amount": amount} for name, amount in zip(NAMES, amounts, strict=True)]
        asked = {"merchant_order": payment["merchant_order"], "amount": payment["amount"], "currency": "CNY"}
        bearer = {"Authorization": f"Bearer {key}"}
        order = client.call("POST", "/v1/orders", asked | {"line_items": items}, **bearer)
        if pay:
            client.call("POST", "/v1/payments", payment | {"order": order["id"]}, **bearer)
        places.append(f"/pay/{order['id']}")
    return places


def _looked_at(client: Client, places: list[str], count: int, **headers: str) -> list[float]:
    client.took = []
    for number in range(count):
        client.call("GET", places[number % len(places)], **{"Accept-Encoding": "gzip"}, **headers)
    return client.took
