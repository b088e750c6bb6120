"""Which problem each error of asking for money is."""

from __future__ import annotations

from feiqian.clock import moment
from feiqian.errors import FeiqianError
from feiqian.requests.errors import (
    CannotReceive,
    ReceiveCodeInvalid,
    RemindedToday,
    RequestInvalid,
    RequestNotFound,
    RequestNumberUsed,
    RequestOver,
    RequestsThrottled,
)
from feiqian.web.v1.problems import (
    ID_REUSED,
    INVALID,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    FieldError,
    Kind,
    ProblemError,
    Told,
)

REQUEST_OVER = Kind("request-over", "The request has been answered, or has ended", 409)
CANNOT_RECEIVE = Kind("cannot-receive", "You cannot be sent money by others at present", 409)
PROBLEMS: dict[type[FeiqianError], Kind] = {
    RequestInvalid: INVALID,
    RequestNotFound: NOT_FOUND,
    ReceiveCodeInvalid: NOT_FOUND,
    RequestOver: REQUEST_OVER,
    RequestNumberUsed: ID_REUSED,
    CannotReceive: CANNOT_RECEIVE,
    RequestsThrottled: TOO_MANY_REQUESTS,
    RemindedToday: TOO_MANY_REQUESTS,
}


def _field(problem: ProblemError, error: RequestInvalid) -> None:
    problem.errors = (FieldError(error.field, error.reason),)


def _until(problem: ProblemError, error: RequestsThrottled | RemindedToday) -> None:
    problem.until = moment(error.until) if error.until else None


TOLD: dict[type[FeiqianError], Told] = {RequestInvalid: _field, RequestsThrottled: _until, RemindedToday: _until}
