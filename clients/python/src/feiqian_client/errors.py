"""What can come of a request besides its answer. That nobody knows is an outcome of its own, and never a failure.

FeiqianError
  OutcomeUnknown    it may have been done: ask again, by the same number and key
  Unavailable       nothing was done: the bank could not be reached, or was not able to decide
  AnswerInvalid     the answer to a question could not be read
  Problem           the bank refuses, and says why (RFC 9457)
    Unauthenticated, NotAllowed, NotFound, Conflict, NumberUsed, Invalid, TooManyRequests
  WebhookInvalid    what came is not from the bank, or is too old
  ReturnInvalid     what stands in the address is not from the bank
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class FeiqianError(Exception):
    """Whatever this library raises for what happened outside of it."""


class OutcomeUnknown(FeiqianError):
    """No answer came, however often it was asked. It may have been done: do not take it for refused, and do not choose
    another number. Make the same call later, with the same one (`number`; "" for what has none) and with its
    `idempotency_key` (made for the call where you gave none; "" where a number alone makes it one)."""

    def __init__(self, why: str, number: str = "", idempotency_key: str = "") -> None:
        super().__init__(f"the outcome is unknown ({why}); ask again with the same number and idempotency_key")
        self.number, self.idempotency_key = number, idempotency_key


class Unavailable(FeiqianError):
    """The bank could not be reached or does not decide now. Nothing was done by this request."""


class AnswerInvalid(FeiqianError):
    """What was answered to a question is not what the bank's interface says. Nothing was changed by it."""


class WebhookInvalid(FeiqianError):
    """The request is not to be believed: answer 400. Says what is wrong with it."""


class ReturnInvalid(FeiqianError):
    """What the address of the way back says is not to be believed. Ask the bank, as for one that is: `settle`."""


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field of the request."""

    field: str
    message: str


class Details(msgspec.Struct, frozen=True):
    """Problem details as in RFC 9457. `type` is stable, and says which problem it is."""

    type: str = "about:blank"
    title: str = ""
    status: int = 0
    detail: str = ""
    errors: tuple[FieldError, ...] = ()
    tries_left: int | None = None
    until: datetime | None = None


class Problem(FeiqianError):
    """The bank refuses. Nothing was done by this request. `details` is what it says."""

    def __init__(self, status: int, details: Details) -> None:
        fields = "; ".join(f"{error.field}: {error.message}" for error in details.errors)
        said = ". ".join(text for text in (details.title, details.detail, fields) if text)
        super().__init__(f"{status} {details.type}: {said}" if said else f"{status} without an explanation")
        self.status, self.details = status, details

    @property
    def type(self) -> str:
        """As `/problems/conflict`."""
        return self.details.type


class Unauthenticated(Problem):
    """The key is missing, unknown, revoked, or of the other mode."""


class NotAllowed(Problem):
    """The key is right, and lacks a scope: `details` says which."""


class NotFound(Problem):
    """You have no such thing."""


class Conflict(Problem):
    """The state does not allow this: look at it as it is now."""


class NumberUsed(Problem):
    """This number, or this Idempotency-Key, was used before, for something else."""


class Invalid(Problem):
    """The request is wrong; `details.errors` says in which fields."""


class TooManyRequests(Problem):
    """There were too many, however often it was tried again."""


_OF_STATUS: dict[int, type[Problem]] = {
    400: Invalid,
    401: Unauthenticated,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    429: TooManyRequests,
}
_OF_TYPE: dict[str, type[Problem]] = {"/problems/id-reused": NumberUsed}


def details_of(media_type: str, body: bytes) -> Details:
    """What an answer says that is an error; nothing, if it is not of the bank but of something on the way."""
    if media_type.partition(";")[0].strip().lower() != "application/problem+json":
        return Details()
    try:
        return msgspec.json.decode(body, type=Details)
    except msgspec.DecodeError:  # of which ValidationError is one
        return Details()


def problem_of(status: int, details: Details) -> Problem:
    """The error that it is; a type that this version does not know is told by the status."""
    return _OF_TYPE.get(details.type, _OF_STATUS.get(status, Problem))(status, details)
