"""What one client may make the server hold or do is bounded, and others do not notice."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from feiqian.runtime.shares import Admission, Throttle
from feiqian.testing.raw import raw, statuses
from feiqian.testing.served import Served
from feiqian.web.server.overload import LAST_REFUSAL, REFUSAL, plain_requests
from feiqian.web.server.server import PIPELINED, GatedProtocol


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A bank that allows next to nothing."""
    bank = Served(tmp_path_factory.mktemp("strict"), polls_per_second=1, polls_burst=20, connection_limit=24)
    yield bank
    bank.stop()


def test_abuse_67_a_storm_of_polls_is_throttled_and_payments_are_not(strict: Served) -> None:
    with strict.client() as shop, strict.client(1) as other, ThreadPoolExecutor(8) as pool:
        polls = list(pool.map(lambda _: shop.get("/v1/balance"), range(100)))
        throttled = [answer for answer in polls if answer.status_code == 429]
        assert len(throttled) >= 70
        assert {answer.headers["retry-after"] for answer in throttled} == {"1"}
        assert shop.post("/v1/payments", json=strict.order()).json()["status"] == "succeeded"
        assert other.get("/v1/balance").status_code == 200


def test_abuse_68_a_huge_body_is_refused_before_it_is_read(served: Served, shop: httpx.Client) -> None:
    before = served.position
    head = f"POST /v1/payments HTTP/1.1\r\nhost: x\r\nauthorization: {shop.headers['authorization']}\r\n"
    announced = f"{head}content-type: application/json\r\ncontent-length: 1000000000\r\n\r\n".encode()
    assert b" 413 " in raw(served, announced).split(b"\r\n")[0]
    chunk = b"3e8\r\n" + b"x" * 1000 + b"\r\n"
    streamed = f"{head}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n".encode() + chunk * 2000
    assert b" 413 " in raw(served, streamed).split(b"\r\n")[0]
    batch = [served.order() for _ in range(20)]
    assert shop.post("/v1/payments", json=batch).status_code == 400
    assert shop.post("/v1/payments", json=batch * 100).status_code == 413
    assert served.position == before


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"amount":[', '{"description":{"x":'])
def test_abuse_68_deep_json_is_refused(served: Served, shop: httpx.Client, opening: str) -> None:
    body = opening * (16_000 // len(opening))
    answer = shop.post("/v1/payments", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert shop.get("/v1/balance").status_code == 200


def test_abuse_68_an_endless_head_is_refused(served: Served) -> None:
    assert b" 431 " in raw(served, b"GET /healthz HTTP/1.1\r\n" + b"x: y\r\n" * 20_000)
    assert b" 431 " in raw(served, b"GET /" + b"a" * 60_000)
    assert b" 413 " in raw(
        served,
        b"GET /v1/payments?limit=1&x="
        + b"a" * 3000
        + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
        + f"authorization: Bearer {served.merchants[0].key}\r\n\r\n".encode(),
    )


@pytest.mark.parametrize("data", [b"\x16\x03\x01", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n"])
def test_what_is_not_http_is_refused(served: Served, data: bytes) -> None:
    assert raw(served, data, closing=True).split(b"\r\n")[0] in (b"HTTP/1.1 400 Bad Request", b"")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_bodies_are_json_by_name(served: Served, shop: httpx.Client, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = shop.post("/v1/payments", content=json.dumps(served.order()), headers=headers)
    assert answer.status_code == 415
    compressed = {"content-type": "application/json", "content-encoding": "gzip"}
    assert shop.post("/v1/payments", content=b"\x1f\x8b", headers=compressed).status_code == 415


def test_over_capacity_payments_are_refused_at_once_and_reads_are_not(served: Served, shop: httpx.Client) -> None:
    order, limit = served.order(), served.admission.limit
    served.admission.limit = 0
    try:
        refused = shop.post("/v1/payments", json=order)
        unread = raw(served, _request(order, shop))
        parsed = raw(served, _request(order, shop).replace(b"host: x", b"host: x\r\nconnection: close"))
        assert shop.get("/v1/balance").status_code == 200
    finally:
        served.admission.limit = limit
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["type"] == "/problems/overloaded"
    assert unread == REFUSAL
    assert b" 503 " in parsed
    assert served.admission.refused >= 3
    assert shop.post("/v1/payments", json=order).json()["status"] == "succeeded"


def _request(order: dict[str, object], shop: httpx.Client) -> bytes:
    body = json.dumps(order).encode()
    head = f"POST /v1/payments HTTP/1.1\r\nhost: x\r\nauthorization: {shop.headers['authorization']}\r\n"
    return head.encode() + b"content-type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def test_pipelined_requests_are_answered_in_order(served: Served, shop: httpx.Client) -> None:
    orders = [served.order(), served.order(), served.order()]
    said = raw(served, b"".join(_request(order, shop) for order in orders[:-1]) + _closing(orders[-1], shop))
    at = [said.index(order["merchant_order"].encode()) for order in orders]
    assert at == sorted(at)
    assert said.count(b"HTTP/1.1 200 OK") == 3


@pytest.mark.parametrize("more", [0, 1, 5_000])
def test_abuse_71_a_connection_has_so_many_requests_that_wait_and_no_more(served: Served, more: int) -> None:
    asked, last = (b"GET /healthz HTTP/1.1\r\nhost: x\r\n%b\r\n" % end for end in (b"", b"connection: close\r\n"))
    said = raw(served, asked * (PIPELINED + more) + last)
    assert statuses(said) == [200] * (1 + PIPELINED) + [503] * bool(more)
    assert not more or said.endswith(LAST_REFUSAL)


def test_abuse_71_refusals_that_are_not_fetched_are_not_kept_without_end(served: Served, shop: httpx.Client) -> None:
    admission, some = served.admission, _request(served.order(), shop).replace(b"Bearer ", b"Bearer x") * 500
    served.inside(lambda: [admission.begin(9) for _ in range(admission.limit)])
    try:
        with socket.create_connection(("127.0.0.1", served.server.port), 10) as deaf:
            one = _accepted(served, deaf)
            for _ in range(100):  # more than the kernel keeps
                served.inside(lambda: one.data_received(some))
            assert one.transport.is_closing()
    finally:
        served.inside(lambda: [admission.leave(9) for _ in range(admission.limit)])


def _accepted(served: Served, client: socket.socket) -> GatedProtocol:
    """The server's side of a connection."""
    for _ in range(100_000):
        for connection in served.inside(lambda: list(served.gate.connections)):
            if connection.client == client.getsockname():
                return connection
    raise AssertionError("it was not accepted")


def _closing(order: dict[str, object], shop: httpx.Client) -> bytes:
    return _request(order, shop).replace(b"host: x", b"host: x\r\nconnection: close")


def test_connections_beyond_the_limit_are_refused(strict: Served) -> None:
    before = len(strict.gate.connections)
    held = [socket.create_connection(("127.0.0.1", strict.server.port), 10) for _ in range(24 - before)]
    try:
        until = time.monotonic() + 10
        while len(strict.gate.connections) < 24 and time.monotonic() < until:
            time.sleep(0.01)
        with socket.create_connection(("127.0.0.1", strict.server.port), 10) as one_more:
            assert one_more.recv(65536).startswith(b"HTTP/1.1 503 ")
    finally:
        for connection in held:
            connection.close()


def test_a_request_that_does_not_end_is_given_up(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.server.port), 10) as slow:
        slow.sendall(b"POST /v1/payments HTTP/1.1\r\nhost: x\r\n")
        until = time.monotonic() + 10
        while not any(connection.receiving for connection in served.gate.connections) and time.monotonic() < until:
            time.sleep(0.01)
        later = served.gate.now + 11
        assert any(connection.overdue(later) for connection in served.gate.connections)
        for connection in list(served.gate.connections):
            if connection.overdue(later) and connection.receiving:
                served.inside(connection.transport.close)
        assert slow.recv(100) == b""


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (b"POST /v1/payments HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 1),
        (b"POST /v1/payments HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}" * 3, 3),
        (b"POST /v1/payments/x/cancel HTTP/1.1\r\nhost: x\r\n\r\n", 1),
        (b"POST /v1/payments HTTP/1.1\r\nContent-Length: 2\r\n\r\n{", 0),
        (b"POST /v1/payments HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}P", 0),
        (b"POST /v1/payments HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}", 0),
        (b"POST /v1/payments HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0),
        (b"POST /v1/payments HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}", 0),
        (b"POST /v1/payments HTTP/1.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", 0),
        (b"POST /v1/payments HTTP/1.1\r\nContent-Length: -2\r\n\r\n{}", 0),
        (b"GET /v1/payments HTTP/1.1\r\nhost: x\r\n\r\n", 0),
        (b"POST /v1/payments", 0),
        (b"", 0),
    ],
)
def test_only_plain_whole_requests_are_refused_unread(data: bytes, count: int) -> None:
    assert len(plain_requests(data)) == count


def test_a_bucket_fills_again_and_is_each_merchants_own() -> None:
    now = [0.0]
    throttle = Throttle(10, 5, lambda: now[0])
    assert [throttle.allow(1) for _ in range(6)] == [True] * 5 + [False]
    assert throttle.allow(2)
    now[0] += 0.2
    assert [throttle.allow(1) for _ in range(3)] == [True, True, False]
    assert not Admission(1).full
