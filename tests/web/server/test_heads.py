"""Heads as clients of all kinds write them: upgrades that are ignored, Host, forms of a target, HEAD and OPTIONS."""

from __future__ import annotations

import socket

import httpx
import pytest

from feiqian.testing.raw import payment, raw, statuses
from feiqian.testing.served import Served
from feiqian.web.server.heads import absolute, is_host, without_upgrade

GET = b"GET /healthz HTTP/1.1\r\nhost: x\r\n"

H2C = b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAA\r\nUpgrade: h2c\r\n"
WEBSOCKET = b"connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: eA==\r\n"
UPGRADES = [H2C, WEBSOCKET, b"upgrade: TLS/1.0\r\nUPGRADE: h2c\r\nconnection: keep-alive, upgrade\r\n"]
LAST = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


def chunked(request: bytes) -> bytes:
    """The same request with its body in two chunks."""
    head, _, body = request.partition(b"\r\n\r\n")
    head = head.partition(b"content-length")[0] + b"transfer-encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:9], body[9:])) + b"0\r\n\r\n"


@pytest.mark.parametrize("upgrade", UPGRADES)
def test_an_upgrade_is_ignored(served: Served, shop: httpx.Client, upgrade: bytes) -> None:
    assert statuses(raw(served, GET + upgrade + b"\r\n" + LAST)) == [200, 200]
    plain, parted = payment(served, shop, upgrade), chunked(payment(served, shop, upgrade))
    said = raw(served, plain + parted + plain + GET + upgrade + b"\r\n" + LAST)
    assert statuses(said) == [200, 200, 200, 200, 200]
    assert said.count(b'"status":"succeeded"') == 3


def test_an_upgrade_is_ignored_wherever_the_bytes_are_split(served: Served, shop: httpx.Client) -> None:
    order = payment(served, shop, H2C)
    whole = chunked(order) + order + LAST
    for at in range(0, len(whole), 7):
        with socket.create_connection(("127.0.0.1", served.server.port), 10) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(whole[:at])
            connection.sendall(whole[at:])
            assert statuses(everything(connection)) == [200, 200, 200], at
    with socket.create_connection(("127.0.0.1", served.server.port), 10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in whole:
            connection.send(bytes([byte]))
        assert statuses(everything(connection)) == [200, 200, 200]


def everything(connection: socket.socket) -> bytes:
    said = b""
    while some := connection.recv(65536):
        said += some
    return said


def test_what_follows_an_upgrade_is_its_body_and_not_a_request(served: Served) -> None:
    hidden = b"GET /v1/balance HTTP/1.1\r\nhost: x\r\n\r\n"
    said = raw(served, GET + H2C + b"content-length: %d\r\n\r\n%b" % (len(hidden), hidden) + LAST)
    assert statuses(said) == [200, 200]


@pytest.mark.parametrize(
    "framing",
    [
        b"content-length: 3\r\ncontent-length: 4\r\n",
        b"content-length: 3\r\ntransfer-encoding: chunked\r\n",
        b"transfer-encoding: xchunked\r\n",
        b"content-length: +3\r\n",
    ],
)
def test_framing_that_can_be_read_in_two_ways_is_refused_with_an_upgrade_too(served: Served, framing: bytes) -> None:
    assert statuses(raw(served, b"POST /v1/payments HTTP/1.1\r\nhost: x\r\n" + H2C + framing + b"\r\nabc")) == [400]


def test_many_upgrades_in_one_write_are_answered_in_order(served: Served) -> None:
    asked = b"".join(b"GET /%b HTTP/1.1\r\nhost: x\r\n%b\r\n" % (path, H2C) for path in (b"healthz", b"none") * 40)
    assert statuses(raw(served, asked + LAST)) == [200, 404] * 40 + [200]


def test_a_head_with_an_upgrade_is_bounded_as_any_other(served: Served) -> None:
    assert statuses(raw(served, GET + H2C + b"x: " + b"a" * 17_000 + b"\r\n\r\n")) == [431]


def test_a_tunnel_and_other_versions_are_refused(served: Served) -> None:
    assert statuses(raw(served, b"CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n")) == [501]
    assert statuses(raw(served, b"GET /healthz HTTP/2.0\r\nhost: x\r\n\r\n")) == [505]
    assert statuses(raw(served, b"GET /healthz HTTP/0.9\r\nhost: x\r\n\r\n")) == [505]


def test_every_field_but_the_upgrade_is_kept() -> None:
    fields = [(b"host", b"x"), (b"upgrade", b"h2c"), (b"a", b""), (b"content-length", b"3"), (b"upgrade", b"b")]
    head = without_upgrade(b"POST", b"/x?y", "1.1", fields)
    assert head == b"POST /x?y HTTP/1.1\r\nhost: x\r\na: \r\ncontent-length: 3\r\n\r\n"


@pytest.mark.parametrize(
    "hosts",
    [
        b"",
        b"host: x\r\nhost: x\r\n",
        b"host: x\r\nHOST: y\r\n",
        b"host:\r\n",
        b"host: a b\r\n",
        b"host: a,b\r\nhost: c\r\n",
        b"host: a@b\r\n",
        b"host: http://a\r\n",
        b"host: a/b\r\n",
        b"host: a:b\r\n",
        b"host: [::1\r\n",
        b"host: %zz\r\n",
        b"host: a:1:2\r\n",
    ],
)
@pytest.mark.parametrize("upgrade", [b"", H2C])
def test_a_request_has_one_host_that_is_one(served: Served, hosts: bytes, upgrade: bytes) -> None:
    good = GET + b"\r\n"
    said = raw(served, good + b"GET /healthz HTTP/1.1\r\n" + hosts + upgrade + b"\r\n")
    assert statuses(said) == [200, 400]
    assert b"Host" in said


@pytest.mark.parametrize(
    "host", [b"x", b" \t x:80 \t", b"[::1]:8080", b"127.0.0.1", b"a_b.example.", b"xn--fiq228c.cn:"]
)
def test_any_name_of_a_host_is_taken(served: Served, host: bytes) -> None:
    assert statuses(raw(served, b"GET /healthz HTTP/1.1\r\nhost:%b\r\nconnection: close\r\n\r\n" % host)) == [200]


def test_http_1_0_needs_no_host_but_has_no_two(served: Served) -> None:
    assert statuses(raw(served, b"GET /healthz HTTP/1.0\r\n\r\n")) == [200]
    assert statuses(raw(served, b"GET /healthz HTTP/1.0\r\nhost: a\r\nhost: a\r\n\r\n")) == [400]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"http://x/healthz", 200),
        (b"HTTPS://x:8443/healthz", 200),
        (b"http://x", 404),
        (b"http://x?a=1", 404),
        (b"http://x/v1%2fbalance", 400),
        (b"http://a@x/healthz", 400),
        (b"http:///healthz", 400),
        (b"ftp://x/healthz", 400),
        (b"http://x/healthz#a", 400),
        (b"/healthz#a", 400),
        (b"*", 400),
        (b"healthz", 400),
    ],
)
def test_a_target_is_in_origin_or_absolute_form(served: Served, target: bytes, status: int) -> None:
    said = raw(served, b"GET %b HTTP/1.1\r\nhost: other\r\nconnection: close\r\n\r\n" % target)
    assert statuses(said) == [status]


def test_the_authority_of_an_absolute_target_goes_before_host(served: Served) -> None:
    assert absolute(b"http://a.example:80?x=1") == (b"a.example:80", b"/?x=1")
    assert absolute(b"http://a.example/b?c#d") is None
    assert not is_host(b"")


def test_options_of_the_whole_server_are_told(served: Served) -> None:
    said = raw(served, b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n" + LAST)
    assert statuses(said) == [204, 200]
    assert b"allow: GET, HEAD, POST, OPTIONS\r\n" in said


@pytest.mark.parametrize("target", [b"http://x", b"HTTPS://bank.example:443"])
def test_options_of_an_absolute_target_without_a_path_is_of_the_whole_server(served: Served, target: bytes) -> None:
    """RFC 9112, 3.2.4: so a proxy writes it."""
    asked = b"OPTIONS %b HTTP/1.1\r\nhost: x\r\n\r\n"
    assert statuses(raw(served, asked % target + LAST)) == [204, 200]
    assert statuses(raw(served, asked % (target + b"/") + asked % (target + b"?a=1") + LAST)) == [404, 404, 200]


@pytest.mark.parametrize("path", ["/healthz", "/v1/openapi.json", "/v1/docs", "/v1/balance", "/v1/nothing"])
def test_head_is_get_without_the_body(shop: httpx.Client, path: str) -> None:
    whole, head = shop.get(path), shop.request("HEAD", path)
    assert head.status_code == whole.status_code
    assert head.content == b""
    told = {name: value for name, value in whole.headers.items() if name != "date"}
    assert {name: value for name, value in head.headers.items() if name != "date"} == told
    assert int(told["content-length"]) == len(whole.content) > 0


def test_head_of_what_cannot_be_read_has_no_body_either(served: Served, shop: httpx.Client) -> None:
    answer = shop.request("HEAD", "/v1/payments/pay_0/cancel")
    assert (answer.status_code, answer.headers["allow"], answer.content) == (405, "POST", b"")
    assert shop.request("DELETE", "/v1/balance").headers["allow"] == "GET, HEAD"
    refused = raw(served, b"HEAD /healthz HTTP/1.1\r\n\r\n")
    assert statuses(refused) == [400]
    assert refused.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("blank", [b" ", b"\t", b" \t  "])
def test_blanks_around_a_value_are_no_part_of_it(served: Served, shop: httpx.Client, blank: bytes) -> None:
    key = shop.headers["authorization"].encode().replace(b"Bearer ", b"Bearer  ")
    request = payment(served, shop)
    body = request.partition(b"\r\n\r\n")[2]
    fields = (b"host: x", b"authorization: " + key, b"content-type: application/json", b"expect: 100-continue")
    fields = (*fields, b"content-length: %d" % len(body), b"connection: close")
    head = b"POST /v1/payments HTTP/1.1\r\n" + b"".join(
        b"%b%b\r\n" % (field.replace(b": ", b":" + blank), blank) for field in fields
    )
    said = raw(served, head + b"\r\n" + body)
    assert said.count(b'"status":"succeeded"') == 1
