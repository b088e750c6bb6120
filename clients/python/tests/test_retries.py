"""Lost answers and a bank that is busy: what is sent again, and what is told in the end."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from feiqian.testing.served import Served
from feiqian.web.v1.parse import KEY_PATTERN
from feiqian_client import (
    AsyncClient,
    Client,
    Conflict,
    NotAllowed,
    NumberUsed,
    OutcomeUnknown,
    Retries,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from feiqian_client.calls import Answer, NoAnswer, attempts
from feiqian_client.operations import (
    cancel_payment,
    capture_order,
    change_endpoint,
    close_order,
    create_endpoint,
    create_order,
    delete_endpoint,
    get_order,
    refund_order,
    refund_payment,
    replay,
    rotate_secret,
    send_test,
    settle_order,
    void_order,
)

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


def keys(sent: Iterable[httpx.Request]) -> set[str]:
    return {request.headers["idempotency-key"] for request in sent}


def test_a_call_has_a_key_of_its_own_which_its_attempts_share(served: Served, wanted: Wanted) -> None:
    """Lost answers make no second endpoint, secret or test event."""
    client, transport = lossy(served, 0)
    calls = client.webhook_endpoints

    def lost(call: Callable[[], Any]) -> Any:
        transport.sent.clear()
        transport.lost = 2
        answer = call()
        assert (len(transport.sent), len(keys(transport.sent))) == (3, 1)
        used.update(keys(transport.sent))
        return answer

    used: set[str] = set()
    endpoint = lost(lambda: calls.create(url="https://shop.example/lost", events=["*"]))
    rotated = lost(lambda: calls.rotate(endpoint.id))
    assert rotated.secret not in ("", endpoint.secret)
    lost(lambda: calls.test(endpoint.id))
    assert [one.type for one in calls.deliveries(endpoint.id).data].count("webhook.test") == 1
    assert not lost(lambda: calls.change(endpoint.id, enabled=False)).enabled
    assert lost(lambda: calls.delete(endpoint.id)).deleted
    order = client.orders.create(**wanted())
    assert lost(lambda: client.orders.close(order.id)).status == "closed"
    later = client.orders.create(**wanted(capture="later"))
    client.payments.create(**served.order(), order=later.id)
    taken = lost(lambda: client.orders.capture(later.id, amount=250, merchant_capture="c-1"))
    assert (taken.paid, taken.authorised) == (250, 1000)
    assert lost(lambda: client.refunds.create(later.id, amount=50, merchant_refund="r-1")).status == "succeeded"
    assert lost(lambda: client.orders.void(later.id)).authorised == 0
    assert len(used) == 9, "each call has another"


def test_a_call_that_was_given_up_is_made_again_with_the_errors_key(served: Served) -> None:
    client, transport = lossy(served, 0)
    endpoint = client.webhook_endpoints.create(url="https://shop.example/given-up", events=["*"])
    transport.lost = 100
    with pytest.raises(OutcomeUnknown) as told:
        client.webhook_endpoints.rotate(endpoint.id)
    assert told.value.number == endpoint.id
    transport.lost = 0
    key = told.value.idempotency_key
    rotated = [client.webhook_endpoints.rotate(endpoint.id, idempotency_key=key) for _ in range(2)]
    assert rotated[0] == rotated[1]
    with pytest.raises(NumberUsed):
        client.webhook_endpoints.delete(endpoint.id, idempotency_key=key)
    client.webhook_endpoints.delete(endpoint.id)


CHANGES = [
    close_order("ord_1"),
    capture_order("ord_1", amount=1, merchant_capture="c-1"),
    void_order("ord_1"),
    refund_order("ord_1", amount=1, merchant_refund="r-1"),
    refund_payment("pay_1", amount=1, merchant_refund="r-1"),
    cancel_payment("pay_1"),
    create_endpoint(url="https://shop.example/hooks", events=["*"]),
    change_endpoint("whe_1", enabled=True),
    delete_endpoint("whe_1"),
    rotate_secret("whe_1"),
    send_test("whe_1"),
    replay("whe_1", since=datetime.now(UTC), until=datetime.now(UTC)),
]


def test_every_change_but_those_that_a_number_makes_one_for_ever_sends_a_key() -> None:
    sent = {call.headers["idempotency-key"] for call in CHANGES}
    assert len(sent) == len(CHANGES)
    assert all(re.fullmatch(KEY_PATTERN, key) for key in sent)
    own = close_order("ord_1", idempotency_key="close-1")
    assert own.headers["idempotency-key"] == "close-1"
    told, pauses = played(own, [LOST] * 5)
    assert (type(told), told.idempotency_key, len(pauses)) == (OutcomeUnknown, "close-1", 5)
