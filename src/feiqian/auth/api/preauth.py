"""Proving who one is before a session: sign-in and recovery (and registration, in `onboarding`) are flows of one kind.

The id of a challenge is known to whoever was given it and to nobody else; no answer tells whose it is.
"""

from __future__ import annotations

from collections.abc import Callable

from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from feiqian.auth.answering import Answers
from feiqian.auth.api.refused import (
    ANSWER_WRONG,
    CHALLENGE_NOT_PASSED,
    FACTOR_NOT_USABLE,
    LOCKED,
    SECRET_TOO_WEAK,
    SIGN_IN_REFUSED,
)
from feiqian.notify.api import CODE_NOT_SENT
from feiqian.policy.factors import Factor
from feiqian.services import Services
from feiqian.web.v1 import problems
from feiqian.web.v1.authenticate import Visitor
from feiqian.web.v1.operations import Id, TheServices, TheVisitor, Who, get, grouped, post

from . import shapes
from .render import DONE, shown, signed_in

OF_ONE = (problems.NOT_FOUND, problems.CHALLENGE_OVER)
WEAK = (SECRET_TOO_WEAK,)
_USABLE = (*OF_ONE, LOCKED, FACTOR_NOT_USABLE)
SIGN_IN, RECOVERY = "/v1/me/sign-ins", "/v1/me/recoveries"


def challenge_operations(
    noun: str, path: str, answers: Callable[[Services, Visitor], Answers], who: Who = "anyone"
) -> tuple[HTTPRouteHandler, ...]:
    """Looking at challenges, sending codes for them and answering them: the same operations wherever they stand."""

    @get(
        path + "/{id:str}",
        f"get{noun}Challenge",
        "Look at a challenge; show its `text` as it is, for it says what is confirmed",
        who=who,
        problems=(problems.NOT_FOUND,),
    )
    async def get_challenge(id: Id, visitor: TheVisitor, services: TheServices) -> shapes.ChallengeShown:
        return shown(await answers(services, visitor).view(id))

    @post(
        path + "/{id:str}/send",
        f"send{noun}Code",
        "Send a code by SMS or e-mail; it replaces the one before",
        who=who,
        problems=(*_USABLE, CODE_NOT_SENT),
    )
    async def send_code(
        id: Id, data: JSONBody[shapes.SendCode], visitor: TheVisitor, services: TheServices
    ) -> shapes.ChallengeShown:
        return shown(await answers(services, visitor).send(id, Factor(data.factor)))

    @post(
        path + "/{id:str}/options",
        f"get{noun}KeyOptions",
        "Ask what a passkey or shield has to sign",
        who=who,
        problems=_USABLE,
    )
    async def get_key_options(
        id: Id, data: JSONBody[shapes.KeyOptions], visitor: TheVisitor, services: TheServices
    ) -> shapes.KeyChallenge:
        return shapes.KeyChallenge(id, await answers(services, visitor).options(id, Factor(data.factor)))

    @post(
        path + "/{id:str}/answers",
        f"answer{noun}Challenge",
        "Answer with one factor",
        who=who,
        description="Wrong answers are counted per person, over all challenges and sessions; beyond the bank's "
        "number they are locked for a time, in which a passkey or shield still opens.",
        body_limit=shapes.KEY_BODY_BYTES,
        problems=(*_USABLE, ANSWER_WRONG),
    )
    async def answer_challenge(
        id: Id, data: JSONBody[shapes.FactorAnswer], visitor: TheVisitor, services: TheServices
    ) -> shapes.ChallengeShown:
        return shown(await answers(services, visitor).answer(id, data.factor, data.answer))

    return get_challenge, send_code, get_key_options, answer_challenge


# --- sign-in ---------------------------------------------------------------------------------------------------------


@post(
    SIGN_IN,
    "signIn",
    "Sign in: the password first; then answer the challenge with a second factor",
    who="anyone",
    problems=(SIGN_IN_REFUSED, LOCKED),
)
async def sign_in(
    data: JSONBody[shapes.SignInStart], visitor: TheVisitor, services: TheServices
) -> shapes.ChallengeShown:
    token = data.device_token or None
    began = services.sign_in.password(data.mobile, data.password, visitor.language, visitor.user_agent, token)
    return shown(await began)


@post(
    SIGN_IN + "/{id:str}/finish",
    "finishSignIn",
    "Open the session once the challenge is passed",
    who="anyone",
    problems=(*OF_ONE, CHALLENGE_NOT_PASSED),
)
async def finish_sign_in(
    id: Id, data: JSONBody[shapes.SignInFinish], visitor: TheVisitor, services: TheServices
) -> shapes.SignedIn:
    return signed_in(await services.sign_in.finish(id, visitor.user_agent, data.device_token or None))


@post(
    "/v1/me/passkey-sign-ins",
    "beginPasskeySignIn",
    "Sign in with a passkey alone: what it has to sign",
    who="anyone",
)
async def begin_passkey_sign_in(visitor: TheVisitor, services: TheServices) -> shapes.KeyChallenge:
    return shapes.KeyChallenge(*await services.sign_in.passkey_options(visitor.language))


@post(
    "/v1/me/passkey-sign-ins/{id:str}/finish",
    "finishPasskeySignIn",
    "Open the session of whoever's passkey has signed",
    who="anyone",
    body_limit=shapes.KEY_BODY_BYTES,
    problems=(*OF_ONE, ANSWER_WRONG),
)
async def finish_passkey_sign_in(
    id: Id, data: JSONBody[shapes.PasskeySignIn], visitor: TheVisitor, services: TheServices
) -> shapes.SignedIn:
    token = data.device_token or None
    opened = services.sign_in.passkey(id, data.response, visitor.user_agent, visitor.language, token)
    return signed_in(await opened)


# --- recovery --------------------------------------------------------------------------------------------------------


@post(
    RECOVERY,
    "recover",
    "Begin to replace a forgotten password or PIN",
    who="anyone",
    description="Whatever of the details is wrong, the answer looks the same.",
)
async def recover(
    data: JSONBody[shapes.RecoveryStart], visitor: TheVisitor, services: TheServices
) -> shapes.ChallengeShown:
    began = services.recovery.start(data.what, data.mobile, data.number, data.name, visitor.language)
    return shown(await began)


@post(
    RECOVERY + "/{id:str}/finish",
    "finishRecovery",
    "Set the new password or PIN; every session ends, and limits are low for a time",
    who="anyone",
    problems=(*OF_ONE, CHALLENGE_NOT_PASSED, *WEAK),
)
async def finish_recovery(id: Id, data: JSONBody[shapes.RecoveryFinish], services: TheServices) -> shapes.Done:
    await services.recovery.finish(id, data.secret)
    return DONE


@post(
    "/v1/me/lost-phones",
    "reportLostPhone",
    "Freeze the wallets of somebody whose phone is lost, by identity details",
    who="anyone",
    description="The answer is the same whatever of the details is wrong. What is right is carried out right "
    "afterwards, so often a day as the bank allows; the owner is told, and lifts it as any freeze.",
    problems=(problems.TOO_MANY_REQUESTS,),
)
async def report_lost_phone(data: JSONBody[shapes.LostPhone], services: TheServices) -> shapes.Done:
    await services.lost_phones.report(data.mobile, data.number, data.name)
    return DONE


OPERATIONS = grouped(
    "Sign-in",
    "The password and a second factor, or a passkey alone. What is given at the end is the session's token.",
    sign_in,
    *challenge_operations("SignIn", SIGN_IN, lambda services, _: services.sign_in),
    finish_sign_in,
    begin_passkey_sign_in,
    finish_passkey_sign_in,
) + grouped(
    "Recovery",
    "A forgotten password or PIN is replaced; a wallet whose phone is lost is frozen.",
    recover,
    *challenge_operations("Recovery", RECOVERY, lambda services, _: services.recovery),
    finish_recovery,
    report_lost_phone,
)
