"""The operations of /v1 over HTTP, as a merchant uses them."""

from __future__ import annotations

import re
import socket

import httpx
import pytest

from feiqian.ids import PAYMENT, REFUND, is_id
from feiqian.testing.served import Served


def test_a_payment_is_taken_and_found_again(served: Served, shop: httpx.Client) -> None:
    order = served.order(description="两杯 tea", store="main", terminal="till 3")
    answer = shop.post("/v1/payments", json=order)
    payment = answer.json()
    assert (answer.status_code, payment["status"]) == (200, "succeeded")
    assert is_id(PAYMENT, payment["id"])
    assert (payment["amount"], payment["currency"], payment["fee"], payment["net"]) == (1250, "CNY", 8, 1242)
    assert payment["merchant_order"] == order["merchant_order"]
    assert (payment["description"], payment["store"], payment["terminal"]) == ("两杯 tea", "main", "till 3")
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", payment["created_at"])
    assert shop.get(f"/v1/payments/{payment['id']}").json() == payment
    assert shop.get("/v1/payments", params={"merchant_order": order["merchant_order"]}).json()["data"] == [payment]
    assert shop.get("/v1/payments", params={"merchant_order": "never"}).json() == {"data": [], "next": None}


def test_a_declined_payment_says_why_in_a_sentence(served: Served, shop: httpx.Client) -> None:
    payment = shop.post("/v1/payments", json=served.order(amount=900_00)).json()
    assert (payment["status"], payment["reason"]) == ("declined", "insufficient_funds")
    assert payment["message"] == "The customer's balance is not sufficient."
    assert (payment["fee"], payment["net"]) == (0, 0)


def test_an_amount_above_the_limit_waits_and_can_be_cancelled(served: Served, shop: httpx.Client) -> None:
    payment = shop.post("/v1/payments", json=served.order(served.rich_customer(1_000_00), amount=1_200_00)).json()
    assert payment["status"] == "needs_verification"
    assert payment["expires_at"] > payment["created_at"]
    cancelled = shop.post(f"/v1/payments/{payment['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert shop.post(f"/v1/payments/{payment['id']}/cancel").json()["status"] == "cancelled"


def test_what_has_succeeded_cannot_be_cancelled(served: Served, shop: httpx.Client) -> None:
    payment = shop.post("/v1/payments", json=served.order()).json()
    refused = shop.post(f"/v1/payments/{payment['id']}/cancel")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")


def test_refunds_are_made_listed_and_counted(served: Served, shop: httpx.Client) -> None:
    payment = shop.post("/v1/payments", json=served.order()).json()
    path = f"/v1/payments/{payment['id']}/refunds"
    before = shop.get("/v1/balance").json()["balance"]
    first = shop.post(path, json={"amount": 1000, "merchant_refund": "r1"})
    assert (first.status_code, first.json()["status"]) == (200, "succeeded")
    assert is_id(REFUND, first.json()["id"])
    above = shop.post(path, json={"amount": 251, "merchant_refund": "r2"}).json()
    assert (above["status"], above["reason"]) == ("declined", "refund_above_captured")
    assert shop.post(path, json={"amount": 1000, "merchant_refund": "r1"}).content == first.content
    assert shop.post(path, json={"amount": 999, "merchant_refund": "r1"}).status_code == 422
    assert [refund["merchant_refund"] for refund in shop.get(path).json()["data"]] == ["r1", "r2"]
    assert shop.get(f"/v1/payments/{payment['id']}").json()["refunded"] == 1000
    assert before - shop.get("/v1/balance").json()["balance"] == 1000


def test_a_payment_that_did_not_succeed_is_not_refunded(served: Served, shop: httpx.Client) -> None:
    payment = shop.post("/v1/payments", json=served.order(amount=900_00)).json()
    refused = shop.post(f"/v1/payments/{payment['id']}/refunds", json={"amount": 1, "merchant_refund": "r"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")


def test_lists_go_page_by_page_newest_first(served: Served) -> None:
    with served.client(2) as shop:
        orders = [shop.post("/v1/payments", json=served.order()).json()["merchant_order"] for _ in range(5)]
        pages, cursor = [], None
        while True:
            page = shop.get("/v1/payments", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
            pages.append([payment["merchant_order"] for payment in page["data"]])
            cursor = page["next"]
            if cursor is None:
                break
    assert [order for page in pages for order in page] == orders[::-1]
    assert len(pages) == 3


def test_a_cursor_of_another_shop_leads_to_nothing_of_it(
    served: Served, shop: httpx.Client, other_shop: httpx.Client
) -> None:
    for _ in range(2):
        shop.post("/v1/payments", json=served.order())
    cursor = shop.get("/v1/payments", params={"limit": 1}).json()["next"]
    mine = {p["id"] for p in shop.get("/v1/payments", params={"limit": 100}).json()["data"]}
    theirs = other_shop.get("/v1/payments", params={"cursor": cursor}).json()["data"]
    assert not mine & {payment["id"] for payment in theirs}
    assert shop.get("/v1/payments", params={"cursor": "made-up"}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1", 404),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/payments/", 404),
        ("GET", "/v1/payments/a/b", 404),
        ("DELETE", "/v1/payments", 405),
        ("PUT", "/v1/balance", 405),
    ],
)
def test_what_is_not_there_is_a_problem(shop: httpx.Client, method: str, path: str, status: int) -> None:
    answer = shop.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    if status == 405:
        assert set(answer.headers["allow"].split(", ")) <= {"GET", "HEAD", "POST"}


def test_health_and_metrics_need_no_key(served: Served) -> None:
    health = httpx.get(f"{served.url}/healthz", timeout=60)
    assert (health.status_code, health.json()["status"]) == (200, "ok")
    ready = httpx.get(f"{served.url}/readyz", timeout=60)
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "failing": []})
    metrics = httpx.get(f"{served.metrics_url}/metrics", timeout=60).text
    assert 'feiqian_requests_total{route="createPayment",status="200"}' in metrics
    for name in (
        "feiqian_journal_position",
        "feiqian_projector_rows_behind",
        "feiqian_in_flight",
        "feiqian_payments_total",
    ):
        assert f"\n{name} " in metrics


@pytest.mark.parametrize(
    "path", ["/metrics", "/%6Detrics", "/metric%73", "/metrics/", "//metrics", "/./metrics", "/METRICS", "/metrics?x=1"]
)
def test_abuse_84_metrics_are_not_shown_where_payments_are_taken(served: Served, path: str) -> None:
    with served.client() as shop:
        assert shop.get("/v1/balance").status_code == 200  # there is something to show
        for headers in ({}, shop.headers):
            with socket.create_connection(("127.0.0.1", served.server.port)) as connection:
                authorization = headers.get("authorization", "none")
                connection.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\n\r\n".encode())
                answer = connection.recv(65_536)
            plain = "%" not in path and "//" not in path and "/." not in path  # else it can be read in two ways
            assert answer.startswith(b"HTTP/1.1 404 " if plain else b"HTTP/1.1 400 ")
            assert b"feiqian_" not in answer


def test_the_listener_of_metrics_has_nothing_else(served: Served) -> None:
    for path in ("/", "/v1/docs", "/healthz", "/v1/balance"):
        assert httpx.get(f"{served.metrics_url}{path}", timeout=60).status_code == 404
    assert httpx.post(f"{served.metrics_url}/metrics", timeout=60).status_code == 404
    assert (
        httpx.get(f"{served.metrics_url}/metrics", timeout=60)
        .headers["content-type"]
        .startswith("text/plain; version=0.0.4")
    )
