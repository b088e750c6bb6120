"""A signed-in customer pays a merchant from an own account: begun, proved by a challenge, confirmed, listed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar.params import FromQuery, JSONBody

from feiqian.auth.api import shapes
from feiqian.auth.api.refused import CHALLENGE_NOT_PASSED, FACTOR_NOT_USABLE
from feiqian.auth.api.render import shown
from feiqian.auth.sessions.model import Session
from feiqian.clock import moment
from feiqian.money import BY_CODE, BY_NUMBER
from feiqian.payments.api.customers import limit_shown
from feiqian.payments.requests import Amount, CurrencyCode, Description
from feiqian.quick.method import LONGEST_GIVEN
from feiqian.quick.paying_errors import NotPayable
from feiqian.quick.paying_model import Bill as Payable
from feiqian.quick.paying_model import BillNumber, QuickPayment, Status
from feiqian.runtime.paging import Ask
from feiqian.services import Services
from feiqian.strings.patterns import LINE, matching
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, TheVisitor, get, grouped, post
from feiqian.web.v1.problems import Kind

ACCOUNT_UNCLEAR = Kind("account-unclear", "Several of your accounts end in these digits", 409)
PATH = "/v1/me/quick-payments"
_MERCHANT = "mer_01a21ac8d8a073fb8e8d69f236941c11"
Cursor = Annotated[str, matching("[a-z0-9_]{1,40}")]
Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]
MerchantId = Annotated[str, matching("[a-z0-9_]+", min_length=1, max_length=64, examples=[_MERCHANT])]
Given = Annotated[
    str,
    matching(
        LINE,
        min_length=1,
        max_length=LONGEST_GIVEN,
        description="The last digits of the account's number, six or more, or its alias.",
        examples=["481203"],
    ),
]


class QuickPaymentStart(shapes.Body, frozen=True):
    """What is paid, to whom, and from which account. `reference` says to the merchant what it is for."""

    merchant: MerchantId
    amount: Amount
    currency: CurrencyCode
    reference: BillNumber
    account: Given
    description: Description = ""


class QuickPaymentShown(msgspec.Struct, frozen=True):
    """A quick payment as it is now. `account`: the last four digits of its number. While it is `open`, it waits to be
    confirmed, and `paid_before` says when you have paid this merchant the same amount, minutes ago: perhaps this is the
    same again. What is `proved` was confirmed, and whether it was paid is not known yet: confirm it again. `limit`: of
    one that a limit declined."""

    id: str
    status: Status
    reason: str | None
    merchant: str
    amount: int
    currency: str
    reference: str
    description: str
    account: str
    payment: str | None
    created_at: datetime
    limit: shapes.DeclinedByLimit | None = None
    paid_before: datetime | None = None


class QuickPaymentList(msgspec.Struct, frozen=True):
    """Those that were confirmed, newest first. `next` is the cursor of the page after it, None at the end."""

    data: list[QuickPaymentShown]
    next: str | None


@post(
    PATH,
    "startQuickPayment",
    "Begin to pay a merchant from one of your accounts",
    who="customer",
    description="Nothing is paid before it is confirmed. Whoever does not confirm it begins another.",
    problems=(ACCOUNT_UNCLEAR,),
)
async def start_quick_payment(
    data: JSONBody[QuickPaymentStart], session: TheSession, services: TheServices
) -> QuickPaymentShown:
    merchant, currency = services.merchants.by_id(data.merchant), BY_CODE.get(data.currency)
    if merchant is None or currency is None:
        raise NotPayable("merchant" if merchant is None else "currency")
    bill = Payable(merchant.number, data.amount, currency.number, data.reference, data.description)
    id = await services.quick_payments.begin(session.subject, bill, data.account)
    return await _own(services, session, id)


@get(PATH, "listQuickPayments", "Quick payments that were confirmed, newest first", who="customer")
async def list_quick_payments(
    session: TheSession,
    services: TheServices,
    limit: FromQuery[Limit] = 20,
    cursor: FromQuery[Cursor | None] = None,
) -> QuickPaymentList:
    await services.reads.wait(services.ledger.durable_position, who=("customer", session.subject.customer))
    page = await services.quick_payments.confirmed(session.subject, Ask(before=cursor or ""), limit)
    return QuickPaymentList([_shown(services, payment) for payment in page.items], page.older or None)


@get(PATH + "/{id:str}", "getQuickPayment", "A quick payment", who="customer", problems=(problems.NOT_FOUND,))
async def get_quick_payment(id: Id, session: TheSession, services: TheServices) -> QuickPaymentShown:
    return await _own(services, session, id)


@post(
    PATH + "/{id:str}/challenge",
    "beginQuickPayment",
    "Begin to confirm a quick payment; the challenge's `text` is what is confirmed",
    who="customer",
    problems=(problems.NOT_FOUND, problems.CONFLICT, FACTOR_NOT_USABLE),
)
async def begin_quick_payment(
    id: Id, session: TheSession, visitor: TheVisitor, services: TheServices
) -> shapes.ChallengeShown:
    quick = services.quick_payments
    return shown(await quick.challenge(session.subject, id, visitor.language, session.device))


@post(
    PATH + "/{id:str}/confirm",
    "confirmQuickPayment",
    "Pay it, with the challenge that was passed for it",
    who="customer",
    description="Sent again with the same challenge it is answered as it is: it is paid at most once.",
    problems=(problems.NOT_FOUND, problems.CONFLICT, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED),
)
async def confirm_quick_payment(
    id: Id, data: JSONBody[shapes.WithChallenge], session: TheSession, services: TheServices
) -> QuickPaymentShown:
    await services.quick_payments.pay_own(session.subject, id, data.challenge)
    return await _own(services, session, id)


async def _own(services: Services, session: Session, id: str) -> QuickPaymentShown:
    payment = await services.quick_payments.get_own(session.subject, id)
    paid_before = await services.quick_payments.own_paid_before(session.subject, payment)
    return _shown(services, payment, paid_before)


def _shown(services: Services, payment: QuickPayment, paid_before: datetime | None = None) -> QuickPaymentShown:
    bill, row = payment.bill, payment.row
    return QuickPaymentShown(
        id=payment.id,
        status=payment.status,
        reason=row.reason if row else None,
        merchant=services.merchants.name(bill.merchant),
        amount=bill.amount,
        currency=BY_NUMBER[bill.currency].code,
        reference=bill.reference,
        description=bill.description,
        account=payment.last_four,
        payment=row.id if row else None,
        created_at=moment(payment.created_at),
        limit=limit_shown(row.limit) if row else None,
        paid_before=paid_before,
    )


OPERATIONS = grouped(
    "Quick payments",
    "A customer pays a merchant from an own account, and confirms it with a challenge bound to amount and payee. "
    "The challenge is answered under `/v1/me/challenges`.",
    start_quick_payment,
    list_quick_payments,
    get_quick_payment,
    begin_quick_payment,
    confirm_quick_payment,
)
