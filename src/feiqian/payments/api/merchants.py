"""What merchants do with payments. Each operation calls the feature and renders what it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
from litestar.params import FromQuery, JSONBody

from feiqian.merchants.registry import Merchant
from feiqian.merchants.scopes import Scope
from feiqian.payments.errors import PaymentNotFound
from feiqian.payments.requests import KnownReference, PaymentRequest, RefundRequest
from feiqian.payments.views import BalanceView, Page, PaymentView, RefundView, refund_view
from feiqian.runtime import logs
from feiqian.strings.patterns import matching
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheKey, TheMerchant, TheServices, get, grouped, post

LONGEST_WAIT_SECONDS = 30  # below the time after which proxies give up

Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]
Cursor = Annotated[str, matching("[A-Za-z0-9_=-]{1,200}")]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_WAIT_SECONDS, description="Seconds.")]
_log = logs.get("feiqian.api")


class RefundList(msgspec.Struct, frozen=True, omit_defaults=True):
    """All refunds of a payment, oldest first. `incomplete`: some may be missing, until that is repaired."""

    data: list[RefundView]
    incomplete: bool = False


@contextmanager
def _theirs(merchant: Merchant, payment: str) -> Iterator[None]:
    """404 whether it is nobody's or another's; logged, because asking for another's is how prying begins."""
    try:
        yield
    except PaymentNotFound:
        _log.warning("payment_not_found", merchant=merchant.number, payment=payment[:64])
        raise problems.ProblemError(problems.NOT_FOUND, "You have no such payment.") from None


_OF_ONE = (problems.NOT_FOUND,)


@post(
    "/v1/payments",
    "createPayment",
    "Take a payment with the code on a customer's phone",
    description="Answers `succeeded`, `declined` with a `reason` and a `message` to read out, or "
    "`needs_verification`. Sent again with the same `merchant_order`, content and payer (the first code, or "
    "another of the same customer) it gives the first answer, and with anything else `/problems/id-reused`. That "
    "number is its key: it takes no `Idempotency-Key`.",
    problems=(problems.ID_REUSED, problems.NOT_FOUND, problems.CONFLICT),
    scope=Scope.PAYMENTS_WRITE,
)
async def create_payment(data: JSONBody[PaymentRequest], merchant: TheMerchant, services: TheServices) -> PaymentView:
    """`web.v1.hot` does the same without the framework, and is asked first."""
    return await services.payments.pay(merchant, data)


@get(
    "/v1/payments",
    "listPayments",
    "Your payments, newest first, or the one with your order number",
    scope=Scope.PAYMENTS_READ,
)
async def list_payments(
    merchant: TheMerchant,
    services: TheServices,
    merchant_order: FromQuery[KnownReference | None] = None,
    limit: FromQuery[Limit] = 20,
    cursor: FromQuery[Cursor | None] = None,
) -> Page:
    if merchant_order is None:
        return await services.payments.list(merchant, cursor, limit)
    try:
        return Page([await services.payments.get_by_order(merchant, merchant_order)], None)
    except PaymentNotFound:
        return Page([], None)


@get(
    "/v1/payments/{id:str}",
    "getPayment",
    "A payment as it is now, or as soon as its customer has decided",
    description="With `wait`, a payment that is `needs_verification` is answered the moment that it ends "
    "(confirmed, declined, cancelled or expired), or after so many seconds as it is: then ask again. It counts as "
    "one request. While too many requests wait (64 of yours), the answer comes at once.",
    problems=_OF_ONE,
    scope=Scope.PAYMENTS_READ,
)
async def get_payment(
    id: Id, merchant: TheMerchant, services: TheServices, wait: FromQuery[Seconds] = 0
) -> PaymentView:
    with _theirs(merchant, id):
        return await services.payments.get(merchant, id, wait)


@post(
    "/v1/payments/{id:str}/refunds",
    "createRefund",
    "Give back part or all of a payment",
    description="Sent again with the same `merchant_refund` it gives the first answer.",
    problems=(*_OF_ONE, problems.ID_REUSED, problems.CONFLICT),
    scope=Scope.REFUNDS_WRITE,
)
async def create_refund(
    id: Id, data: JSONBody[RefundRequest], merchant: TheMerchant, services: TheServices, idempotency_key: TheKey
) -> RefundView:
    with _theirs(merchant, id):
        return await services.payments.refund(merchant, id, data, idempotency_key)


@get(
    "/v1/payments/{id:str}/refunds",
    "listRefunds",
    "The refunds of a payment",
    problems=_OF_ONE,
    scope=Scope.PAYMENTS_READ,
)
async def list_refunds(id: Id, merchant: TheMerchant, services: TheServices) -> RefundList:
    with _theirs(merchant, id):
        await services.payments.get(merchant, id)  # whether it is theirs
    facts = await services.reads.refunds_of(id)
    incomplete = await services.reads.merchant_incomplete(merchant.number)
    return RefundList([refund_view(fact) for fact in facts], incomplete)


@post(
    "/v1/payments/{id:str}/cancel",
    "cancelPayment",
    "Cancel a payment that waits for its customer",
    description="Cancelled again it stays so.",
    problems=(*_OF_ONE, problems.ID_REUSED, problems.CONFLICT),
    scope=Scope.PAYMENTS_WRITE,
)
async def cancel_payment(id: Id, merchant: TheMerchant, services: TheServices, idempotency_key: TheKey) -> PaymentView:
    with _theirs(merchant, id):
        return await services.payments.cancel(merchant, id, idempotency_key)


@get("/v1/balance", "getBalance", "What you have received and not been paid out yet", scope=Scope.REPORTS_READ)
async def get_balance(merchant: TheMerchant, services: TheServices) -> BalanceView:
    return await services.payments.balance(merchant)


OPERATIONS = grouped(
    "Payments",
    "A merchant takes payments, gives money back, and sees what came of them.",
    create_payment,
    list_payments,
    get_payment,
    create_refund,
    list_refunds,
    cancel_payment,
    get_balance,
)
