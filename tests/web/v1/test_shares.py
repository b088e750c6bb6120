"""One merchant, one network, one person never takes all there is while others ask: over real connections."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from feiqian.serving import Application
from feiqian.testing.served import Served
from feiqian.web.v1.callers import STRANGER_BURST, Callers

LIMIT = 4


@pytest.fixture
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A bank that decides four payments at once, has 24 connections, and believes a proxy on this computer."""
    bank = Served(
        tmp_path_factory.mktemp("narrow"), in_flight_limit=LIMIT, connection_limit=24, trusted_proxies="127.0.0.1"
    )
    yield bank
    bank.stop()


def announced(served: Served, merchant: int) -> bytes:
    """A payment whose body does not come."""
    key = served.merchants[merchant].key
    head = f"POST /v1/payments HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n"
    return head.encode() + b"content-type: application/json\r\ncontent-length: 200\r\n\r\n"


@contextlib.contextmanager
def open_connections(served: Served, count: int, data: bytes, host: str = "127.0.0.1") -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        held = [
            stack.enter_context(socket.create_connection(("127.0.0.1", served.server.port), 10, (host, 0)))
            for _ in range(count)
        ]
        for connection in held:
            connection.sendall(data)
        yield held


def test_abuse_71_bodies_announced_and_not_sent_hold_no_places(narrow: Served) -> None:
    with open_connections(narrow, 3 * LIMIT, announced(narrow, 0)):
        narrow.until(lambda: sum(one.receiving for one in narrow.gate.connections) == 3 * LIMIT)
        assert narrow.admission.total == 0
        for merchant in (0, 1):
            with narrow.client(merchant) as shop:
                assert shop.post("/v1/payments", json=narrow.order()).json()["status"] == "succeeded"
    assert narrow.admission.refused == 0


def test_abuse_71_requests_that_wait_for_the_read_model_hold_no_places(narrow: Served) -> None:
    narrow._stop.set()  # the projector
    narrow._projector_thread.join()
    reads = narrow.bank.services.reads
    with narrow.client(0) as greedy, narrow.client(1) as other, ThreadPoolExecutor(3 * LIMIT) as pool:
        assert greedy.post("/v1/payments", json=narrow.order()).status_code == 200  # which is not projected
        refund = {"amount": 1, "merchant_refund": "r"}
        waiting = [pool.submit(greedy.post, "/v1/payments/pay_x/refunds", json=refund) for _ in range(2 * LIMIT)]
        waiting += [pool.submit(greedy.post, "/v1/payments/pay_x/cancel") for _ in range(LIMIT)]
        narrow.until(lambda: reads.waiting_for_it.total == 3 * LIMIT)
        assert narrow.admission.total == 0
        assert other.post("/v1/payments", json=narrow.order()).json()["status"] == "succeeded"
        assert not any(one.done() for one in waiting)
        assert {one.result().status_code for one in waiting} == {503}
    assert narrow.admission.refused == 0


def test_abuse_71_one_key_that_takes_every_place_keeps_no_other_out(narrow: Served) -> None:
    admission, greedy, other = narrow.admission, narrow.merchants[0].number, narrow.merchants[1].number
    narrow.inside(lambda: [admission.begin(greedy) for _ in range(LIMIT)])
    try:
        with narrow.client(0) as shop, narrow.client(1) as late:
            assert shop.post("/v1/payments", json=narrow.order()).status_code == 503
            assert admission.refused == 1
            assert late.post("/v1/payments", json=narrow.order()).json()["status"] == "succeeded"
            narrow.inside(lambda: [admission.begin(other) for _ in range(LIMIT // 2)])
            assert late.post("/v1/payments", json=narrow.order()).status_code == 503  # it has its share
            narrow.inside(lambda: [admission.leave(other) for _ in range(LIMIT // 2)])
    finally:
        narrow.inside(lambda: [admission.leave(greedy) for _ in range(LIMIT)])
    assert admission.held == {}


def test_a_key_that_opens_nothing_is_refused_unread_over_capacity(narrow: Served) -> None:
    admission = narrow.admission
    narrow.inside(lambda: [admission.begin(9) for _ in range(LIMIT)])
    body = b'{"a": 1}'
    head = b"POST /v1/payments HTTP/1.1\r\nhost: x\r\nauthorization: Bearer KEY\r\ncontent-length: 8\r\n\r\n"
    with open_connections(narrow, 1, head + body) as (connection,):
        assert connection.recv(65536).startswith(b"HTTP/1.1 503 ")
    assert admission.refused == 1


def test_abuse_71_connections_of_one_network_give_way_to_another(narrow: Served) -> None:
    with open_connections(narrow, 24, b"", host="127.0.0.9"):
        narrow.until(lambda: narrow.gate.places.full)
        with httpx.Client(base_url=narrow.url, timeout=60) as other:
            assert other.get("/healthz").status_code == 200
        narrow.until(lambda: len(narrow.gate.places.held["127.0.0.9"]) <= 23)
        with open_connections(narrow, 2, b"GET /healthz HTTP/1.1\r\n\r\n", host="127.0.0.9") as more:
            answers = [connection.recv(65536)[:12] for connection in more]
        assert b"HTTP/1.1 503" in answers


def test_abuse_71_requests_that_are_not_sent_whole_give_way_too(narrow: Served) -> None:
    with open_connections(narrow, 24, announced(narrow, 0), host="127.0.0.9"):
        narrow.until(lambda: sum(one.receiving for one in narrow.gate.connections) == 24)
        with narrow.client(1) as other:
            assert other.post("/v1/payments", json=narrow.order()).json()["status"] == "succeeded"


def test_abuse_72_strangers_use_up_the_rate_of_their_own_network_alone(narrow: Served) -> None:
    callers(narrow)._strangers._now = lambda: 0.0  # nobody's bucket fills again
    with httpx.Client(base_url=narrow.url, timeout=60) as client:

        def ask(address: str) -> int:
            return client.get("/v1/me", headers={"x-forwarded-for": address}).status_code

        flood = [ask("198.51.100.7") for _ in range(STRANGER_BURST + 2)]
        assert flood == [401] * STRANGER_BURST + [429] * 2
        assert ask("203.0.113.9") == 401
        assert {ask(f"2001:db8::{n:x}") for n in range(1, 9)} == {401}
        assert ask("198.51.100.7") == 429
        assert [ask(f"2001:db8:0:1::{n:x}") for n in range(1, STRANGER_BURST + 2)][-2:] == [401, 429]
        assert client.get("/v1/me").status_code == 401  # nobody's address is not the flood's
    assert b"feiqian_throttled_total 4.0" in narrow.bank.services.metrics.render()


def test_who_asks_is_known_by_the_connection_or_by_what_a_trusted_proxy_says(served: Served, narrow: Served) -> None:
    def networks(bank: Served) -> set[str]:
        return set(callers(bank)._strangers._buckets)

    for bank in (served, narrow):
        with httpx.Client(base_url=bank.url, timeout=60) as client:
            client.get("/v1/me", headers={"x-forwarded-for": "198.51.100.7"})
    assert networks(served) == {"127.0.0.1"}
    assert networks(narrow) == {"198.51.100.7"}


def callers(bank: Served) -> Callers:
    application = bank.server.config.loaded_app
    while not isinstance(application, Application):
        application = application.app
    return application.api.callers


def test_a_trusted_proxy_replaces_its_own_idle_connections(narrow: Served) -> None:
    with open_connections(narrow, 24, b""):
        narrow.until(lambda: narrow.gate.places.full)
        with httpx.Client(base_url=narrow.url, timeout=60) as another_person:
            assert another_person.get("/healthz").status_code == 200
        assert narrow.gate.places.refused == 0
