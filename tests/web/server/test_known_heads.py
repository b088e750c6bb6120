"""A head that was taken before is not parsed again; whatever is not the same to the byte is read as ever."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from feiqian.merchants.keys import SHOWN
from feiqian.testing.raw import payment, raw, request_of, statuses
from feiqian.testing.served import Served
from feiqian.testing.wires import Wire
from feiqian.web.server import known_heads
from feiqian.web.server.known_heads import KnownHeads
from feiqian.web.server.server import OTHER_HEADS, GatedProtocol

Connect = Callable[[], tuple[GatedProtocol, Wire]]


class NoParser:
    """A parser that must not be asked."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the parser was asked: {name}")


class Application:
    """Takes everything."""

    path = b"/v1/payments"

    def begin(self, exchange: Any, headers: Any, body: bytes) -> bool:
        return True

    def begin_again(self, exchange: Any, known: bytes, body: bytes) -> bool:
        return True


@pytest.fixture(autouse=True)
def nothing_known(served: Served) -> None:
    served.gate.heads = KnownHeads()


def ask(served: Served, connection: GatedProtocol, wire: Wire, asked: bytes) -> list[int]:
    """Sends it, and waits for the answer."""
    before = len(statuses(wire.said))
    served.inside(lambda: connection.data_received(asked))
    served.until(lambda: len(statuses(wire.said)) > before)
    return statuses(wire.said)[before:]


def test_the_same_head_again_is_not_parsed_on_any_connection(
    served: Served, shop: httpx.Client, connect: Connect
) -> None:
    more = b"x-till: 7\r\n"
    (first, first_wire), (second, second_wire) = served.inside(connect), served.inside(connect)
    assert ask(served, first, first_wire, payment(served, shop, more)) == [200]
    first.parser = second.parser = NoParser()
    for connection, wire in ((first, first_wire), (second, second_wire)):
        assert ask(served, connection, wire, payment(served, shop, more)) == [200]
        assert b'"status":"succeeded"' in wire.said.rpartition(b"HTTP/1.1")[2]
    assert served.admission.total == 0


def test_a_key_that_was_revoked_opens_nothing_with_a_known_head(
    served: Served, shop: httpx.Client, connect: Connect
) -> None:
    merchants, now = served.bank.services.merchants, served.bank.services.clock.now()
    number = served.merchants[0].number
    key = merchants.create_key(number, "test", now)
    with httpx.Client(headers={"authorization": f"Bearer {key}"}) as till:
        connection, wire = served.inside(connect)
        assert ask(served, connection, wire, payment(served, till)) == [200]
        merchants.revoke_key(number, key[:SHOWN], now)
        assert ask(served, connection, wire, payment(served, till)) == [401]


@pytest.mark.parametrize(
    "change",
    [
        lambda asked: asked.replace(b"POST", b"PUT", 1),
        lambda asked: asked.replace(b"/v1/payments", b"/v1/payment", 1),
        lambda asked: asked.replace(b"HTTP/1.1", b"HTTP/2.1", 1),
        lambda asked: asked.replace(b"host: x\r\n", b"", 1),
        lambda asked: asked.replace(b"host: x\r\n", b"host: x\r\nhost: x\r\n", 1),
        lambda asked: asked.replace(b"content-length", b"transfer-encoding: chunked\r\ncontent-length", 1),
        lambda asked: asked.replace(b"Bearer fq_test_", b"Bearer fq_test-", 1),
        lambda asked: asked.replace(b"application/json", b"application/text", 1),
    ],
)
def test_a_head_that_differs_is_refused_beside_a_known_one(
    served: Served, shop: httpx.Client, connect: Connect, change: Callable[[bytes], bytes]
) -> None:
    connection, wire = served.inside(connect)
    assert ask(served, connection, wire, payment(served, shop)) == [200]
    said = ask(served, connection, wire, change(payment(served, shop)))
    assert 400 <= said[0] <= 505


def test_a_body_that_is_longer_or_shorter_than_announced_is_read_as_ever(
    served: Served, shop: httpx.Client, connect: Connect
) -> None:
    """What follows the announced body is the next request, and what is missing is waited for."""
    connection, wire = served.inside(connect)
    assert ask(served, connection, wire, payment(served, shop)) == [200]
    last = b"connection: close\r\n"
    first, second, third = (payment(served, shop) for _ in range(3))
    assert len(first) == len(second) == len(third), "their heads are the same"
    said = raw(served, first + second + third[:-5] + third[-5:] + payment(served, shop, last))
    assert statuses(said) == [200] * 4
    assert statuses(raw(served, second + b"GET / HTTP/9.9\r\n\r\n")) == [200, 400]
    served.inside(lambda: connection.data_received(third[:-5]))
    assert ask(served, connection, wire, third[-5:]) == [200]


def test_a_known_head_behind_an_unanswered_request_waits_its_turn(
    served: Served, shop: httpx.Client, connect: Connect
) -> None:
    connection, wire = served.inside(connect)
    assert ask(served, connection, wire, payment(served, shop)) == [200]
    orders = [served.order() for _ in range(2)]

    def read() -> None:
        for order in orders:
            connection.data_received(request_of("/v1/payments", order, shop))
        assert len(connection.pipeline) == 1

    served.inside(read)
    served.until(lambda: len(statuses(wire.said)) == 3)
    numbers = [order["merchant_order"].encode() for order in orders]
    assert sorted(numbers, key=wire.said.index) == numbers


def test_a_known_head_within_a_body_is_part_of_the_body(served: Served, shop: httpx.Client, connect: Connect) -> None:
    connection, wire = served.inside(connect)
    assert ask(served, connection, wire, payment(served, shop)) == [200]
    inner = payment(served, shop)
    outer = request_of("/v1/payments", {}, shop).replace(b"content-length: 2", b"content-length: %d" % (len(inner) + 2))
    served.inside(lambda: connection.data_received(outer))
    assert ask(served, connection, wire, inner) == [400]
    assert served.bank.services.ledger.durable_position == served.bank.services.ledger.position


def test_what_is_refused_or_has_a_key_of_its_own_is_not_kept(
    served: Served, shop: httpx.Client, connect: Connect
) -> None:
    nobodys = shop.headers["authorization"].encode(), b"Bearer fq_test_" + b"x" * 43
    keyed = request_of(
        "/v1/orders", {"merchant_order": "known-1", "amount": 100, "currency": "CNY"}, shop, b"idempotency-key: a\r\n"
    )
    connection, wire = served.inside(connect)
    assert ask(served, connection, wire, payment(served, shop).replace(*nobodys)) == [401]
    assert ask(served, connection, wire, keyed) == [200]
    assert not served.gate.heads._heads
    assert ask(served, connection, wire, payment(served, shop)) == [200]
    assert len(served.gate.heads._heads) == 1


def test_a_client_whose_heads_are_never_the_same_is_not_looked_up_for_ever(
    served: Served, shop: httpx.Client, connect: Connect
) -> None:
    connection, wire = served.inside(connect)
    for number in range(OTHER_HEADS + 2):
        assert ask(served, connection, wire, payment(served, shop, b"x-request: %d\r\n" % number)) == [200]
    assert len(served.gate.heads._heads) == OTHER_HEADS


def test_a_client_who_also_has_heads_that_are_the_same_is_looked_up(
    served: Served, shop: httpx.Client, connect: Connect
) -> None:
    connection, wire = served.inside(connect)
    for number in range(OTHER_HEADS + 2):
        for more in (b"x-request: %d\r\n" % number, b""):
            assert ask(served, connection, wire, payment(served, shop, more)) == [200]
    assert len(served.gate.heads._heads) == OTHER_HEADS + 3


def test_the_head_of_a_request_that_was_refused_is_not_kept_for_the_one_behind_it(
    served: Served, shop: httpx.Client, connect: Connect
) -> None:
    connection, wire = served.inside(connect)
    nobodys = payment(served, shop).replace(shop.headers["authorization"].encode(), b"Bearer fq_test_" + b"x" * 43)
    served.inside(lambda: connection.data_received(nobodys + payment(served, shop)))
    served.until(lambda: statuses(wire.said) == [401, 200])
    assert not served.gate.heads._heads


def test_nothing_is_decided_by_a_known_head_on_a_connection_that_is_being_closed(
    served: Served, shop: httpx.Client, connect: Connect
) -> None:
    connection, wire = served.inside(connect)
    assert ask(served, connection, wire, payment(served, shop)) == [200]
    ledger, asked = served.bank.services.ledger, payment(served, shop)

    def read() -> None:
        before = ledger.position
        wire.close()
        connection.data_received(asked)
        assert ledger.position == before

    served.inside(read)


def test_abuse_71_over_capacity_a_known_head_is_refused_before_its_body_is_parsed(
    served: Served, shop: httpx.Client, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`connection: keep-alive` makes the requests such as are not refused before their head is looked at."""
    connection, wire = served.inside(connect)
    more = b"connection: keep-alive\r\n"
    assert ask(served, connection, wire, payment(served, shop, more)) == [200]
    monkeypatch.setattr(served.admission, "limit", 0)
    assert ask(served, connection, wire, payment(served, shop, more)[:-1] + b"?") == [503]


def test_heads_are_kept_under_hashes_that_only_their_server_can_make() -> None:
    asked = b"POST /v1/payments HTTP/1.1\r\n\r\n"
    known = [KnownHeads() for _ in range(2)]
    for heads in known:
        heads.keep(asked, 0, Application(), b"known")
    first, second = (next(iter(heads._heads)) for heads in known)
    assert first != second


def test_no_more_heads_are_kept_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_heads, "MOST_HEADS", 2)
    heads, application = KnownHeads(), Application()
    asked = [b"POST /v1/payments HTTP/1.1\r\nx: %d\r\n\r\n{}" % number for number in range(3)]
    for one in asked:
        heads.keep(one, 2, application, b"known")
    assert [heads.find(one) is not None for one in asked] == [False, True, True]
    heads.keep(b"x" * known_heads.LONGEST_HEAD_BYTES + b"\r\n\r\n", 0, application, b"known")
    assert [heads.find(one) is not None for one in asked] == [False, True, True]
    assert heads.find(asked[2] + b" ") is None
    assert heads.find(asked[2][:-1]) is None


@pytest.mark.parametrize("before", [b"P", b"GET / HTTP/1.1\r\nhost: x\r\n", b" "])
def test_a_known_head_behind_the_beginning_of_another_request_is_part_of_that(
    served: Served, shop: httpx.Client, connect: Connect, before: bytes
) -> None:
    connection, wire = served.inside(connect)
    assert ask(served, connection, wire, payment(served, shop)) == [200]
    served.inside(lambda: connection.data_received(before))
    assert ask(served, connection, wire, payment(served, shop)) == [400]
    assert wire.closed


def test_a_head_that_asks_for_another_protocol_is_known_again_as_it_was_read(
    served: Served, shop: httpx.Client, connect: Connect
) -> None:
    more = b"connection: upgrade\r\nupgrade: h2c\r\n"
    connection, wire = served.inside(connect)
    assert ask(served, connection, wire, payment(served, shop, more)) == [200]
    connection.parser = NoParser()
    assert ask(served, connection, wire, payment(served, shop, more)) == [200]


def test_the_last_request_of_a_connection_is_never_known(served: Served, shop: httpx.Client, connect: Connect) -> None:
    for _ in range(2):
        connection, wire = served.inside(connect)
        assert ask(served, connection, wire, payment(served, shop, b"connection: close\r\n")) == [200]
        assert wire.closed
    assert not served.gate.heads._heads


def test_a_key_that_may_no_longer_pay_pays_nothing_with_a_known_head(
    served: Served, shop: httpx.Client, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    merchants, (connection, wire) = served.bank.services.merchants, served.inside(connect)
    assert ask(served, connection, wire, payment(served, shop)) == [200]
    holder = merchants.by_key(shop.headers["authorization"].removeprefix("Bearer "))
    monkeypatch.setattr(holder, "scopes", 0)
    assert ask(served, connection, wire, payment(served, shop)) == [403]
    monkeypatch.undo()
    monkeypatch.setattr(holder, "expires_at", 1)
    assert ask(served, connection, wire, payment(served, shop)) == [401]


def test_while_keys_cannot_be_looked_up_a_known_head_opens_nothing_at_once(
    served: Served, shop: httpx.Client, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    hot, (connection, wire) = served.server.config.http_protocol_class.at_once[b"/v1/payments"], served.inside(connect)
    assert ask(served, connection, wire, payment(served, shop)) == [200]

    class Stale:
        stale = True

    monkeypatch.setattr(hot, "_merchants", Stale())
    assert not hot.begin_again(None, b"", b"{}")


def test_empty_lines_behind_a_request_that_came_in_parts_are_no_head(
    served: Served, shop: httpx.Client, connect: Connect
) -> None:
    """As many as a head and that request's body would have; then a body alone would pay."""
    connection, wire = served.inside(connect)
    asked = payment(served, shop)
    body_bytes = len(asked.partition(b"\r\n\r\n")[2])
    lines = (b"\r\n" * body_bytes)[: 4 + body_bytes]

    def read() -> None:
        for part in (asked[:1], asked[1:], lines):
            connection.data_received(part)

    served.inside(read)
    served.until(lambda: statuses(wire.said) == [200])
    assert not served.gate.heads._heads
