"""Every answer that is an error, in one place: RFC 9457 problems, and which error of the product becomes which.

Nothing else in the product knows HTTP status codes of errors. A problem never repeats what was sent, but the name of
a field, so that it cannot carry a secret back.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import msgspec

from feiqian import errors
from feiqian.accounts.errors import AccountsError, NoWallet
from feiqian.audit_log.errors import EntryRefused
from feiqian.auth import errors as auth
from feiqian.auth.challenges import errors as verification
from feiqian.auth.sessions.errors import SessionRefused
from feiqian.backoffice.errors import StaffError
from feiqian.cases import errors as cases
from feiqian.clock import moment
from feiqian.customers import errors as customers
from feiqian.customers.issuing import NoDevicesLeft
from feiqian.customers.registry import NoNumbersLeft
from feiqian.db import DatabaseMoved, DatabaseTooNew, DatabaseUnavailable
from feiqian.field_cipher import DataKeyInvalid, SealBroken
from feiqian.kyc import errors as identity
from feiqian.ledger.bounds import BoundExceeded
from feiqian.merchants.registry import MerchantInvalid, MerchantsUnknown
from feiqian.notify.errors import ChannelMissing, SendingCapped, SendingFailed
from feiqian.notify.push_key import PushKeyInvalid
from feiqian.onboarding import errors as onboarding
from feiqian.payments.code_keys import KeysInvalid
from feiqian.payments.errors import (
    NoIssuingDevice,
    NotCancellable,
    NotRefundable,
    NotWaiting,
    OrderConflict,
    PaymentNotFound,
    ReadModelBehind,
    RecordIncomplete,
)
from feiqian.policy.load import PolicyInvalid
from feiqian.projections.errors import CursorInvalid, ReadModelDamaged, ReadModelMismatch, ReadsBehind
from feiqian.runtime.shares import Overloaded
from feiqian.runtime.work import TooBusy, WorkOverdue

MEDIA_TYPE = b"application/problem+json"
Headers = tuple[tuple[bytes, bytes], ...]


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field of the request."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Problem details as in RFC 9457; `type` is stable and says which problem it is.

    `tries_left`: wrong answers before a lock. `until`: when a lock ends, or another code may be sent.
    """

    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[FieldError, ...] = ()
    tries_left: int | None = None
    until: datetime | None = None


class Kind(NamedTuple):
    """One sort of problem: the last part of its `type`, its title, the status, and headers that always go with it."""

    slug: str
    title: str
    status: int
    headers: Headers = ()

    @property
    def type(self) -> str:
        return f"/problems/{self.slug}"


_BEARER = ((b"www-authenticate", b'Bearer realm="feiqian"'),)
_BEARER_INVALID = ((b"www-authenticate", b'Bearer realm="feiqian", error="invalid_token"'),)
_RETRY = ((b"retry-after", b"1"),)
_CLOSE = ((b"connection", b"close"),)

MALFORMED_JSON = Kind("malformed-json", "The body is not the JSON that was expected", 400)
MALFORMED_REQUEST = Kind("malformed-request", "The request is malformed", 400)
UNAUTHENTICATED = Kind("unauthenticated", "An API key is needed", 401, _BEARER)
KEY_INVALID = Kind("key-invalid", "The API key is unknown or revoked", 401, _BEARER_INVALID)
KEY_OF_OTHER_MODE = Kind("key-of-other-mode", "The API key is of the other mode", 401, _BEARER_INVALID)
SESSION_NEEDED = Kind("session-needed", "Sign in first", 401, _BEARER)
SESSION_ENDED = Kind("session-ended", "The session is unknown or has ended; sign in again", 401, _BEARER_INVALID)
NOT_FOUND = Kind("not-found", "There is no such thing", 404)
METHOD_NOT_ALLOWED = Kind("method-not-allowed", "The method is not allowed here", 405)
CONFLICT = Kind("conflict", "The state does not allow this", 409)
TOO_LARGE = Kind("too-large", "The request is too large", 413, _CLOSE)
UNSUPPORTED_MEDIA_TYPE = Kind("unsupported-media-type", "The body must be application/json", 415)
INVALID = Kind("invalid-request", "A field is wrong", 422)
ID_REUSED = Kind("id-reused", "This number was used before for something else", 422)
SIGN_IN_REFUSED = Kind("sign-in-refused", "The mobile number or the password is not right", 403)
CHALLENGE_NOT_PASSED = Kind("challenge-not-passed", "The challenge has not been passed, or for something else", 403)
CHALLENGE_OVER = Kind("challenge-over", "The challenge was spent, has expired or is void; begin a new one", 409)
ANSWER_WRONG = Kind("answer-wrong", "The answer is wrong", 422)
FACTOR_NOT_USABLE = Kind("factor-not-usable", "This factor cannot be used here", 422)
ENROLMENT_REFUSED = Kind("enrolment-refused", "The key was not enrolled", 422)
SECRET_TOO_WEAK = Kind("secret-too-weak", "The new password or PIN is too easy to guess, or the old one", 422)
PICTURE_REFUSED = Kind("picture-refused", "The picture cannot be taken", 422)
LOCKED = Kind("locked", "Locked for a time after too many wrong answers", 423)
CODE_NOT_SENT = Kind("code-not-sent", "No code was sent: too many were, or one was only just now", 429, _RETRY)
TOO_MANY_REQUESTS = Kind("too-many-requests", "Too many requests", 429, _RETRY)
INTERNAL = Kind("internal", "The server failed; nothing can be said of the outcome, ask by id", 500)
OVERLOADED = Kind("overloaded", "The server is at its capacity; nothing was done, try again", 503, _RETRY)
CATCHING_UP = Kind("catching-up", "What you ask for is being brought up to date; ask again", 503, _RETRY)
UNAVAILABLE = Kind("unavailable", "The server cannot decide now; nothing was done, ask again", 503, _RETRY)
RECORD_INCOMPLETE = Kind(
    "record-incomplete",
    "The bank's record of this is incomplete until it is repaired; ask again later",
    503,
    ((b"retry-after", b"60"),),
)
OUTCOME_UNKNOWN = Kind("outcome-unknown", "The outcome is unknown; ask again by the same number", 503, _RETRY)

# One row for each error of the product that can reach the API; a class stands for its subclasses.
KIND_OF_ERROR: dict[type[errors.FeiqianError], Kind] = {
    errors.LedgerError: OUTCOME_UNKNOWN,
    errors.NotDeciding: UNAVAILABLE,
    PaymentNotFound: NOT_FOUND,
    OrderConflict: ID_REUSED,
    NotRefundable: CONFLICT,
    NotCancellable: CONFLICT,
    NotWaiting: CONFLICT,
    NoIssuingDevice: CONFLICT,
    auth.SignInRefused: SIGN_IN_REFUSED,
    auth.SignInLocked: LOCKED,
    auth.ReportsThrottled: TOO_MANY_REQUESTS,
    customers.ApplicationOver: CHALLENGE_OVER,
    auth.NotConfirmed: CHALLENGE_NOT_PASSED,
    auth.DetailsInvalid: INVALID,
    auth.PreAuthFlowOver: NOT_FOUND,
    auth.SecretUnchanged: SECRET_TOO_WEAK,
    customers.CustomerNotFound: NOT_FOUND,
    auth.NotFrozen: CONFLICT,
    auth.FrozenByBank: CONFLICT,
    onboarding.AlreadyChecked: CONFLICT,
    onboarding.DocumentRefused: INVALID,
    onboarding.ChecksUsedUp: TOO_MANY_REQUESTS,
    verification.AnswerMalformed: INVALID,
    verification.AnswerWrong: ANSWER_WRONG,
    verification.Locked: LOCKED,
    verification.ChallengeOver: CHALLENGE_OVER,
    verification.ChallengeNotFound: NOT_FOUND,
    verification.NotPassed: CHALLENGE_NOT_PASSED,
    verification.BindingDiffers: CHALLENGE_NOT_PASSED,
    verification.FactorNotEnrolled: FACTOR_NOT_USABLE,
    verification.FactorNotFound: NOT_FOUND,
    verification.EnrolmentRefused: ENROLMENT_REFUSED,
    verification.TooWeak: SECRET_TOO_WEAK,
    verification.CodeThrottled: CODE_NOT_SENT,
    identity.NumberInvalid: INVALID,
    identity.MrzInvalid: INVALID,
    identity.ImageRefused: PICTURE_REFUSED,
    identity.ClaimMissing: CONFLICT,
    NoWallet: NOT_FOUND,
    SendingCapped: CODE_NOT_SENT,
    ReadModelBehind: CATCHING_UP,
    RecordIncomplete: RECORD_INCOMPLETE,
    ReadsBehind: CATCHING_UP,
    CursorInvalid: INVALID,
    TooBusy: OVERLOADED,
    Overloaded: OVERLOADED,
    WorkOverdue: OUTCOME_UNKNOWN,
    MerchantsUnknown: UNAVAILABLE,
    SealBroken: INTERNAL,
    # Of starting and of administration: should one get here, it is our fault.
    errors.StartRefused: INTERNAL,
    ReadModelMismatch: INTERNAL,
    ReadModelDamaged: INTERNAL,
    DatabaseTooNew: INTERNAL,
    DatabaseMoved: OUTCOME_UNKNOWN,
    DatabaseUnavailable: INTERNAL,
    MerchantInvalid: INTERNAL,
    NoNumbersLeft: INTERNAL,
    NoDevicesLeft: INTERNAL,
    PolicyInvalid: INTERNAL,
    ChannelMissing: INTERNAL,
    SendingFailed: INTERNAL,
    PushKeyInvalid: INTERNAL,
    identity.IdentityError: INTERNAL,
    verification.VerificationError: INTERNAL,
    customers.CustomersError: INTERNAL,
    AccountsError: INTERNAL,
    BoundExceeded: INTERNAL,
    SessionRefused: INTERNAL,
    EntryRefused: INTERNAL,
    cases.CaseNotFound: NOT_FOUND,
    cases.CaseClosed: CONFLICT,
    cases.CaseInvalid: INVALID,
    StaffError: INTERNAL,
    DataKeyInvalid: INTERNAL,
    KeysInvalid: INTERNAL,
}
NOT_SERVED = frozenset({"bench", "demo", "seeding", "testing"})  # whose errors cannot get here


class ProblemError(Exception):
    """Raised inside the API to answer with a problem. Never leaves `api/`."""

    def __init__(
        self, kind: Kind, detail: str = "", errors: tuple[FieldError, ...] = (), headers: Headers = ()
    ) -> None:
        super().__init__(kind.slug)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = headers
        self.tries_left: int | None = None
        self.until: datetime | None = None

    @property
    def problem(self) -> Problem:
        kind = self.kind
        return Problem(kind.type, kind.title, kind.status, self.detail, self.errors, self.tries_left, self.until)


def from_error(error: errors.FeiqianError) -> ProblemError:
    """What the product's error is to a client. Texts for operators stay here; those for clients are passed on."""
    for cls in type(error).__mro__:
        kind = KIND_OF_ERROR.get(cls)
        if kind is not None:
            return _told(ProblemError(kind, str(error) if kind.status < 500 else ""), error)
    return ProblemError(INTERNAL)


def _told(problem: ProblemError, error: errors.FeiqianError) -> ProblemError:
    """The problem with what a client can act on: the field, the tries that are left, until when to wait."""
    match error:
        case auth.DetailsInvalid():
            problem.errors = (FieldError(error.field, error.reason),)
        case onboarding.DocumentRefused():
            problem.errors = tuple(FieldError("", reason) for reason in error.reasons)
        case identity.NumberInvalid() | identity.ImageRefused():
            problem.errors = (FieldError("", error.reason),)
        case identity.MrzInvalid():
            problem.errors = (FieldError("mrz", error.field),)
        case verification.TooWeak():
            problem.errors = tuple(FieldError("", key) for key in (error.warning_key, *error.suggestion_keys))
        case verification.AnswerMalformed():
            problem.errors = (FieldError("", "is not of the form of this factor's answers; it was not counted"),)
        case verification.AnswerWrong():
            problem.tries_left = error.tries_left
        case verification.Locked() | auth.SignInLocked():
            problem.until = moment(error.until)
        case verification.CodeThrottled() if error.again_at:
            problem.until = moment(error.again_at)
    return problem
