"""A path is written in one way, so that a proxy's rules and we mean the same by it; everything is UTF-8."""

from __future__ import annotations

import httpx
import pytest

from feiqian.testing.raw import raw
from feiqian.testing.served import Served
from feiqian.web.server.paths import canonical


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (b"/", "/"),
        (b"/v1/payments", "/v1/payments"),
        (b"/.well-known/x", "/.well-known/x"),
        (b"/a/...", "/a/..."),
        (b"/%E4%BD%A0", "/你"),
        (b"/a%e4%bd%a0b", "/a你b"),
    ],
)
def test_a_path_that_is_written_the_one_way_is_read(path: bytes, text: str) -> None:
    assert canonical(path) == text


OTHER_WAYS = [
    b"/v1%2fpayments",
    b"/v1%2Fpayments",
    b"/%6detrics",
    b"/%76%31/payments",
    b"//v1/payments",
    b"/v1//payments",
    b"/v1/./payments",
    b"/x/../v1/payments",
    b"/v1/payments/..",
    b"/x/%2e%2e/v1/payments",
    b"/v1\\payments",
    b"/v1%5cpayments",
    b"/v1/payments%00",
    b"/v1/%2570ayments",
    b"/v1/a%20b",
    b"/v1/%",
    b"/v1/%zz",
    b"/v1/%ff",
    b"/v1/%c0%af",
    b"/v1/%ed%a0%80",
]


@pytest.mark.parametrize("path", OTHER_WAYS)
def test_abuse_84_a_path_that_can_be_read_in_two_ways_is_refused(served: Served, path: bytes) -> None:
    assert canonical(path) is None
    key = served.merchants[0].key.encode()
    said = raw(served, b"GET %b HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %b\r\n\r\n" % (path, key))
    assert said.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert said.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("target", [b"*", b"example.org:443", b"/v1/\xff", b"/v1/\xc3\xa4"])
def test_abuse_84_a_target_without_a_path_or_with_bare_bytes_is_refused(served: Served, target: bytes) -> None:
    said = raw(served, b"GET %b HTTP/1.1\r\nhost: x\r\n\r\n" % target)
    assert said.split(b"\r\n")[0] in (b"HTTP/1.1 400 Bad Request", b"")


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET /v1/balance?x=%ff HTTP/1.1\r\nhost: x\r\nauthorization: Bearer KEY",
        b"GET /v1/balance?x=\xff HTTP/1.1\r\nhost: x\r\nauthorization: Bearer KEY",
        b"GET /v1/payments?merchant_order=%ff HTTP/1.1\r\nhost: x\r\nauthorization: Bearer KEY",
        b"GET /v1/balance HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \xff\xfe",
        b"GET /v1/balance HTTP/1.1\r\nhost: \xff\r\nauthorization: Bearer \xe4\xbd\xa0",
        b"GET /v1/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \xff",
        b"GET /v1/me HTTP/1.1\r\nhost: x\r\naccept-language: \xff\r\nuser-agent: \xff",
        b"GET /v1/me HTTP/1.1\r\nhost: x\r\ncookie: feiqian=\xff",
        b"POST /v1/payments HTTP/1.1\r\nhost: x\r\nauthorization: Bearer KEY\r\ncontent-type: \xff",
    ],
)
def test_invalid_utf8_in_a_head_is_the_clients_fault(served: Served, request_head: bytes) -> None:
    head = request_head.replace(b"KEY", served.merchants[0].key.encode())
    status = raw(served, head + b"\r\nconnection: close\r\n\r\n").split(b"\r\n")[0]
    assert status == b"HTTP/1.1 400 Bad Request"


def test_invalid_utf8_in_a_body_is_the_clients_fault(served: Served, shop: httpx.Client) -> None:
    for body in (b'{"payment_code": "\xff"}', b"\xff", b'{"\xff": 1}', b'{"merchant_order": "\xed\xa0\x80"}'):
        answer = shop.post("/v1/payments", content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (400, 422), body
