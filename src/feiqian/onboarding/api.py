"""Becoming a customer, for the bank's own apps: registration, and the real-name check."""

from __future__ import annotations

from datetime import date

from litestar.params import JSONBody

from feiqian.auth.api import shapes
from feiqian.auth.api.preauth import OF_ONE, WEAK, challenge_operations
from feiqian.auth.api.refused import CHALLENGE_NOT_PASSED
from feiqian.auth.api.render import DONE, shown, signed_in
from feiqian.auth.model import Details
from feiqian.errors import FeiqianError
from feiqian.kyc.api import PICTURE_REFUSED
from feiqian.kyc.images import FILE_BYTES, FILES
from feiqian.notify.api import CODE_NOT_SENT
from feiqian.onboarding.errors import AlreadyChecked, ChecksUsedUp, DocumentRefused
from feiqian.web.v1 import problems
from feiqian.web.v1.operations import Id, TheServices, TheSession, TheVisitor, grouped, post

UPLOAD_BYTES = FILES * FILE_BYTES * 4 // 3 + 4_096  # base64 takes four characters for three bytes
REGISTRATION = "/v1/me/registrations"


@post(
    REGISTRATION,
    "register",
    "Begin to become a customer: a code goes to the mobile number",
    who="anyone",
    description="The answer is the same for a number that is a customer's already; its owner is told.",
    problems=(CODE_NOT_SENT,),
)
async def register(
    data: JSONBody[shapes.RegistrationStart], visitor: TheVisitor, services: TheServices
) -> shapes.Registering:
    started = await services.registration.start(data.mobile, visitor.language, visitor.user_agent)
    return shapes.Registering(started.application, shown(started.challenge))


@post(
    REGISTRATION + "/{id:str}/confirm",
    "confirmRegistration",
    "The number is confirmed: the challenge was passed",
    who="anyone",
    problems=(*OF_ONE, CHALLENGE_NOT_PASSED),
)
async def confirm_registration(
    id: Id, data: JSONBody[shapes.RegistrationConfirm], services: TheServices
) -> shapes.Done:
    await services.registration.confirm(data.application, id)
    return DONE


@post(
    "/v1/me/applications/{id:str}/finish",
    "finishRegistration",
    "Say who you are and choose a password and a PIN; you are signed in at once",
    who="anyone",
    problems=(*OF_ONE, CHALLENGE_NOT_PASSED, problems.TOO_MANY_REQUESTS, *WEAK),
)
async def finish_registration(
    id: Id, data: JSONBody[shapes.RegistrationFinish], visitor: TheVisitor, services: TheServices
) -> shapes.SignedIn:
    details = Details(
        name=data.name,
        kind=data.document,
        password=data.password,
        pin=data.pin,
        number=data.number,
        mrz=data.mrz,
        birth=_date(data.birth),
        email=data.email,
    )
    token = data.device_token or None
    return signed_in(await services.registration.finish(id, details, visitor.user_agent, token))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        wrong = problems.FieldError("birth", "is not a day of the calendar")
        raise problems.ProblemError(problems.INVALID, errors=(wrong,)) from None


@post(
    "/v1/me/identity",
    "checkIdentity",
    "Have your identity checked against pictures of your document",
    who="customer",
    problems=(problems.CONFLICT, PICTURE_REFUSED),
    body_limit=UPLOAD_BYTES,
    pictures=True,
)
async def check_identity(
    data: JSONBody[shapes.IdentityImages], session: TheSession, services: TheServices
) -> shapes.ReviewShown:
    review = await services.real_name.check_identity(session.subject.customer, data.images)
    overview = await services.security.overview(session)
    return shapes.ReviewShown(review.id, review.outcome, list(review.reasons), overview.level)


OPERATIONS = grouped(
    "Registration",
    "Somebody becomes a customer: a mobile number, who they are, a password and a PIN, and pictures of a document.",
    register,
    *challenge_operations("Registration", REGISTRATION, lambda services, _: services.registration),
    confirm_registration,
    finish_registration,
    check_identity,
)
PROBLEMS: dict[type[FeiqianError], problems.Kind] = {
    AlreadyChecked: problems.CONFLICT,
    DocumentRefused: problems.INVALID,
    ChecksUsedUp: problems.TOO_MANY_REQUESTS,
}


def _refused(problem: problems.ProblemError, error: DocumentRefused) -> None:
    problem.errors = tuple(problems.FieldError("", reason) for reason in error.reasons)


TOLD: dict[type[FeiqianError], problems.Told] = {DocumentRefused: _refused}
