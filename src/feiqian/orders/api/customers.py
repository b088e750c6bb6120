"""A signed-in customer looks at an order and pays it, with a challenge that is bound to it."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar.params import JSONBody

from feiqian.auth.api import shapes
from feiqian.auth.api.refused import CHALLENGE_NOT_PASSED, FACTOR_NOT_USABLE
from feiqian.auth.api.render import shown
from feiqian.events import PaymentStatus
from feiqian.orders.model import LineItem, OrderStatus
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, TheVisitor, get, grouped, post

PATH = "/v1/me/orders/{id:str}"
_OF_ONE = (problems.NOT_FOUND, problems.CONFLICT)


class OrderToPay(msgspec.Struct, frozen=True):
    """An order as its payer sees it, amounts in minor units. `paid_before`: you have paid this merchant the same amount
    then, minutes ago: perhaps this is the same again."""

    id: str
    status: OrderStatus
    merchant: str
    amount: int
    currency: str
    description: str
    line_items: tuple[LineItem, ...]
    processing: bool
    expires_at: datetime
    paid_before: datetime | None


class OrderAnswer(msgspec.Struct, frozen=True):
    """What became of trying to pay it: `succeeded` or `declined`, with a `reason` and its sentence."""

    payment: str | None
    status: PaymentStatus
    reason: str | None
    message: str | None


@get(PATH, "getOrderToPay", "An order that you may pay", who="customer", problems=(problems.NOT_FOUND,))
async def get_order_to_pay(id: Id, session: TheSession, services: TheServices) -> OrderToPay:
    order, merchant, paid_before = await services.wallet_orders.look(session.subject.customer, id)
    return OrderToPay(
        id=order.id,
        status=order.status,
        merchant=merchant.name,
        amount=order.amount,
        currency=order.currency,
        description=order.description,
        line_items=order.line_items,
        processing=order.processing,
        expires_at=order.expires_at,
        paid_before=paid_before,
    )


@post(
    PATH + "/challenge",
    "beginOrderPayment",
    "Begin to pay an order; the challenge's `text` is what is confirmed",
    who="customer",
    problems=(*_OF_ONE, FACTOR_NOT_USABLE),
)
async def begin_order_payment(
    id: Id, session: TheSession, visitor: TheVisitor, services: TheServices
) -> shapes.ChallengeShown:
    return shown(await services.wallet_orders.begin(session.subject, id, visitor.language, session.device))


@post(
    PATH + "/pay",
    "payOrder",
    "Pay an order, with the challenge that was passed for it",
    who="customer",
    description="Sent again with the same challenge it is answered as at first: it is paid at most once.",
    problems=(*_OF_ONE, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED),
)
async def pay_order(
    id: Id, data: JSONBody[shapes.WithChallenge], session: TheSession, services: TheServices
) -> OrderAnswer:
    view = await services.wallet_orders.pay(session.subject, id, data.challenge)
    return OrderAnswer(view.id, view.status, view.reason, view.message)


OPERATIONS = grouped(
    "Paying orders",
    "A signed-in customer pays an order from the wallet, or from the account that was chosen for payments.",
    get_order_to_pay,
    begin_order_payment,
    pay_order,
)
