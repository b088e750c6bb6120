"""A signed-in customer's security: devices, factors, freezing, cases, and the challenges for changes."""

from __future__ import annotations

from feiqian.auth.answering import Answers, OwnChallenges
from feiqian.auth.api.refused import ANSWER_WRONG, CHALLENGE_NOT_PASSED, ENROLMENT_REFUSED, FACTOR_NOT_USABLE, LOCKED
from feiqian.auth.challenges.model import FactorView
from feiqian.auth.model import Overview
from feiqian.cases.model import Case
from feiqian.clock import moment
from feiqian.notify.api import CODE_NOT_SENT
from feiqian.policy.factors import Factor, Purpose
from feiqian.web.v1 import problems
from feiqian.web.v1.call import Answer, CustomerCall, Route

from . import shapes
from .preauth import OF_ONE, WEAK, challenge_routes
from .render import DONE, shown, told

# --- challenges of who is signed in ----------------------------------------------------------------------------------


async def begin_challenge(call: CustomerCall) -> Answer:
    body: shapes.ChallengeStart = call.body
    changing = call.services.changing
    try:
        began = await changing.challenge(call.session, Purpose(body.purpose), body.kind, body.reference)
    except ValueError:
        wrong = problems.FieldError("kind", "is not one for this purpose")
        raise problems.ProblemError(problems.INVALID, errors=(wrong,)) from None
    return told(shown(began))


def own_challenges(call: CustomerCall) -> Answers:
    return OwnChallenges(call.services.verification, call.session.subject)


# --- the security centre ---------------------------------------------------------------------------------------------


async def overview(call: CustomerCall) -> Answer:
    return told(_security(await call.services.security.overview(call.session)))


def _security(seen: Overview) -> shapes.SecurityShown:
    return shapes.SecurityShown(
        devices=[
            shapes.DeviceShown(d.id, d.label, moment(d.first_at), moment(d.seen_at), d.here) for d in seen.devices
        ],
        factors=[_factor(factor) for factor in seen.factors],
        sign_ins=[shapes.SignInShown(moment(s.at), s.outcome, s.user_agent, s.new_device) for s in seen.sign_ins],
    )


def _factor(view: FactorView) -> shapes.FactorShown:
    used = moment(view.used_at) if view.used_at else None
    return shapes.FactorShown(view.id, view.factor, view.label, moment(view.added_at), used)


async def sign_out(call: CustomerCall) -> Answer:
    await call.services.security.sign_out(call.session)
    return DONE


async def sign_out_everywhere(call: CustomerCall) -> Answer:
    await call.services.security.sign_out_everywhere(call.session)
    return DONE


async def forget_device(call: CustomerCall) -> Answer:
    if not await call.services.security.forget_device(call.session, call.id):
        raise problems.ProblemError(problems.NOT_FOUND, "You have no such device.")
    return DONE


async def freeze(call: CustomerCall) -> Answer:
    await call.services.security.freeze(call.session)
    return DONE


async def unfreeze(call: CustomerCall) -> Answer:
    body: shapes.WithChallenge = call.body
    await call.services.security.unfreeze(call.session, body.challenge)
    return DONE


async def report_stolen(call: CustomerCall) -> Answer:
    body: shapes.Report = call.body
    return told(_case(await call.services.security.report_stolen(call.session, body.note)))


async def cases(call: CustomerCall) -> Answer:
    return told(shapes.CaseList([_case(case) for case in await call.services.security.cases(call.session)]))


def _case(case: Case) -> shapes.CaseShown:
    lines = [shapes.CaseLine(moment(line.at), line.what.value, line.text) for line in case.timeline]
    return shapes.CaseShown(case.id, case.kind.value, case.state.value, moment(case.opened_at), lines)


async def change_language(call: CustomerCall) -> Answer:
    body: shapes.LanguageChange = call.body
    await call.services.changing.change_language(call.session, body.language)
    return DONE


async def change_password(call: CustomerCall) -> Answer:
    body: shapes.NewSecret = call.body
    await call.services.changing.change_password(call.session, body.challenge, body.secret)
    return DONE


async def change_pin(call: CustomerCall) -> Answer:
    body: shapes.NewSecret = call.body
    await call.services.changing.change_pin(call.session, body.challenge, body.secret)
    return DONE


# --- contacts --------------------------------------------------------------------------------------------------------


async def start_contact(call: CustomerCall) -> Answer:
    body: shapes.ContactStart = call.body
    started = await call.services.new_contacts.start(call.session, body.challenge, body.kind, body.address)
    return told(shapes.Registering(started.application, shown(started.challenge)))


async def answer_contact(call: CustomerCall) -> Answer:
    body: shapes.FactorAnswer = call.body
    contacts = call.services.new_contacts
    return told(shown(await contacts.answer_code(call.session, call.id, body.factor, body.answer)))


async def finish_contact(call: CustomerCall) -> Answer:
    await call.services.new_contacts.finish(call.session, call.id)
    return DONE


# --- factors ---------------------------------------------------------------------------------------------------------


async def begin_token(call: CustomerCall) -> Answer:
    body: shapes.WithChallenge = call.body
    enrolment = await call.services.changing.begin_totp(call.session, body.challenge)
    return told(shapes.TokenEnrolment(enrolment.id, enrolment.uri))


async def finish_token(call: CustomerCall) -> Answer:
    body: shapes.TokenConfirmation = call.body
    return told(_factor(await call.services.changing.finish_totp(call.session, call.id, body.code)))


async def begin_key(call: CustomerCall) -> Answer:
    body: shapes.KeyStart = call.body
    id, options = await call.services.changing.begin_key(call.session, body.challenge, Factor(body.factor))
    return told(shapes.KeyChallenge(id, options))


async def finish_key(call: CustomerCall) -> Answer:
    body: shapes.KeyEnrolment = call.body
    return told(_factor(await call.services.changing.finish_key(call.session, call.id, body.response, body.label)))


async def remove_factor(call: CustomerCall) -> Answer:
    body: shapes.WithChallenge = call.body
    await call.services.changing.remove_factor(call.session, body.challenge, call.id)
    return DONE


_SPENDS = (problems.NOT_FOUND, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED)


def _route(name: str, path: str, summary: str, handler: object, **more: object) -> Route:
    """A route of who is signed in; POST and answered with Done unless it is said otherwise."""
    given = {"method": "POST", "who": "customer", "answer": shapes.Done} | more
    return Route(name=name, path=path, summary=summary, handler=handler, **given)  # type: ignore[arg-type]


ROUTES = (
    _route(
        "beginChallenge",
        "/v1/me/challenges",
        "Begin to prove who you are, for a change that needs it",
        begin_challenge,
        body=shapes.ChallengeStart,
        answer=shapes.ChallengeShown,
        problems=(FACTOR_NOT_USABLE, problems.NOT_FOUND),
    ),
    *challenge_routes("", "/v1/me/challenges", own_challenges, "customer"),
    _route(
        "getSecurity",
        "/v1/me/security",
        "Devices, factors and recent sign-ins",
        overview,
        method="GET",
        answer=shapes.SecurityShown,
    ),
    _route("signOut", "/v1/me/sign-out", "End this session", sign_out),
    _route("signOutEverywhere", "/v1/me/sign-out-everywhere", "End every other session, at once", sign_out_everywhere),
    _route(
        "forgetDevice",
        "/v1/me/devices/{id}/forget",
        "Forget a device and end its sessions",
        forget_device,
        problems=(problems.NOT_FOUND,),
    ),
    _route("freeze", "/v1/me/freeze", "Stop all money from leaving, at once; needs nothing else", freeze),
    _route(
        "unfreeze",
        "/v1/me/unfreeze",
        "Let money leave again; what the bank has frozen only the bank unfreezes",
        unfreeze,
        body=shapes.WithChallenge,
        problems=(*_SPENDS, problems.CONFLICT),
    ),
    _route(
        "reportStolen",
        "/v1/me/stolen",
        "Report a stolen phone: freezes, ends all other sessions, and opens a case",
        report_stolen,
        body=shapes.Report,
        answer=shapes.CaseShown,
    ),
    _route(
        "listCases", "/v1/me/cases", "Your cases, with their time lines", cases, method="GET", answer=shapes.CaseList
    ),
    _route(
        "changeLanguage",
        "/v1/me/language",
        "Choose the language of messages",
        change_language,
        body=shapes.LanguageChange,
    ),
    _route(
        "changePassword",
        "/v1/me/password",
        "Set a new password; every other session ends",
        change_password,
        body=shapes.NewSecret,
        problems=(*_SPENDS, *WEAK),
    ),
    _route(
        "changePin",
        "/v1/me/pin",
        "Set a new PIN; every other session ends",
        change_pin,
        body=shapes.NewSecret,
        problems=(*_SPENDS, *WEAK),
    ),
    _route(
        "startContact",
        "/v1/me/contacts",
        "Change the mobile number or e-mail address: a code goes to the new one",
        start_contact,
        body=shapes.ContactStart,
        answer=shapes.Registering,
        problems=(*_SPENDS, CODE_NOT_SENT),
    ),
    _route(
        "answerContact",
        "/v1/me/contacts/{id}/answers",
        "Enter the code that came to the new address",
        answer_contact,
        body=shapes.FactorAnswer,
        body_limit=shapes.KEY_BODY_BYTES,
        answer=shapes.ChallengeShown,
        problems=(*OF_ONE, ANSWER_WRONG, LOCKED, FACTOR_NOT_USABLE),
    ),
    _route(
        "finishContact",
        "/v1/me/contacts/{id}/finish",
        "The new address holds from now on; the old one is told",
        finish_contact,
        problems=_SPENDS,
    ),
    _route(
        "beginToken",
        "/v1/me/factors/tokens",
        "Enrol a one-time-code token",
        begin_token,
        body=shapes.WithChallenge,
        answer=shapes.TokenEnrolment,
        problems=_SPENDS,
    ),
    _route(
        "finishToken",
        "/v1/me/factors/tokens/{id}/finish",
        "Confirm a token with its first code",
        finish_token,
        body=shapes.TokenConfirmation,
        answer=shapes.FactorShown,
        problems=(problems.NOT_FOUND, ANSWER_WRONG, LOCKED),
    ),
    _route(
        "beginKey",
        "/v1/me/factors/keys",
        "Enrol a passkey or a shield",
        begin_key,
        body=shapes.KeyStart,
        answer=shapes.KeyChallenge,
        problems=_SPENDS,
    ),
    _route(
        "finishKey",
        "/v1/me/factors/keys/{id}/finish",
        "Take the new key's answer",
        finish_key,
        body=shapes.KeyEnrolment,
        body_limit=shapes.KEY_BODY_BYTES,
        answer=shapes.FactorShown,
        problems=(problems.NOT_FOUND, ENROLMENT_REFUSED),
    ),
    _route(
        "removeFactor",
        "/v1/me/factors/{id}/remove",
        "Remove a token or key",
        remove_factor,
        body=shapes.WithChallenge,
        problems=_SPENDS,
    ),
)
