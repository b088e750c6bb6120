"""Every answer that is an error, in one place: RFC 9457 problems, and which error of the product becomes which.

Nothing else in the product knows HTTP status codes of errors. A problem never repeats what was sent, but the name of
a field, so that it cannot carry a secret back.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from feiqian import errors
from feiqian.customers.registry import NoNumbersLeft
from feiqian.db import DatabaseTooNew
from feiqian.merchants.registry import MerchantInvalid
from feiqian.payments.errors import NotCancellable, NotRefundable, OrderConflict, PaymentNotFound, ReadModelBehind
from feiqian.projections.errors import CursorInvalid, ProjectionStopped, ReadModelMismatch, ReadsBehind
from feiqian.sealing import DataKeyInvalid, SealBroken
from feiqian.work import TooBusy

MEDIA_TYPE = b"application/problem+json"
Headers = tuple[tuple[bytes, bytes], ...]


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field of the request."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Problem details as in RFC 9457; `type` is stable and says which problem it is."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: tuple[FieldError, ...] = ()


class Kind(NamedTuple):
    """One sort of problem: the last part of its `type`, its title, the status, and headers that always go with it."""

    slug: str
    title: str
    status: int
    headers: Headers = ()

    def problem(self, detail: str = "", errors: tuple[FieldError, ...] = ()) -> Problem:
        return Problem(f"/problems/{self.slug}", self.title, self.status, detail, errors)


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
TOO_MANY_REQUESTS = Kind("too-many-requests", "Too many requests", 429, _RETRY)
INTERNAL = Kind("internal", "The server failed; nothing can be said of the outcome, ask by id", 500)
OVERLOADED = Kind("overloaded", "The server is at its capacity; nothing was done, try again", 503, _RETRY)
CATCHING_UP = Kind("catching-up", "What you ask for is being brought up to date; ask again", 503, _RETRY)
OUTCOME_UNKNOWN = Kind("outcome-unknown", "The outcome is unknown; ask again by the same number", 503, _RETRY)

# One row for each error of the product that can reach the API; a class stands for its subclasses.
KIND_OF_ERROR: dict[type[errors.FeiqianError], Kind] = {
    errors.LedgerError: OUTCOME_UNKNOWN,
    PaymentNotFound: NOT_FOUND,
    OrderConflict: ID_REUSED,
    NotRefundable: CONFLICT,
    NotCancellable: CONFLICT,
    ReadModelBehind: CATCHING_UP,
    ReadsBehind: CATCHING_UP,
    CursorInvalid: INVALID,
    TooBusy: OVERLOADED,
    SealBroken: INTERNAL,
    # Of starting and of administration: should one get here, it is our fault.
    ReadModelMismatch: INTERNAL,
    ProjectionStopped: INTERNAL,
    DatabaseTooNew: INTERNAL,
    MerchantInvalid: INTERNAL,
    NoNumbersLeft: INTERNAL,
    DataKeyInvalid: INTERNAL,
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


def from_error(error: errors.FeiqianError) -> ProblemError:
    """What the product's error is to a client. Texts for operators stay here; those for clients are passed on."""
    for cls in type(error).__mro__:
        kind = KIND_OF_ERROR.get(cls)
        if kind is not None:
            return ProblemError(kind, str(error) if kind.status < 500 else "")
    return ProblemError(INTERNAL)
