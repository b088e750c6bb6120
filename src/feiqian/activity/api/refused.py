"""Which problem each error of activity is under /v1."""

from __future__ import annotations

from feiqian.activity import errors
from feiqian.errors import FeiqianError
from feiqian.printing.press import NotPrinted
from feiqian.web.v1.problems import (
    INVALID,
    NOT_FOUND,
    OVERLOADED,
    TOO_MANY_REQUESTS,
    FieldError,
    Kind,
    ProblemError,
    Told,
)

PROBLEMS: dict[type[FeiqianError], Kind] = {
    errors.MovementNotFound: NOT_FOUND,
    errors.ReceiptNotFound: NOT_FOUND,
    errors.NoteInvalid: INVALID,
    errors.ReportInvalid: INVALID,
    errors.TooManyReports: TOO_MANY_REQUESTS,
    errors.TooManyTries: TOO_MANY_REQUESTS,
    NotPrinted: OVERLOADED,
}


def _note(problem: ProblemError, error: errors.NoteInvalid) -> None:
    problem.errors = (FieldError("note", str(error)),)


def _text(problem: ProblemError, error: errors.ReportInvalid) -> None:
    problem.errors = (FieldError("text", str(error)),)


TOLD: dict[type[FeiqianError], Told] = {errors.NoteInvalid: _note, errors.ReportInvalid: _text}
