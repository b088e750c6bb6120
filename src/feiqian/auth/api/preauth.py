"""Proving who one is before a session: sign-in and recovery (and registration, in `onboarding`) are flows of one kind.

The id of a challenge is known to whoever was given it and to nobody else; no answer tells whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from feiqian.auth.answering import Answers
from feiqian.policy.factors import Factor
from feiqian.web.v1 import problems
from feiqian.web.v1.call import Answer, CustomerCall, Route

from . import shapes
from .render import DONE, shown, signed_in, told

Routes = tuple[Route, ...]
Handler = Callable[[CustomerCall], Coroutine[Any, Any, Answer]]
OF_ONE = (problems.NOT_FOUND, problems.CHALLENGE_OVER)
WEAK = (problems.SECRET_TOO_WEAK,)


def _operations(answers: Callable[[CustomerCall], Answers]) -> tuple[Handler, ...]:
    async def view(call: CustomerCall) -> Answer:
        return told(shown(await answers(call).view(call.id)))

    async def send(call: CustomerCall) -> Answer:
        return told(shown(await answers(call).send(call.id, Factor(call.body.factor))))

    async def options(call: CustomerCall) -> Answer:
        asked = await answers(call).options(call.id, Factor(call.body.factor))
        return told(shapes.KeyChallenge(call.id, asked))

    async def answer(call: CustomerCall) -> Answer:
        body: shapes.FactorAnswer = call.body
        return told(shown(await answers(call).answer(call.id, body.factor, body.answer)))

    return view, send, options, answer


def challenge_routes(noun: str, path: str, answers: Callable[[CustomerCall], Answers], who: str = "anyone") -> Routes:
    """Looking at challenges, sending codes for them and answering them: the same operations wherever they stand."""
    view, send, options, answer = _operations(answers)
    usable = (*OF_ONE, problems.LOCKED, problems.FACTOR_NOT_USABLE)
    common = {"who": who, "answer": shapes.ChallengeShown}
    return (
        Route(
            name=f"get{noun}Challenge",
            method="GET",
            path=path + "/{id}",
            summary="Look at a challenge; show its `text` as it is, for it says what is confirmed",
            handler=view,
            problems=(problems.NOT_FOUND,),
            **common,  # type: ignore[arg-type]
        ),
        Route(
            name=f"send{noun}Code",
            method="POST",
            path=path + "/{id}/send",
            summary="Send a code by SMS or e-mail; it replaces the one before",
            handler=send,
            body=shapes.SendCode,
            problems=(*usable, problems.CODE_NOT_SENT),
            **common,  # type: ignore[arg-type]
        ),
        Route(
            name=f"get{noun}KeyOptions",
            method="POST",
            path=path + "/{id}/options",
            summary="Ask what a passkey or shield has to sign",
            handler=options,
            body=shapes.KeyOptions,
            problems=usable,
            **(common | {"answer": shapes.KeyChallenge}),  # type: ignore[arg-type]
        ),
        Route(
            name=f"answer{noun}Challenge",
            method="POST",
            path=path + "/{id}/answers",
            summary="Answer with one factor",
            description="Wrong answers are counted per person, over all challenges and sessions; beyond the bank's "
            "number they are locked for a time, in which a passkey or shield still opens.",
            handler=answer,
            body=shapes.FactorAnswer,
            body_limit=shapes.KEY_BODY_BYTES,
            problems=(*usable, problems.ANSWER_WRONG),
            **common,  # type: ignore[arg-type]
        ),
    )


# --- sign-in ---------------------------------------------------------------------------------------------------------


async def sign_in(call: CustomerCall) -> Answer:
    body: shapes.SignInStart = call.body
    visitor, token = call.visitor, body.device_token or None
    began = call.services.sign_in.password(body.mobile, body.password, visitor.language, visitor.user_agent, token)
    return told(shown(await began))


async def finish_sign_in(call: CustomerCall) -> Answer:
    body: shapes.SignInFinish = call.body
    token = body.device_token or None
    return signed_in(await call.services.sign_in.finish(call.id, call.visitor.user_agent, token))


async def passkey_options(call: CustomerCall) -> Answer:
    id, options = await call.services.sign_in.passkey_options(call.visitor.language)
    return told(shapes.KeyChallenge(id, options))


async def passkey_sign_in(call: CustomerCall) -> Answer:
    body: shapes.PasskeySignIn = call.body
    visitor, token = call.visitor, body.device_token or None
    opened = call.services.sign_in.passkey(call.id, body.response, visitor.user_agent, token, visitor.language)
    return signed_in(await opened)


# --- recovery --------------------------------------------------------------------------------------------------------


async def recover(call: CustomerCall) -> Answer:
    body: shapes.RecoveryStart = call.body
    began = call.services.recovery.start(body.what, body.mobile, body.number, body.name, call.visitor.language)
    return told(shown(await began))


async def finish_recovery(call: CustomerCall) -> Answer:
    body: shapes.RecoveryFinish = call.body
    await call.services.recovery.finish(call.id, body.secret)
    return DONE


async def report_lost(call: CustomerCall) -> Answer:
    body: shapes.LostPhone = call.body
    await call.services.lost_phones.report(body.mobile, body.number, body.name)
    return DONE


SIGN_IN, RECOVERY = "/v1/me/sign-ins", "/v1/me/recoveries"

ROUTES = (
    Route(
        name="signIn",
        method="POST",
        path=SIGN_IN,
        who="anyone",
        summary="Sign in: the password first; then answer the challenge with a second factor",
        handler=sign_in,
        body=shapes.SignInStart,
        answer=shapes.ChallengeShown,
        problems=(problems.SIGN_IN_REFUSED, problems.LOCKED),
    ),
    *challenge_routes("SignIn", SIGN_IN, lambda call: call.services.sign_in),
    Route(
        name="finishSignIn",
        method="POST",
        path=SIGN_IN + "/{id}/finish",
        who="anyone",
        summary="Open the session once the challenge is passed",
        handler=finish_sign_in,
        body=shapes.SignInFinish,
        answer=shapes.SignedIn,
        problems=(*OF_ONE, problems.CHALLENGE_NOT_PASSED),
    ),
    Route(
        name="beginPasskeySignIn",
        method="POST",
        path="/v1/me/passkey-sign-ins",
        who="anyone",
        summary="Sign in with a passkey alone: what it has to sign",
        handler=passkey_options,
        answer=shapes.KeyChallenge,
    ),
    Route(
        name="finishPasskeySignIn",
        method="POST",
        path="/v1/me/passkey-sign-ins/{id}/finish",
        who="anyone",
        summary="Open the session of whoever's passkey has signed",
        handler=passkey_sign_in,
        body=shapes.PasskeySignIn,
        body_limit=shapes.KEY_BODY_BYTES,
        answer=shapes.SignedIn,
        problems=(*OF_ONE, problems.ANSWER_WRONG),
    ),
    Route(
        name="recover",
        method="POST",
        path=RECOVERY,
        who="anyone",
        summary="Begin to replace a forgotten password or PIN",
        description="Whatever of the details is wrong, the answer looks the same.",
        handler=recover,
        body=shapes.RecoveryStart,
        answer=shapes.ChallengeShown,
    ),
    *challenge_routes("Recovery", RECOVERY, lambda call: call.services.recovery),
    Route(
        name="finishRecovery",
        method="POST",
        path=RECOVERY + "/{id}/finish",
        who="anyone",
        summary="Set the new password or PIN; every session ends, and limits are low for a time",
        handler=finish_recovery,
        body=shapes.RecoveryFinish,
        answer=shapes.Done,
        problems=(*OF_ONE, problems.CHALLENGE_NOT_PASSED, *WEAK),
    ),
    Route(
        name="reportLostPhone",
        method="POST",
        path="/v1/me/lost-phones",
        who="anyone",
        summary="Freeze the wallets of somebody whose phone is lost, by identity details",
        description="The answer is the same whatever of the details is wrong. What is right is carried out right "
        "afterwards, so often a day as the bank allows; the owner is told, and lifts it as any freeze.",
        handler=report_lost,
        body=shapes.LostPhone,
        answer=shapes.Done,
        problems=(problems.TOO_MANY_REQUESTS,),
    ),
)
