"""The operations of quick payment under /v1, and which problem each of its errors is there."""

from __future__ import annotations

from feiqian.clock import moment
from feiqian.errors import FeiqianError
from feiqian.quick.errors import NumberRefused, QuickRefused, QuickThrottled
from feiqian.quick.paying_errors import (
    AccountNotOpen,
    AccountUnclear,
    AttemptsThrottled,
    NotPayable,
    NotRemembered,
    QuickPaymentNotFound,
    QuickPaymentOver,
)
from feiqian.web.v1.problems import (
    CONFLICT,
    INVALID,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    FieldError,
    Kind,
    ProblemError,
    Told,
)

from . import paying, services
from .paying import ACCOUNT_UNCLEAR

PROBLEMS: dict[type[FeiqianError], Kind] = {
    QuickRefused: CONFLICT,
    NumberRefused: INVALID,
    QuickThrottled: TOO_MANY_REQUESTS,
    QuickPaymentNotFound: NOT_FOUND,
    QuickPaymentOver: CONFLICT,
    NotRemembered: CONFLICT,
    AccountUnclear: ACCOUNT_UNCLEAR,
    AccountNotOpen: INVALID,
    NotPayable: INVALID,
    AttemptsThrottled: TOO_MANY_REQUESTS,
}
OPERATIONS = (*services.OPERATIONS, *paying.OPERATIONS)


def _account(problem: ProblemError, _: AccountNotOpen) -> None:
    problem.errors = (FieldError("account", "is none of yours that is open to quick payment"),)


def _wrong(problem: ProblemError, error: NotPayable) -> None:
    problem.errors = (FieldError(error.reason, "cannot be paid by quick payment"),)


def _throttled(problem: ProblemError, error: AttemptsThrottled) -> None:
    problem.until = moment(error.until)


TOLD: dict[type[FeiqianError], Told] = {AccountNotOpen: _account, NotPayable: _wrong, AttemptsThrottled: _throttled}
