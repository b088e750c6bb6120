"""Which problem each error of statements is under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.statements.errors import PeriodInvalid, RecordIncomplete, StatementNotFound, TooManyEntries
from feiqian.web.v1.problems import INVALID, NOT_FOUND, RECORD_INCOMPLETE, FieldError, Kind, ProblemError, Told

TOO_MANY_ENTRIES = Kind("too-many-entries", "The period has more entries than such a file takes", 422)
PROBLEMS: dict[type[FeiqianError], Kind] = {
    PeriodInvalid: INVALID,
    TooManyEntries: TOO_MANY_ENTRIES,
    RecordIncomplete: RECORD_INCOMPLETE,
    StatementNotFound: NOT_FOUND,
}


def _period(problem: ProblemError, error: PeriodInvalid) -> None:
    problem.errors = (FieldError("period", error.reason),)


TOLD: dict[type[FeiqianError], Told] = {PeriodInvalid: _period}
