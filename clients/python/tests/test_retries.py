"""Lost answers and a bank that is busy: what is sent again, and what is told in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import httpx
import msgspec
import pytest

from feiqian.testing.served import Served
from feiqian_client import (
    AsyncClient,
    Client,
    Conflict,
    NotAllowed,
    OutcomeUnknown,
    Retries,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from feiqian_client.calls import Answer, NoAnswer, attempts
from feiqian_client.operations import close_order, create_endpoint, create_order, get_order, settle_order

Wanted = Callable[..., dict[str, Any]]
LOST, NOT_SENT = NoAnswer(True, "ReadTimeout"), NoAnswer(False, "ConnectError")
STEADY = Retries(chance=lambda: 1.0)
CREATE = create_order(merchant_order="A-1", amount=1250, currency="CNY")


def problem(status: int, slug: str, retry_after: str = "") -> Answer:
    body = msgspec.json.encode({"type": f"/problems/{slug}", "title": slug, "status": status})
    return Answer(status, "application/problem+json", retry_after, body)


OVERLOADED, UNKNOWN = problem(503, "overloaded"), problem(503, "outcome-unknown")
PROXY = Answer(502, "text/html", "", b"<h1>Bad gateway")


def played(call: Any, replies: Iterable[Answer | NoAnswer], retries: Retries = STEADY) -> tuple[Any, list[float]]:
    """The result or the error, and the pauses."""
    steps = attempts(call, retries)
    pauses = [next(steps)]
    try:
        for reply in replies:
            pauses.append(steps.send(reply))
    except StopIteration as ended:
        return ended.value, pauses
    except Exception as error:
        return error, pauses
    raise AssertionError("it waits for more")


class Lossy(httpx.BaseTransport):
    """Carries requests to the real bank; of the first ones the answers are lost."""

    def __init__(self, lost: int) -> None:
        self._real, self.lost, self.sent = httpx.HTTPTransport(), lost, list[httpx.Request]()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        response = self._real.handle_request(request)
        if len(self.sent) <= self.lost:
            response.read()
            raise httpx.ReadTimeout("the answer is lost", request=request)
        return response


def lossy(served: Served, lost: int) -> tuple[Client, Lossy]:
    transport = Lossy(lost)
    client = Client(served.url, served.merchants[0].key, transport=transport, sleep=lambda _: None)
    return client, transport


def test_lost_answers_make_one_order_and_one_payment(served: Served, wanted: Wanted) -> None:
    client, transport = lossy(served, 3)
    order = client.orders.create(**wanted(), idempotency_key="lost-1")
    assert (order.version, len(transport.sent)) == (1, 4)
    assert len({(request.content, request.headers["idempotency-key"]) for request in transport.sent}) == 1
    client, transport = lossy(served, 2)
    payment = client.payments.create(**served.order(), order=order.id)
    assert (payment.status, len(transport.sent)) == ("succeeded", 3)
    settled = client.orders.settle(order.id).order
    assert settled is not None
    assert (settled.paid, len(settled.taken)) == (1250, 1)
    client, transport = lossy(served, 4)
    refund = client.refunds.create(order.id, amount=1000, merchant_refund="most")
    assert (refund.status, client.refunds.list(order.id).data) == ("succeeded", (refund,))


def test_what_is_never_answered_is_unknown_and_can_be_asked_for_later(served: Served, wanted: Wanted) -> None:
    client, transport = lossy(served, 5)
    content = wanted()
    with pytest.raises(OutcomeUnknown) as told:
        client.orders.create(**content)
    assert (told.value.number, len(transport.sent)) == (content["merchant_order"], 5)
    found = client.orders.find(told.value.number)
    assert found == client.orders.create(**content)  # the same number, the same order


def test_the_asynchronous_client_sends_again_too(served: Served, wanted: Wanted) -> None:
    paused: list[float] = []

    class AsyncLossy(httpx.AsyncHTTPTransport):
        lost = 2

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await super().handle_async_request(request)
            if self.lost:
                self.lost -= 1
                await response.aread()
                raise httpx.ReadTimeout("the answer is lost", request=request)
            return response

    async def pause(seconds: float) -> None:
        paused.append(seconds)

    async def shop() -> None:
        key = served.merchants[0].key
        async with AsyncClient(served.url, key, transport=AsyncLossy(), sleep=pause, retries=STEADY) as bank:
            content = wanted()
            order = await bank.orders.create(**content)
            assert await bank.orders.find(content["merchant_order"]) == order

    asyncio.run(shop())
    assert paused == [0.2, 0.4]


def test_pauses_double_up_to_a_bound_and_are_cut_by_chance() -> None:
    _, pauses = played(CREATE, [LOST] * 8, STEADY._replace(attempts=8))
    assert pauses == [0, 0.2, 0.4, 0.8, 1.6, 3.0, 3.0, 3.0]
    _, pauses = played(CREATE, [LOST] * 3, Retries(attempts=3, chance=lambda: 0.0))
    assert pauses == [0, 0.1, 0.2]


def test_the_bank_says_how_long_to_wait_within_reason() -> None:
    replies = [problem(503, "overloaded", asked) for asked in ("2", "86400", "soon", "-1", "")]
    assert played(CREATE, replies)[1] == [0, 2, 10, 0.8, 1.6]


@pytest.mark.parametrize(
    ("replies", "error"),
    [
        ([NOT_SENT] * 5, Unavailable),
        ([OVERLOADED] * 5, Unavailable),
        ([problem(429, "too-many-requests")] * 5, TooManyRequests),
        ([problem(409, "conflict")], Conflict),
        ([LOST, problem(409, "conflict")], Conflict),  # which the bank says of this very number
        ([LOST] * 5, OutcomeUnknown),
        ([UNKNOWN] * 5, OutcomeUnknown),
        ([PROXY] * 5, OutcomeUnknown),
        ([problem(500, "internal")] * 5, OutcomeUnknown),
        ([LOST, OVERLOADED, NOT_SENT, OVERLOADED, NOT_SENT], OutcomeUnknown),
        ([LOST, problem(401, "key-invalid")], OutcomeUnknown),  # which says nothing of the first attempt
        ([LOST, *[problem(429, "too-many-requests")] * 4], OutcomeUnknown),
        ([Answer(200, "application/json", "", b"<html>")], OutcomeUnknown),
    ],
)
def test_what_may_have_been_done_is_never_told_as_refused(replies: list[Any], error: type[Exception]) -> None:
    told, _ = played(CREATE, replies)
    assert type(told) is error


def test_a_question_that_is_not_answered_changes_nothing() -> None:
    for replies in ([LOST] * 5, [UNKNOWN] * 5, [PROXY] * 5):
        assert type(played(get_order("ord_1"), replies)[0]) is Unavailable
    assert type(played(get_order("ord_1"), [problem(401, "key-invalid")])[0]) is Unauthenticated
    for asked in (get_order("ord_1"), settle_order("ord_1"), CREATE):  # no answer is as final as that the key may not
        assert type(played(asked, [problem(403, "scope-missing")])[0]) is NotAllowed


def test_what_has_no_number_is_not_sent_twice_once_it_may_have_arrived() -> None:
    endpoint = create_endpoint(url="https://shop.example/hooks", events=["*"])
    assert type(played(endpoint, [LOST])[0]) is OutcomeUnknown
    assert type(played(endpoint, [NOT_SENT, OVERLOADED, LOST])[0]) is OutcomeUnknown
    assert type(played(close_order("ord_1"), [LOST] * 5)[0]) is OutcomeUnknown
