"""The operations of /v1 and the table that declares them. Each calls one feature and renders what it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec

from feiqian.payments.api.refused import ID_REUSED
from feiqian.payments.errors import PaymentNotFound
from feiqian.payments.requests import KnownReference, PaymentRequest, RefundRequest
from feiqian.payments.views import BalanceView, Page, PaymentView, RefundView, refund_view
from feiqian.runtime import logs
from feiqian.strings.patterns import matching
from feiqian.web.v1 import problems
from feiqian.web.v1.call import Answer, Call, Route

LONGEST_WAIT_SECONDS = 30  # below the time after which proxies give up

_encode = msgspec.json.encode
_log = logs.get("feiqian.api")


class PaymentQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the merchant's payments, newest first."""

    merchant_order: KnownReference | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    cursor: Annotated[str, matching("[A-Za-z0-9_=-]{1,200}")] | None = None


class WaitQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the answer may be held back while the customer has not decided."""

    wait: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_WAIT_SECONDS, description="Seconds.")] = 0


class RefundList(msgspec.Struct, frozen=True, omit_defaults=True):
    """All refunds of a payment, oldest first. `incomplete`: some may be missing, until that is repaired."""

    data: list[RefundView]
    incomplete: bool = False


async def pay(call: Call) -> Answer:
    return Answer(200, _encode(await call.services.payments.pay(call.merchant, call.body)))


async def list_payments(call: Call) -> Answer:
    query: PaymentQuery = call.query
    payments = call.services.payments
    if query.merchant_order is None:
        return Answer(200, _encode(await payments.list(call.merchant, query.cursor, query.limit)))
    try:
        found = [await payments.get_by_order(call.merchant, query.merchant_order)]
    except PaymentNotFound:
        found = []
    return Answer(200, _encode(Page(found, None)))


async def get_payment(call: Call) -> Answer:
    query: WaitQuery = call.query
    with _theirs(call):
        return Answer(200, _encode(await call.services.payments.get(call.merchant, call.id, query.wait)))


async def refund(call: Call) -> Answer:
    with _theirs(call):
        return Answer(200, _encode(await call.services.payments.refund(call.merchant, call.id, call.body)))


async def list_refunds(call: Call) -> Answer:
    with _theirs(call):
        await call.services.payments.get(call.merchant, call.id)  # whether it is theirs
    reads = call.services.reads
    facts = await reads.refunds_of(call.id)
    incomplete = await reads.merchant_incomplete(call.merchant.number)
    return Answer(200, _encode(RefundList([refund_view(fact) for fact in facts], incomplete)))


async def cancel(call: Call) -> Answer:
    with _theirs(call):
        return Answer(200, _encode(await call.services.payments.cancel(call.merchant, call.id)))


async def balance(call: Call) -> Answer:
    return Answer(200, _encode(await call.services.payments.balance(call.merchant)))


@contextmanager
def _theirs(call: Call) -> Iterator[None]:
    """404 whether it is nobody's or another's; logged, because asking for another's is how prying begins."""
    try:
        yield
    except PaymentNotFound:
        _log.warning("payment_not_found", merchant=call.merchant.number, payment=call.id[:64])
        raise problems.ProblemError(problems.NOT_FOUND, "You have no such payment.") from None


_OF_ONE = (problems.NOT_FOUND,)

ROUTES = (
    Route(
        name="createPayment",
        method="POST",
        path="/v1/payments",
        summary="Take a payment with the code on a customer's phone",
        description="Answers `succeeded`, `declined` with a `reason` and a `message` to read out, or "
        "`needs_verification`. Sent again with the same `merchant_order`, content and payer (the first code, or "
        "another of the same customer) it gives the first answer, and with anything else `/problems/id-reused`.",
        handler=pay,
        body=PaymentRequest,
        answer=PaymentView,
        problems=(ID_REUSED,),
    ),
    Route(
        name="listPayments",
        method="GET",
        path="/v1/payments",
        summary="Your payments, newest first, or the one with your order number",
        handler=list_payments,
        query=PaymentQuery,
        answer=Page,
    ),
    Route(
        name="getPayment",
        method="GET",
        path="/v1/payments/{id}",
        summary="A payment as it is now, or as soon as its customer has decided",
        description="With `wait`, a payment that is `needs_verification` is answered the moment that it ends "
        "(confirmed, declined, cancelled or expired), or after so many seconds as it is: then ask again. It counts as "
        "one request. While too many requests wait (64 of yours), the answer comes at once.",
        handler=get_payment,
        query=WaitQuery,
        answer=PaymentView,
        problems=_OF_ONE,
    ),
    Route(
        name="createRefund",
        method="POST",
        path="/v1/payments/{id}/refunds",
        summary="Give back part or all of a payment",
        description="Sent again with the same `merchant_refund` it gives the first answer.",
        handler=refund,
        body=RefundRequest,
        answer=RefundView,
        problems=(*_OF_ONE, ID_REUSED, problems.CONFLICT),
    ),
    Route(
        name="listRefunds",
        method="GET",
        path="/v1/payments/{id}/refunds",
        summary="The refunds of a payment",
        handler=list_refunds,
        answer=RefundList,
        problems=_OF_ONE,
    ),
    Route(
        name="cancelPayment",
        method="POST",
        path="/v1/payments/{id}/cancel",
        summary="Cancel a payment that waits for its customer",
        handler=cancel,
        answer=PaymentView,
        problems=(*_OF_ONE, problems.CONFLICT),
    ),
    Route(
        name="getBalance",
        method="GET",
        path="/v1/balance",
        summary="What you have received and not been paid out yet",
        handler=balance,
        answer=BalanceView,
    ),
)
