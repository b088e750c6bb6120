"""Every answer that is an error: RFC 9457 problems, those that all share, and which error of the product becomes which.

Nothing else in the product knows HTTP status codes of errors. A problem never repeats what was sent, but the name of
a field, so that it cannot carry a secret back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import msgspec

from feiqian import errors, features
from feiqian.db import DatabaseMoved, DatabaseTooNew, DatabaseUnavailable
from feiqian.field_cipher import DataKeyInvalid, SealBroken
from feiqian.ledger.bounds import BoundExceeded
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
RETRY = ((b"retry-after", b"1"),)
_CLOSE = ((b"connection", b"close"),)

MALFORMED_JSON = Kind("malformed-json", "The body is not the JSON that was expected", 400)
MALFORMED_REQUEST = Kind("malformed-request", "The request is malformed", 400)
UNAUTHENTICATED = Kind("unauthenticated", "An API key is needed", 401, _BEARER)
KEY_INVALID = Kind("key-invalid", "The API key is unknown, revoked or expired", 401, _BEARER_INVALID)
KEY_OF_OTHER_MODE = Kind("key-of-other-mode", "The API key is of the other mode", 401, _BEARER_INVALID)
SCOPE_MISSING = Kind("scope-missing", "The API key is not allowed this", 403)
SESSION_NEEDED = Kind("session-needed", "Sign in first", 401, _BEARER)
SESSION_ENDED = Kind("session-ended", "The session is unknown or has ended; sign in again", 401, _BEARER_INVALID)
NOT_FOUND = Kind("not-found", "There is no such thing", 404)
METHOD_NOT_ALLOWED = Kind("method-not-allowed", "The method is not allowed here", 405)
CONFLICT = Kind("conflict", "The state does not allow this", 409)
TOO_LARGE = Kind("too-large", "The request is too large", 413, _CLOSE)
UNSUPPORTED_MEDIA_TYPE = Kind("unsupported-media-type", "The body must be application/json", 415)
CHALLENGE_OVER = Kind("challenge-over", "The challenge was spent, has expired or is void; begin a new one", 409)
INVALID = Kind("invalid-request", "A field is wrong", 422)
ID_REUSED = Kind("id-reused", "This number, or this key, was used before for something else", 422)
TOO_MANY_REQUESTS = Kind("too-many-requests", "Too many requests", 429, RETRY)
INTERNAL = Kind("internal", "The server failed; nothing can be said of the outcome, ask by id", 500)
OVERLOADED = Kind("overloaded", "The server is at its capacity; nothing was done, try again", 503, RETRY)
CATCHING_UP = Kind("catching-up", "What you ask for is being brought up to date; ask again", 503, RETRY)
UNAVAILABLE = Kind("unavailable", "The server cannot decide now; nothing was done, ask again", 503, RETRY)
RECORD_INCOMPLETE = Kind(
    "record-incomplete",
    "The bank's record of this is incomplete until it is repaired; ask again later",
    503,
    ((b"retry-after", b"60"),),
)
OUTCOME_UNKNOWN = Kind("outcome-unknown", "The outcome is unknown; ask again by the same number", 503, RETRY)

# One row for each error of what features stand on; a class stands for its subclasses. A feature has rows of its own in
# `api.PROBLEMS`, and in `api.TOLD` what a client can act on.
PROBLEMS: dict[type[errors.FeiqianError], Kind] = {
    errors.LedgerError: OUTCOME_UNKNOWN,
    errors.NotDeciding: UNAVAILABLE,
    ReadsBehind: CATCHING_UP,
    CursorInvalid: INVALID,
    TooBusy: OVERLOADED,
    Overloaded: OVERLOADED,
    WorkOverdue: OUTCOME_UNKNOWN,
    DatabaseMoved: OUTCOME_UNKNOWN,
    # Of starting and of administration: should one get here, it is our fault.
    errors.StartRefused: INTERNAL,
    ReadModelMismatch: INTERNAL,
    ReadModelDamaged: INTERNAL,
    DatabaseTooNew: INTERNAL,
    DatabaseUnavailable: INTERNAL,
    SealBroken: INTERNAL,
    DataKeyInvalid: INTERNAL,
    BoundExceeded: INTERNAL,
}


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


Told = Callable[[ProblemError, Any], None]  # adds what a client can act on: the field, the tries left, until when


@cache
def kinds() -> Mapping[type[errors.FeiqianError], Kind]:
    """Which problem each error of the product becomes."""
    return PROBLEMS | features.problems()


def from_error(error: errors.FeiqianError) -> ProblemError:
    """What the product's error is to a client. Texts for operators stay here; those for clients are passed on."""
    for cls in type(error).__mro__:
        kind = kinds().get(cls)
        if kind is not None:
            problem = ProblemError(kind, str(error) if kind.status < 500 else "")
            return _with_more(problem, error)
    return ProblemError(INTERNAL)


def _with_more(problem: ProblemError, error: errors.FeiqianError) -> ProblemError:
    """The problem with what a client can act on."""
    told = next((told for cls in type(error).__mro__ if (told := features.told().get(cls))), None)
    if told is not None:
        told(problem, error)
    return problem
