"""Answers that are not fetched hold no connection for long, and none that others need: over real connections."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import httpx
import pytest

from feiqian.testing.served import Served
from feiqian.web.server.server import FETCH_SECONDS, PIPELINED, GatedProtocol

CONNECTIONS = 3
OTHER_NETWORK = "127.0.0.9"


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A bank with pages that has three connections."""
    bank = Served(tmp_path_factory.mktemp("few"), pages=True, connection_limit=CONNECTIONS)
    yield bank
    bank.stop()


@contextlib.contextmanager
def unfetched(served: Served) -> Iterator[None]:
    """All connections taken by one network that asks for pages and reads none of them."""
    host = f"127.0.0.1:{served.server.port}".encode()
    page = b"GET /sign-in HTTP/1.1\r\nhost: %b\r\nsec-fetch-site: none\r\n\r\n" % host
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(served)) for _ in range(CONNECTIONS)]
        while not all(served.inside(lambda: [one.flow.write_paused for one in held(served)])):
            for client in clients:
                client.sendall(page * PIPELINED)
            served.until(lambda: all(one.flow.write_paused or one.idle for one in held(served)))
        yield


def connected(served: Served) -> socket.socket:
    """A connection from the other network, of which the kernel keeps little that was not read."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.bind((OTHER_NETWORK, 0))
    client.connect(("127.0.0.1", served.server.port))
    return client


def held(served: Served) -> list[GatedProtocol]:
    return list(served.gate.places.held.get(OTHER_NETWORK, ()))


def test_abuse_71_connections_whose_answers_are_not_fetched_give_way_to_another_network(few: Served) -> None:
    with unfetched(few):
        before = few.inside(lambda: held(few))
        with httpx.Client(base_url=few.url, timeout=60) as other:
            assert other.get("/healthz").status_code == 200
        assert len(few.inside(lambda: held(few))) == CONNECTIONS - 1
        (gone,) = set(before) - set(few.inside(lambda: held(few)))
        few.until(lambda: gone not in few.server.server_state.connections)  # it holds no file any more


def test_abuse_71_a_connection_whose_answer_is_not_fetched_is_closed_in_the_end(few: Served) -> None:
    with unfetched(few):
        connections = few.inside(lambda: held(few))

        def later(seconds: float) -> None:
            few.gate.now = max(one.unfetched_since or 0.0 for one in connections) + seconds
            few.gate.sweep()
            few.gate.close_swept()

        few.inside(lambda: later(FETCH_SECONDS - 1))
        assert few.inside(lambda: held(few)) == connections
        few.inside(lambda: later(FETCH_SECONDS + 1))
        few.until(lambda: not held(few))
    with httpx.Client(base_url=few.url, timeout=60) as other:
        assert other.get("/healthz").status_code == 200


def test_an_idle_connection_that_has_not_fetched_all_is_closed_all_the_same(few: Served) -> None:
    """Closing in order waits for the client to fetch what is left, which it never does."""
    with unfetched(few):
        (one, *_) = few.inside(lambda: held(few))
        assert few.inside(one.transport.get_write_buffer_size) > 0
        few.inside(one.end)
        few.until(lambda: one not in held(few))
