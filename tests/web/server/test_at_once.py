"""Payments that are decided in the protocol's callback: answered when durable, in order, within the same bounds."""

from __future__ import annotations

import gc
import json
import re
import secrets
import weakref
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from feiqian.ledger.recovery import open_journal
from feiqian.testing.raw import payment, raw, request_of, statuses
from feiqian.testing.served import Served
from feiqian.testing.wires import Wire, connected
from feiqian.web.server.exchange import Prompt
from feiqian.web.server.overload import REFUSAL

CLOSE = {"connection": "close"}  # which needs a task
HEALTH = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """A bank that a test may stop."""
    bank = Served(tmp_path)
    yield bank
    bank.stop()


def test_an_answer_is_written_when_its_row_is_durable_and_not_before(
    served: Served, shop: httpx.Client, connect
) -> None:
    ledger, asked = served.bank.services.ledger, payment(served, shop)

    def read() -> tuple[Wire, int]:
        connection, wire = connect()
        connection.data_received(asked)
        served.gate.flush()
        assert ledger.position == ledger.durable_position + 1, "it is decided, and not durable"
        assert wire.said == b""
        assert not connection.idle
        return wire, ledger.position

    wire, position = served.inside(read)
    served.until(lambda: wire.said != b"")
    assert ledger.durable_position >= position
    assert statuses(wire.said) == [200]
    assert b'"status":"succeeded"' in wire.said


def test_an_order_is_made_and_paid_without_a_task_and_answered_when_durable(
    served: Served, shop: httpx.Client, connect
) -> None:
    ledger, paying = served.bank.services.ledger, served.order()
    wanted = {"merchant_order": "at-once-1", "amount": paying["amount"], "currency": "CNY"}

    def read(asked: bytes) -> tuple[Wire, int]:
        connection, wire = connect()
        connection.data_received(asked)
        served.gate.flush()
        assert not connection.tasks
        assert wire.said == b""
        assert ledger.position == ledger.durable_position + 1, "it is decided, and not durable"
        return wire, ledger.position

    def answered(path: str, body: dict[str, Any]) -> dict[str, Any]:
        wire, position = served.inside(lambda: read(request_of(path, body, shop)))
        served.until(lambda: wire.said != b"")
        assert ledger.durable_position >= position
        assert statuses(wire.said) == [200]
        told: dict[str, Any] = json.loads(wire.said.partition(b"\r\n\r\n")[2])
        return told

    order = answered("/v1/orders", wanted)
    assert shop.get(f"/v1/orders/{order['id']}").json() == order
    paid = answered("/v1/payments", paying | {"order": order["id"]})
    assert paid["status"] == "succeeded"
    assert shop.get(f"/v1/orders/{order['id']}").json()["payment"] == paid["id"]
    assert served.admission.total == 0


def test_an_order_asked_for_again_or_wrongly_is_answered_as_through_a_task(served: Served, shop: httpx.Client) -> None:
    wanted = {"merchant_order": "at-once-2", "amount": 100, "currency": "CNY"}
    said = [
        shop.post("/v1/orders", json=wanted | changed, headers=headers)
        for changed in ({}, {}, {"amount": 101}, {"currency": "EUR", "merchant_order": "at-once-3"})
        for headers in ({}, CLOSE)
    ]
    assert [one.status_code for one in said] == [200] * 4 + [422] * 4
    bodies = [one.json() for one in said]
    assert bodies[0] == bodies[1] == bodies[2] == bodies[3]
    assert (bodies[4], bodies[6]) == (bodies[5], bodies[7])
    assert served.admission.total == 0


def test_an_order_that_cannot_be_paid_so_is_refused_at_once_as_through_a_task(
    served: Served, shop: httpx.Client
) -> None:
    def made(**more: Any) -> str:
        wanted = {"merchant_order": secrets.token_hex(8), "amount": 1250, "currency": "CNY"}
        return str(shop.post("/v1/orders", json=wanted | more).json()["id"])

    closed, by_wallet, open_ = made(), made(methods=["wallet"]), made()
    shop.post(f"/v1/orders/{closed}/close")
    with served.client(1) as other:
        asked: list[tuple[httpx.Client, dict[str, Any]]] = [
            (shop, {"order": closed}),
            (shop, {"order": by_wallet}),
            (shop, {"order": open_, "amount": 1251}),
            (other, {"order": open_}),
        ]
        said = [
            [client.post("/v1/payments", json=served.order(**fields), headers=headers) for headers in ({}, CLOSE)]
            for client, fields in asked
        ]
    told = [[(one.status_code, one.json().get("reason")) for one in pair] for pair in said]
    assert told == [[(200, "order_not_open")] * 2, [(409, None)] * 2, [(422, None)] * 2, [(404, None)] * 2]
    assert {shop.get(f"/v1/orders/{id}").json()["paid"] for id in (closed, by_wallet, open_)} == {0}
    assert served.admission.total == 0


def test_what_one_tick_of_the_loop_decides_is_one_row_and_answered_in_order(
    served: Served, shop: httpx.Client, connect
) -> None:
    ledger, asked = served.bank.services.ledger, [payment(served, shop) for _ in range(5)]

    def read() -> tuple[list[Wire], int]:
        before = ledger.position
        connections = [connect() for _ in asked]
        for (connection, _), data in zip(connections, asked, strict=True):
            connection.data_received(data)
        assert ledger.position == before + 1
        return [wire for _, wire in connections], before + 1

    wires, row = served.inside(read)
    served.until(lambda: len(Wire.all) == len(wires))
    assert Wire.all == wires
    assert ledger.durable_position >= row
    assert all(statuses(wire.said) == [200] for wire in wires)


def test_pipelined_requests_of_all_kinds_are_answered_in_their_order(served: Served, shop: httpx.Client) -> None:
    key = shop.headers["authorization"].encode()
    balance = b"GET /v1/balance HTTP/1.1\r\nhost: x\r\nauthorization: %b\r\n\r\n" % key
    nobodys = payment(served, shop).replace(key, b"Bearer fq_test_" + b"x" * 43)
    asked = [payment(served, shop) for _ in range(4)]
    last = payment(served, shop, b"connection: close\r\n")
    said = raw(served, b"".join([nobodys, asked[0], balance, asked[1], HEALTH, asked[2], asked[3], nobodys, last]))
    assert statuses(said) == [401, 200, 200, 200, 200, 200, 200, 401, 200]
    orders = [re.search(rb'"merchant_order": ?"(\w+)"', one) for one in [*asked, last]]
    assert re.findall(rb'"merchant_order":"(\w+)"', said) == [order and order[1] for order in orders]


def test_a_body_that_comes_in_parts_is_waited_for_by_a_task(served: Served, shop: httpx.Client, connect) -> None:
    asked = payment(served, shop)

    def read(data: bytes) -> None:
        connection.data_received(data)

    connection, wire = served.inside(connect)
    served.inside(lambda: read(asked[:-7]))
    assert connection.prompt is None
    assert served.inside(lambda: len(connection.tasks)) >= 1
    served.inside(lambda: read(asked[-7:]))
    served.until(lambda: wire.said != b"")
    assert statuses(wire.said) == [200]


def test_a_client_that_leaves_before_the_commit_has_paid_and_leaves_nothing_behind(
    served: Served, shop: httpx.Client, connect
) -> None:
    order = served.order()
    asked = payment_of(order, shop)

    def read_and_lose() -> tuple[Wire, int, Any]:
        connection, wire = connect()
        connection.data_received(asked)
        assert served.admission.total == 1
        wire.closed = True
        connection.connection_lost(None)
        return wire, served.bank.services.ledger.position, weakref.ref(connection)

    gc.collect()
    gc.disable()
    try:
        wire, position, connection = served.inside(read_and_lose)
        served.until(lambda: served.bank.services.ledger.durable_position >= position)
        served.until(lambda: served.admission.total == 0)
        served.inside(lambda: None)  # the callback that gave its place back has returned
        assert connection() is None, "only the garbage collector would free it"
    finally:
        gc.enable()
    assert wire.said == b""
    assert shop.post("/v1/payments", json=order).json()["status"] == "succeeded"


def test_a_connection_that_was_answered_leaves_nothing_behind(served: Served, shop: httpx.Client, connect) -> None:
    asked = payment(served, shop)

    def read() -> tuple[Any, Any]:
        connection, wire = connect()
        connection.data_received(asked)
        return connection, wire

    held = [*served.inside(read)]
    served.until(lambda: held[1].said != b"")
    left = weakref.ref(held[0])
    gc.collect()
    gc.disable()
    try:
        served.inside(lambda: held.pop(0).connection_lost(None))
        assert left() is None
    finally:
        gc.enable()


def payment_of(order: dict[str, Any], shop: httpx.Client, more: bytes = b"") -> bytes:
    return request_of("/v1/payments", order, shop, more)


def test_what_was_decided_and_cannot_be_committed_is_answered_as_unknown(own: Served) -> None:
    """As through a task: another writer takes the journal over between the decision and the commit."""
    with own.client() as shop:
        asked = payment(own, shop)
        Wire.all = []

        def read() -> list[Wire]:
            at_once, in_task = connected(own), connected(own)
            at_once[0].data_received(asked)
            with closing(open_journal(Path(own.settings.data))) as journal:
                journal.open_writer()
            in_task[0].data_received(asked[:-1])
            in_task[0].data_received(asked[-1:])
            return [at_once[1], in_task[1]]

        wires = own.inside(read)
        own.until(lambda: all(wire.said for wire in wires))
    at_once, in_task = (wire.said.partition(b"\r\n\r\n") for wire in wires)
    assert statuses(b"".join(at_once)) == statuses(b"".join(in_task)) == [503]
    assert json.loads(at_once[2])["type"] == json.loads(in_task[2])["type"]
    assert own.admission.total == 0


def test_a_retry_whose_first_answer_is_no_longer_in_memory_is_read(own: Served) -> None:
    with own.client() as shop:
        order = own.order()
        first = shop.post("/v1/payments", json=order).json()
    own.stop()
    own.start()
    with own.client() as shop:
        assert shop.post("/v1/payments", json=order).json() == first
        assert shop.post("/v1/payments", json=order | {"amount": 1}).status_code == 422
        again = payment_of(order, shop)  # whole, as a client does not send it who writes head and body
        said = raw(own, again + payment_of(order, shop, b"connection: close\r\n"))
        assert statuses(said) == [200, 200]
        assert said.count(first["id"].encode()) == 2
    assert own.admission.total == 0


def test_abuse_71_over_capacity_merchants_have_their_shares_in_the_callback(
    served: Served, shop: httpx.Client, other_shop: httpx.Client, connect
) -> None:
    """`connection: keep-alive` makes the requests such as are parsed before they are refused."""
    limit, served.admission.limit = served.admission.limit, 2
    more = b"connection: keep-alive\r\n"
    mine = [payment(served, shop, more) for _ in range(3)]
    others = [payment(served, other_shop, more) for _ in range(2)]

    def read() -> list[Wire]:
        refused = served.admission.refused
        connections = [connect() for _ in range(5)]
        for (connection, _), data in zip(connections, [*mine, *others], strict=True):
            connection.data_received(data)
        assert served.admission.total == 3
        assert served.admission.refused == refused + 2
        return [wire for _, wire in connections]

    try:
        wires = served.inside(read)
        served.until(lambda: all(wire.said for wire in wires))
    finally:
        served.admission.limit = limit
    assert [statuses(wire.said) for wire in wires] == [[200], [200], [503], [200], [503]]
    assert served.admission.total == 0
    assert wires[2].said.partition(b"\r\n\r\n")[2] == REFUSAL.partition(b"\r\n\r\n")[2]


def test_abuse_71_nothing_is_decided_for_who_fetches_no_answers(served: Served, shop: httpx.Client, connect) -> None:
    ledger = served.bank.services.ledger
    nobodys = payment(served, shop).replace(shop.headers["authorization"].encode(), b"Bearer nobody's")
    asked = nobodys + payment(served, shop)

    def read() -> Wire:
        before, (connection, wire) = ledger.position, connect()
        connection.pause_writing()
        connection.data_received(asked)
        assert ledger.position == before
        return wire

    assert served.inside(read).closed


def test_there_is_one_answer_also_where_it_cannot_be_made(served: Served, connect) -> None:
    def answered() -> Wire:
        connection, wire = connect()
        connection.cycle = Prompt(served.gate, wire, connection.flow, connection.on_response_complete)
        connection.cycle.default_headers = connection.server_state.default_headers
        tell = partial(served.server.config.loaded_app.payments._tell, connection.cycle, 0.0)
        tell(object())
        tell(ValueError())
        served.gate.flush()
        return wire

    assert statuses(served.inside(answered).said) == [500]
