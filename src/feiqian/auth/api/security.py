"""A signed-in customer's security: devices, factors, freezing, cases, and the challenges for changes."""

from __future__ import annotations

from litestar.params import JSONBody

from feiqian.auth.answering import Answers, OwnChallenges
from feiqian.auth.api.refused import ANSWER_WRONG, CHALLENGE_NOT_PASSED, ENROLMENT_REFUSED, FACTOR_NOT_USABLE, LOCKED
from feiqian.auth.challenges.model import FactorView
from feiqian.auth.model import Overview
from feiqian.cases.model import Case
from feiqian.clock import moment
from feiqian.notify.api import CODE_NOT_SENT
from feiqian.policy.factors import Factor, Purpose
from feiqian.services import Services
from feiqian.web.v1 import problems
from feiqian.web.v1.authenticate import Visitor
from feiqian.web.v1.operations import Id, TheServices, TheSession, get, grouped, post

from . import shapes
from .me import get_me
from .preauth import OF_ONE, WEAK, challenge_operations
from .render import DONE, shown

_SPENDS = (problems.NOT_FOUND, problems.CHALLENGE_OVER, CHALLENGE_NOT_PASSED)

# --- challenges of who is signed in ----------------------------------------------------------------------------------


@post(
    "/v1/me/challenges",
    "beginChallenge",
    "Begin to prove who you are, for a change that needs it",
    who="customer",
    problems=(FACTOR_NOT_USABLE, problems.NOT_FOUND),
)
async def begin_challenge(
    data: JSONBody[shapes.ChallengeStart], session: TheSession, services: TheServices
) -> shapes.ChallengeShown:
    changing = services.changing
    try:
        began = await changing.challenge(session, Purpose(data.purpose), data.kind, data.reference)
    except ValueError:
        wrong = problems.FieldError("kind", "is not one for this purpose")
        raise problems.ProblemError(problems.INVALID, errors=(wrong,)) from None
    return shown(began)


def own_challenges(services: Services, visitor: Visitor) -> Answers:
    assert visitor.session is not None, "only who is signed in has challenges of their own"
    return OwnChallenges(services.verification, visitor.session.subject)


# --- the security centre ---------------------------------------------------------------------------------------------


@get("/v1/me/security", "getSecurity", "Devices, factors and recent sign-ins", who="customer")
async def get_security(session: TheSession, services: TheServices) -> shapes.SecurityShown:
    return _security(await services.security.overview(session))


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


@post("/v1/me/sign-out", "signOut", "End this session", who="customer")
async def sign_out(session: TheSession, services: TheServices) -> shapes.Done:
    await services.security.sign_out(session)
    return DONE


@post("/v1/me/sign-out-everywhere", "signOutEverywhere", "End every other session, at once", who="customer")
async def sign_out_everywhere(session: TheSession, services: TheServices) -> shapes.Done:
    await services.security.sign_out_everywhere(session)
    return DONE


@post(
    "/v1/me/devices/{id:str}/forget",
    "forgetDevice",
    "Forget a device and end its sessions",
    who="customer",
    problems=(problems.NOT_FOUND,),
)
async def forget_device(id: Id, session: TheSession, services: TheServices) -> shapes.Done:
    if not await services.security.forget_device(session, id):
        raise problems.ProblemError(problems.NOT_FOUND, "You have no such device.")
    return DONE


@post("/v1/me/freeze", "freeze", "Stop all money from leaving, at once; needs nothing else", who="customer")
async def freeze(session: TheSession, services: TheServices) -> shapes.Done:
    await services.security.freeze(session)
    return DONE


@post(
    "/v1/me/unfreeze",
    "unfreeze",
    "Let money leave again; what the bank has frozen only the bank unfreezes",
    who="customer",
    problems=(*_SPENDS, problems.CONFLICT),
)
async def unfreeze(data: JSONBody[shapes.WithChallenge], session: TheSession, services: TheServices) -> shapes.Done:
    await services.security.unfreeze(session, data.challenge)
    return DONE


@post(
    "/v1/me/stolen",
    "reportStolen",
    "Report a stolen phone: freezes, ends all other sessions, and opens a case",
    who="customer",
)
async def report_stolen(data: JSONBody[shapes.Report], session: TheSession, services: TheServices) -> shapes.CaseShown:
    return _case(await services.security.report_stolen(session, data.note))


@get("/v1/me/cases", "listCases", "Your cases, with their time lines", who="customer")
async def list_cases(session: TheSession, services: TheServices) -> shapes.CaseList:
    return shapes.CaseList([_case(case) for case in await services.security.cases(session)])


def _case(case: Case) -> shapes.CaseShown:
    lines = [shapes.CaseLine(moment(line.at), line.what.value, line.text) for line in case.timeline]
    return shapes.CaseShown(case.id, case.kind.value, case.state.value, moment(case.opened_at), lines)


@post("/v1/me/language", "changeLanguage", "Choose the language of messages", who="customer")
async def change_language(
    data: JSONBody[shapes.LanguageChange], session: TheSession, services: TheServices
) -> shapes.Done:
    await services.changing.change_language(session, data.language)
    return DONE


@post(
    "/v1/me/password",
    "changePassword",
    "Set a new password; every other session ends",
    who="customer",
    problems=(*_SPENDS, *WEAK),
)
async def change_password(data: JSONBody[shapes.NewSecret], session: TheSession, services: TheServices) -> shapes.Done:
    await services.changing.change_password(session, data.challenge, data.secret)
    return DONE


@post("/v1/me/pin", "changePin", "Set a new PIN; every other session ends", who="customer", problems=(*_SPENDS, *WEAK))
async def change_pin(data: JSONBody[shapes.NewSecret], session: TheSession, services: TheServices) -> shapes.Done:
    await services.changing.change_pin(session, data.challenge, data.secret)
    return DONE


# --- contacts --------------------------------------------------------------------------------------------------------


@post(
    "/v1/me/contacts",
    "startContact",
    "Change the mobile number or e-mail address: a code goes to the new one",
    who="customer",
    problems=(*_SPENDS, CODE_NOT_SENT),
)
async def start_contact(
    data: JSONBody[shapes.ContactStart], session: TheSession, services: TheServices
) -> shapes.Registering:
    started = await services.new_contacts.start(session, data.challenge, data.kind, data.address)
    return shapes.Registering(started.application, shown(started.challenge))


@post(
    "/v1/me/contacts/{id:str}/answers",
    "answerContact",
    "Enter the code that came to the new address",
    who="customer",
    body_limit=shapes.KEY_BODY_BYTES,
    problems=(*OF_ONE, ANSWER_WRONG, LOCKED, FACTOR_NOT_USABLE),
)
async def answer_contact(
    id: Id, data: JSONBody[shapes.FactorAnswer], session: TheSession, services: TheServices
) -> shapes.ChallengeShown:
    contacts = services.new_contacts
    return shown(await contacts.answer_code(session, id, data.factor, data.answer))


@post(
    "/v1/me/contacts/{id:str}/finish",
    "finishContact",
    "The new address holds from now on; the old one is told",
    who="customer",
    problems=_SPENDS,
)
async def finish_contact(id: Id, session: TheSession, services: TheServices) -> shapes.Done:
    await services.new_contacts.finish(session, id)
    return DONE


# --- factors ---------------------------------------------------------------------------------------------------------


@post("/v1/me/factors/tokens", "beginToken", "Enrol a one-time-code token", who="customer", problems=_SPENDS)
async def begin_token(
    data: JSONBody[shapes.WithChallenge], session: TheSession, services: TheServices
) -> shapes.TokenEnrolment:
    enrolment = await services.changing.begin_totp(session, data.challenge)
    return shapes.TokenEnrolment(enrolment.id, enrolment.uri)


@post(
    "/v1/me/factors/tokens/{id:str}/finish",
    "finishToken",
    "Confirm a token with its first code",
    who="customer",
    problems=(problems.NOT_FOUND, ANSWER_WRONG, LOCKED),
)
async def finish_token(
    id: Id, data: JSONBody[shapes.TokenConfirmation], session: TheSession, services: TheServices
) -> shapes.FactorShown:
    return _factor(await services.changing.finish_totp(session, id, data.code))


@post("/v1/me/factors/keys", "beginKey", "Enrol a passkey or a shield", who="customer", problems=_SPENDS)
async def begin_key(data: JSONBody[shapes.KeyStart], session: TheSession, services: TheServices) -> shapes.KeyChallenge:
    id, options = await services.changing.begin_key(session, data.challenge, Factor(data.factor))
    return shapes.KeyChallenge(id, options)


@post(
    "/v1/me/factors/keys/{id:str}/finish",
    "finishKey",
    "Take the new key's answer",
    who="customer",
    body_limit=shapes.KEY_BODY_BYTES,
    problems=(problems.NOT_FOUND, ENROLMENT_REFUSED),
)
async def finish_key(
    id: Id, data: JSONBody[shapes.KeyEnrolment], session: TheSession, services: TheServices
) -> shapes.FactorShown:
    return _factor(await services.changing.finish_key(session, id, data.response, data.label))


@post("/v1/me/factors/{id:str}/remove", "removeFactor", "Remove a token or key", who="customer", problems=_SPENDS)
async def remove_factor(
    id: Id, data: JSONBody[shapes.WithChallenge], session: TheSession, services: TheServices
) -> shapes.Done:
    await services.changing.remove_factor(session, data.challenge, id)
    return DONE


OPERATIONS = grouped(
    "Security",
    "Devices, factors, contacts and secrets; what needs proof begins with a challenge.",
    get_me,
    begin_challenge,
    *challenge_operations("", "/v1/me/challenges", own_challenges, "customer"),
    get_security,
    sign_out,
    sign_out_everywhere,
    forget_device,
    freeze,
    unfreeze,
    report_stolen,
    list_cases,
    change_language,
    change_password,
    change_pin,
    start_contact,
    answer_contact,
    finish_contact,
    begin_token,
    finish_token,
    begin_key,
    finish_key,
    remove_factor,
)
