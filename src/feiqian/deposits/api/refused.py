"""Which problem each error of deposit accounts is under /v1."""

from __future__ import annotations

from feiqian.deposits.errors import AccountInvalid, AccountNotFound, AliasTaken, AliasTriesUsedUp, ReferenceUsed
from feiqian.errors import FeiqianError
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

PROBLEMS: dict[type[FeiqianError], Kind] = {
    AccountNotFound: NOT_FOUND,
    AccountInvalid: INVALID,
    AliasTaken: CONFLICT,
    AliasTriesUsedUp: TOO_MANY_REQUESTS,
    ReferenceUsed: CONFLICT,
}


def _field(problem: ProblemError, error: AccountInvalid) -> None:
    problem.errors = (FieldError(error.field, error.words),)


TOLD: dict[type[FeiqianError], Told] = {AccountInvalid: _field}
