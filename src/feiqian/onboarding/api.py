"""Becoming a customer, for the bank's own apps: registration, and the real-name check."""

from __future__ import annotations

from datetime import date

from feiqian.auth.api import shapes
from feiqian.auth.api.preauth import OF_ONE, WEAK, challenge_routes
from feiqian.auth.api.render import DONE, shown, signed_in, told
from feiqian.auth.model import Details
from feiqian.kyc.images import FILE_BYTES, FILES
from feiqian.web.v1 import problems
from feiqian.web.v1.call import Answer, CustomerCall, Route

UPLOAD_BYTES = FILES * FILE_BYTES * 4 // 3 + 4_096  # base64 takes four characters for three bytes
REGISTRATION = "/v1/me/registrations"


async def register(call: CustomerCall) -> Answer:
    body: shapes.RegistrationStart = call.body
    started = await call.services.registration.start(body.mobile, call.visitor.language, call.visitor.user_agent)
    return told(shapes.Registering(started.application, shown(started.challenge)))


async def confirm_registration(call: CustomerCall) -> Answer:
    body: shapes.RegistrationConfirm = call.body
    await call.services.registration.confirm(body.application, call.id)
    return DONE


async def finish_registration(call: CustomerCall) -> Answer:
    body: shapes.RegistrationFinish = call.body
    details = Details(
        name=body.name,
        kind=body.document,
        password=body.password,
        pin=body.pin,
        number=body.number,
        mrz=body.mrz,
        birth=_date(body.birth),
        email=body.email,
    )
    token = body.device_token or None
    return signed_in(await call.services.registration.finish(call.id, details, call.visitor.user_agent, token))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        wrong = problems.FieldError("birth", "is not a day of the calendar")
        raise problems.ProblemError(problems.INVALID, errors=(wrong,)) from None


async def check_identity(call: CustomerCall) -> Answer:
    body: shapes.IdentityImages = call.body
    review = await call.services.real_name.check_identity(call.customer, body.images)
    overview = await call.services.security.overview(call.session)
    return told(shapes.ReviewShown(review.id, review.outcome, list(review.reasons), overview.level))


ROUTES = (
    Route(
        name="register",
        method="POST",
        path=REGISTRATION,
        who="anyone",
        summary="Begin to become a customer: a code goes to the mobile number",
        description="The answer is the same for a number that is a customer's already; its owner is told.",
        handler=register,
        body=shapes.RegistrationStart,
        answer=shapes.Registering,
        problems=(problems.CODE_NOT_SENT,),
    ),
    *challenge_routes("Registration", REGISTRATION, lambda call: call.services.registration),
    Route(
        name="confirmRegistration",
        method="POST",
        path=REGISTRATION + "/{id}/confirm",
        who="anyone",
        summary="The number is confirmed: the challenge was passed",
        handler=confirm_registration,
        body=shapes.RegistrationConfirm,
        answer=shapes.Done,
        problems=(*OF_ONE, problems.CHALLENGE_NOT_PASSED),
    ),
    Route(
        name="finishRegistration",
        method="POST",
        path="/v1/me/applications/{id}/finish",
        who="anyone",
        summary="Say who you are and choose a password and a PIN; you are signed in at once",
        handler=finish_registration,
        body=shapes.RegistrationFinish,
        answer=shapes.SignedIn,
        problems=(*OF_ONE, problems.CHALLENGE_NOT_PASSED, problems.TOO_MANY_REQUESTS, *WEAK),
    ),
    Route(
        name="checkIdentity",
        method="POST",
        path="/v1/me/identity",
        who="customer",
        summary="Have your identity checked against pictures of your document",
        handler=check_identity,
        body=shapes.IdentityImages,
        answer=shapes.ReviewShown,
        problems=(problems.CONFLICT, problems.PICTURE_REFUSED),
        body_limit=UPLOAD_BYTES,
        pictures=True,
    ),
)
