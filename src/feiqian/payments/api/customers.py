"""A signed-in customer: wallet, payment code, payments, and those that wait to be confirmed."""

from __future__ import annotations

from collections.abc import Mapping

from litestar.params import JSONBody

from feiqian.accounts.opening import shown_reference
from feiqian.auth.api import shapes
from feiqian.auth.api.refused import CHALLENGE_NOT_PASSED, FACTOR_NOT_USABLE
from feiqian.auth.api.render import shown
from feiqian.clock import MICROSECONDS, moment
from feiqian.events import LimitMet
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER
from feiqian.payments.intent import SourceName
from feiqian.payments.plan import payer_account
from feiqian.payments.read_model.rows import CorrectionRow, PaymentRow
from feiqian.services import Services
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, TheVisitor, get, grouped, post

NEWEST = 50
_OF_ONE = (problems.NOT_FOUND, problems.CONFLICT)


@get("/v1/me/code", "getCode", "The payment code to show now", who="customer", problems=(problems.CONFLICT,))
async def get_code(session: TheSession, services: TheServices) -> shapes.Code:
    issued = services.payments.code_for(session.subject.customer)
    valid, refresh = (moment(seconds * MICROSECONDS) for seconds in (issued.valid_until, issued.refresh_at))
    return shapes.Code(issued.digits, valid, refresh)


@get("/v1/me/payments", "listMyPayments", "The newest payments", who="customer")
async def list_my_payments(session: TheSession, services: TheServices) -> shapes.PaymentList:
    customer, reads = session.subject.customer, services.reads
    await reads.wait(services.ledger.durable_position, who=("customer", customer))
    rows = await reads.newest_of_customer(customer, NEWEST)
    corrections = [_correction(row) for row in await reads.corrections_of_customer(customer, NEWEST)]
    incomplete = await reads.customer_incomplete(customer)
    names = await services.payments.source_names(customer)
    return shapes.PaymentList([_payment(services, row, names) for row in rows], incomplete, corrections)


def _correction(row: CorrectionRow) -> shapes.CorrectionShown:
    reference, currency = shown_reference(row.transfer), BY_NUMBER[row.currency].code
    return shapes.CorrectionShown(reference, row.amount, currency, moment(row.at))


def _payment(services: Services, row: PaymentRow, names: Mapping[bytes, SourceName]) -> shapes.PaymentShown:
    source = names.get(payer_account(row.fact))
    return shapes.PaymentShown(
        id=row.id,
        status=row.status,
        reason=row.reason,
        amount=row.amount,
        refunded=row.refunded,
        currency=BY_NUMBER[row.currency].code,
        merchant=services.merchants.name(row.merchant),
        description=row.description,
        created_at=moment(row.created_at),
        source=source.id if source is not None else "wallet",
        limit=limit_shown(row.limit),
    )


def limit_shown(met: LimitMet | None) -> shapes.DeclinedByLimit | None:
    if met is None:
        return None
    resets_at = moment(met.resets_at * MICROSECONDS) if met.resets_at else None
    return shapes.DeclinedByLimit(met.scope, met.span, met.rule, met.cap, met.left, resets_at, met.counts)


# --- confirmations ---------------------------------------------------------------------------------------------------


@get("/v1/me/confirmations", "listConfirmations", "The payments that wait to be confirmed", who="customer")
async def list_confirmations(session: TheSession, services: TheServices) -> shapes.WaitingList:
    customer, confirmations = session.subject.customer, services.payments.confirmations
    waiting = [
        shapes.WaitingShown(
            id=payment.id,
            merchant=services.merchants.name(payment.merchant),
            amount=payment.amount,
            currency=BY_NUMBER[payment.currency].code,
            description=payment.description,
            created_at=moment(payment.created_at),
            expires_at=moment(payment.expires_at),
            paid_before=await confirmations.paid_before(payment),
        )
        for payment in await confirmations.waiting(customer)
    ]
    return shapes.WaitingList(waiting, await services.reads.customer_incomplete(customer))


@post(
    "/v1/me/confirmations/{id:str}/challenge",
    "beginConfirmation",
    "Begin to confirm a payment; the challenge's `text` is what is confirmed",
    who="customer",
    problems=(*_OF_ONE, FACTOR_NOT_USABLE),
)
async def begin_confirmation(
    id: Id, session: TheSession, visitor: TheVisitor, services: TheServices
) -> shapes.ChallengeShown:
    confirmations = services.payments.confirmations
    binding = await confirmations.bound_of(session.subject.customer, id)
    needs = confirmations.needs(session.subject.customer, binding)
    begun = services.verification.begin(session.subject, binding, visitor.language, needs, device=session.device)
    return shown(await begun)


@post(
    "/v1/me/confirmations/{id:str}/confirm",
    "confirmPayment",
    "Confirm a payment with the challenge that was passed for it",
    who="customer",
    description="Balance, limits and a freeze count at this moment: look at the `status` of the answer.",
    problems=(*_OF_ONE, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED),
)
async def confirm_payment(
    id: Id, data: JSONBody[shapes.WithChallenge], session: TheSession, services: TheServices
) -> shapes.PaymentShown:
    customer = session.subject.customer
    await services.payments.confirmations.confirm(customer, id, data.challenge)
    return await _as_it_is(services, customer, id)


@post("/v1/me/confirmations/{id:str}/refuse", "refusePayment", "Refuse a payment", who="customer", problems=_OF_ONE)
async def refuse_payment(id: Id, session: TheSession, services: TheServices) -> shapes.PaymentShown:
    customer = session.subject.customer
    await services.payments.confirmations.refuse(customer, id)
    return await _as_it_is(services, customer, id)


async def _as_it_is(services: Services, customer: CustomerNumber, id: str) -> shapes.PaymentShown:
    await services.reads.wait(services.ledger.durable_position, who=("customer", customer))
    row = await services.reads.payment_by_id(id)
    if row is None:
        raise problems.ProblemError(problems.CATCHING_UP)
    return _payment(services, row, await services.payments.source_names(customer))


OPERATIONS = grouped(
    "Wallet",
    "A customer's app shows the payment code, lists payments, and confirms what is above the limit.",
    get_code,
    list_my_payments,
    list_confirmations,
    begin_confirmation,
    confirm_payment,
    refuse_payment,
)
