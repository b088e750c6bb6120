"""Which problem each error of deposit accounts is under /v1."""

from __future__ import annotations

from feiqian.deposits.errors import (
    AccountInvalid,
    AccountNotFound,
    AliasTaken,
    AliasTriesUsedUp,
    NotClosable,
    ReferenceUsed,
    TransferInvalid,
    TransferNotFound,
    TransferNumberUsed,
)
from feiqian.errors import FeiqianError
from feiqian.web.v1.problems import (
    CONFLICT,
    ID_REUSED,
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
    TransferNotFound: NOT_FOUND,
    TransferNumberUsed: ID_REUSED,
    TransferInvalid: INVALID,
    NotClosable: CONFLICT,
}


def _reason(problem: ProblemError, error: AccountInvalid) -> None:
    problem.errors = (FieldError(error.field, error.words),)


def _field(problem: ProblemError, error: TransferInvalid) -> None:
    problem.errors = (FieldError(error.field, "invalid"),)


TOLD: dict[type[FeiqianError], Told] = {AccountInvalid: _reason, TransferInvalid: _field}
