"""Which problem each error of proving who one is under /v1, and what a client can act on."""

from __future__ import annotations

from feiqian.auth import errors as auth
from feiqian.auth.challenges import errors as challenges
from feiqian.auth.sessions.errors import SessionRefused
from feiqian.clock import moment
from feiqian.errors import FeiqianError
from feiqian.notify.api import CODE_NOT_SENT
from feiqian.web.v1.problems import (
    CHALLENGE_OVER,
    CONFLICT,
    INTERNAL,
    INVALID,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    FieldError,
    Kind,
    ProblemError,
    Told,
)

SIGN_IN_REFUSED = Kind("sign-in-refused", "The mobile number or the password is not right", 403)
CHALLENGE_NOT_PASSED = Kind("challenge-not-passed", "The challenge has not been passed, or for something else", 403)
ANSWER_WRONG = Kind("answer-wrong", "The answer is wrong", 422)
FACTOR_NOT_USABLE = Kind("factor-not-usable", "This factor cannot be used here", 422)
ENROLMENT_REFUSED = Kind("enrolment-refused", "The key was not enrolled", 422)
SECRET_TOO_WEAK = Kind("secret-too-weak", "The new password or PIN is too easy to guess, or the old one", 422)
LOCKED = Kind("locked", "Locked for a time after too many wrong answers", 423)

PROBLEMS: dict[type[FeiqianError], Kind] = {
    auth.SignInRefused: SIGN_IN_REFUSED,
    auth.SignInLocked: LOCKED,
    auth.ReportsThrottled: TOO_MANY_REQUESTS,
    auth.NotConfirmed: CHALLENGE_NOT_PASSED,
    auth.DetailsInvalid: INVALID,
    auth.PreAuthFlowOver: NOT_FOUND,
    auth.EnrolmentOver: NOT_FOUND,
    auth.SecretUnchanged: SECRET_TOO_WEAK,
    auth.NotFrozen: CONFLICT,
    auth.FrozenByBank: CONFLICT,
    challenges.AnswerMalformed: INVALID,
    challenges.AnswerWrong: ANSWER_WRONG,
    challenges.Locked: LOCKED,
    challenges.ChallengeOver: CHALLENGE_OVER,
    challenges.ChallengeNotFound: NOT_FOUND,
    challenges.NotPassed: CHALLENGE_NOT_PASSED,
    challenges.BindingDiffers: CHALLENGE_NOT_PASSED,
    challenges.FactorNotEnrolled: FACTOR_NOT_USABLE,
    challenges.FactorNotFound: NOT_FOUND,
    challenges.EnrolmentRefused: ENROLMENT_REFUSED,
    challenges.TooWeak: SECRET_TOO_WEAK,
    challenges.CodeThrottled: CODE_NOT_SENT,
    challenges.VerificationError: INTERNAL,
    SessionRefused: INTERNAL,
}


def _field(problem: ProblemError, error: auth.DetailsInvalid) -> None:
    problem.errors = (FieldError(error.field, error.reason),)


def _weak(problem: ProblemError, error: challenges.TooWeak) -> None:
    problem.errors = tuple(FieldError("", key) for key in (error.warning_key, *error.suggestion_keys))


def _malformed(problem: ProblemError, _: challenges.AnswerMalformed) -> None:
    problem.errors = (FieldError("", "is not of the form of this factor's answers; it was not counted"),)


def _wrong(problem: ProblemError, error: challenges.AnswerWrong) -> None:
    problem.tries_left = error.tries_left


def _locked(problem: ProblemError, error: challenges.Locked | auth.SignInLocked) -> None:
    problem.until = moment(error.until)


def _throttled(problem: ProblemError, error: challenges.CodeThrottled) -> None:
    problem.until = moment(error.again_at) if error.again_at else None


TOLD: dict[type[FeiqianError], Told] = {
    auth.DetailsInvalid: _field,
    auth.SignInLocked: _locked,
    challenges.TooWeak: _weak,
    challenges.AnswerMalformed: _malformed,
    challenges.AnswerWrong: _wrong,
    challenges.Locked: _locked,
    challenges.CodeThrottled: _throttled,
}
