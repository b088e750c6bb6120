"""A signed-in customer: wallet, payment code, payments, and those that wait to be confirmed."""

from __future__ import annotations

from feiqian.accounts.opening import shown_reference
from feiqian.auth.api import shapes
from feiqian.auth.api.refused import CHALLENGE_NOT_PASSED, FACTOR_NOT_USABLE
from feiqian.auth.api.render import shown, told
from feiqian.clock import MICROSECONDS, moment
from feiqian.money import BY_NUMBER
from feiqian.payments.read_model.rows import CorrectionRow, PaymentRow
from feiqian.web.v1 import problems
from feiqian.web.v1.call import Answer, CustomerCall, Route

NEWEST = 50


async def code(call: CustomerCall) -> Answer:
    issued = call.services.payments.code_for(call.customer)
    valid, refresh = (moment(seconds * MICROSECONDS) for seconds in (issued.valid_until, issued.refresh_at))
    return told(shapes.Code(issued.digits, valid, refresh))


async def payments(call: CustomerCall) -> Answer:
    reads = call.services.reads
    await reads.wait(call.services.ledger.durable_position, who=("customer", call.customer))
    rows = await reads.newest_of_customer(call.customer, NEWEST)
    corrections = [_correction(row) for row in await reads.corrections_of_customer(call.customer, NEWEST)]
    incomplete = await reads.customer_incomplete(call.customer)
    return told(shapes.PaymentList([_payment(call, row) for row in rows], incomplete, corrections))


def _correction(row: CorrectionRow) -> shapes.CorrectionShown:
    reference, currency = shown_reference(row.transfer), BY_NUMBER[row.currency].code
    return shapes.CorrectionShown(reference, row.amount, currency, moment(row.at))


def _payment(call: CustomerCall, row: PaymentRow) -> shapes.PaymentShown:
    return shapes.PaymentShown(
        id=row.id,
        status=row.status,
        reason=row.reason,
        amount=row.amount,
        refunded=row.refunded,
        currency=BY_NUMBER[row.currency].code,
        merchant=call.services.merchants.name(row.merchant),
        description=row.description,
        created_at=moment(row.created_at),
    )


# --- confirmations ---------------------------------------------------------------------------------------------------


async def confirmations(call: CustomerCall) -> Answer:
    waiting = [
        shapes.WaitingShown(
            id=payment.id,
            merchant=call.services.merchants.name(payment.merchant),
            amount=payment.amount,
            currency=BY_NUMBER[payment.currency].code,
            description=payment.description,
            created_at=moment(payment.created_at),
            expires_at=moment(payment.expires_at),
        )
        for payment in await call.services.payments.confirmations.waiting(call.customer)
    ]
    return told(shapes.WaitingList(waiting, await call.services.reads.customer_incomplete(call.customer)))


async def challenge(call: CustomerCall) -> Answer:
    binding = await call.services.payments.confirmations.bound_of(call.customer, call.id)
    session, verification = call.session, call.services.verification
    begun = verification.begin(session.subject, binding, call.visitor.language, device=session.device)
    return told(shown(await begun))


async def confirm(call: CustomerCall) -> Answer:
    body: shapes.WithChallenge = call.body
    await call.services.payments.confirmations.confirm(call.customer, call.id, body.challenge)
    return await _as_it_is(call)


async def refuse(call: CustomerCall) -> Answer:
    await call.services.payments.confirmations.refuse(call.customer, call.id)
    return await _as_it_is(call)


async def _as_it_is(call: CustomerCall) -> Answer:
    reads = call.services.reads
    await reads.wait(call.services.ledger.durable_position, who=("customer", call.customer))
    row = await reads.payment_by_id(call.id)
    if row is None:
        raise problems.ProblemError(problems.CATCHING_UP)
    return told(_payment(call, row))


_OF_ONE = (problems.NOT_FOUND, problems.CONFLICT)

ROUTES = (
    Route(
        name="getCode",
        method="GET",
        path="/v1/me/code",
        who="customer",
        summary="The payment code to show now",
        handler=code,
        answer=shapes.Code,
        problems=(problems.CONFLICT,),
    ),
    Route(
        name="listMyPayments",
        method="GET",
        path="/v1/me/payments",
        who="customer",
        summary="The newest payments",
        handler=payments,
        answer=shapes.PaymentList,
    ),
    Route(
        name="listConfirmations",
        method="GET",
        path="/v1/me/confirmations",
        who="customer",
        summary="The payments that wait to be confirmed",
        handler=confirmations,
        answer=shapes.WaitingList,
    ),
    Route(
        name="beginConfirmation",
        method="POST",
        path="/v1/me/confirmations/{id}/challenge",
        who="customer",
        summary="Begin to confirm a payment; the challenge's `text` is what is confirmed",
        handler=challenge,
        answer=shapes.ChallengeShown,
        problems=(*_OF_ONE, FACTOR_NOT_USABLE),
    ),
    Route(
        name="confirmPayment",
        method="POST",
        path="/v1/me/confirmations/{id}/confirm",
        who="customer",
        summary="Confirm a payment with the challenge that was passed for it",
        description="Balance, limits and a freeze count at this moment: look at the `status` of the answer.",
        handler=confirm,
        body=shapes.WithChallenge,
        answer=shapes.PaymentShown,
        problems=(*_OF_ONE, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED),
    ),
    Route(
        name="refusePayment",
        method="POST",
        path="/v1/me/confirmations/{id}/refuse",
        who="customer",
        summary="Refuse a payment",
        handler=refuse,
        answer=shapes.PaymentShown,
        problems=_OF_ONE,
    ),
)
