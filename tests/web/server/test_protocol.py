"""What comes over a connection is bounded and answered in order, once, also when it is broken or there is no room."""

from __future__ import annotations

import socket

import httpx
import pytest

from feiqian.testing.raw import payment, raw, statuses
from feiqian.testing.served import Served
from feiqian.web.server.overload import REFUSAL
from feiqian.web.server.server import HEAD_LIMIT_BYTES

GET = b"GET /healthz HTTP/1.1\r\nhost: x\r\n"
CLOSING = GET + b"connection: close\r\n\r\n"


def padded(head: bytes, size: int) -> bytes:
    """A request whose head has about so many bytes."""
    return head + b"x: " + b"a" * (size - len(head)) + b"\r\n\r\n"


@pytest.mark.parametrize("before", [b"", GET + b"\r\n"])
@pytest.mark.parametrize("after", [b"", CLOSING])
def test_abuse_68_a_head_above_the_limit_is_refused_when_it_comes_at_once(
    served: Served, before: bytes, after: bytes
) -> None:
    said = statuses(raw(served, before + padded(GET, HEAD_LIMIT_BYTES + 100) + after))
    assert said == [200] * bool(before) + [431]


def test_heads_below_the_limit_are_taken_however_many_come_at_once(served: Served) -> None:
    assert statuses(raw(served, padded(GET, 12_000) * 4 + CLOSING)) == [200] * 5


def test_a_body_before_it_does_not_count_for_the_next_head(served: Served, shop: httpx.Client) -> None:
    with socket.create_connection(("127.0.0.1", served.server.port), 10) as connection:
        junk = b"GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n" + b"j" * 60_000
        connection.sendall(junk + GET)
        said = b""
        while not said.endswith(b"}"):
            said += connection.recv(65536)
        connection.sendall(b"y: " + b"b" * 8_000 + b"\r\n")
        connection.sendall(b"connection: close\r\n\r\n")
        while some := connection.recv(65536):
            said += some
    assert statuses(said) == [200, 200]


@pytest.mark.parametrize(
    "broken",
    [b"NONSENSE\r\n\r\n", b"GET /v1%2fbalance HTTP/1.1\r\nhost: x\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n"],
)
def test_what_is_broken_is_answered_once_and_after_what_came_before_it(
    served: Served, shop: httpx.Client, broken: bytes
) -> None:
    said = raw(served, payment(served, shop) + payment(served, shop) + broken + payment(served, shop))
    assert statuses(said) == [200, 200, 400]
    assert said.count(b"connection: close") == 1


def test_a_broken_body_is_answered_once(served: Served, shop: httpx.Client) -> None:
    chunked = payment(served, shop).split(b"content-length")[0] + b"transfer-encoding: chunked\r\n\r\nzz\r\n"
    assert statuses(raw(served, chunked)) == [400]
    assert statuses(raw(served, payment(served, shop) + chunked)) == [200, 400]


@pytest.mark.parametrize(
    "more",
    [
        b"bad header\r\n",
        b"content-length: 3\r\n",
        b"transfer-encoding: chunked\r\n",
        b"x: a\nb: c\r\n",
        b"x: a\x00\r\n",
        b" folded: a\r\n",
        b"bad name: a\r\n",
    ],
)
def test_over_capacity_a_malformed_request_gets_one_answer_and_a_close(
    served: Served, shop: httpx.Client, more: bytes
) -> None:
    limit, served.admission.limit = served.admission.limit, 0
    try:
        with socket.create_connection(("127.0.0.1", served.server.port), 10) as connection:
            connection.sendall(payment(served, shop, more))
            said = b""
            while some := connection.recv(65536):
                said += some
    finally:
        served.admission.limit = limit
    assert len(statuses(said)) == 1
    assert statuses(said)[0] in (400, 503)
    assert said != REFUSAL
