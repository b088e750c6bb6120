"""Which problem each error of identities is under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.kyc.errors import ClaimMissing, IdentityError, ImageRefused, MrzInvalid, NumberInvalid
from feiqian.web.v1.problems import CONFLICT, INTERNAL, INVALID, FieldError, Kind, ProblemError, Told

PICTURE_REFUSED = Kind("picture-refused", "The picture cannot be taken", 422)
PROBLEMS: dict[type[FeiqianError], Kind] = {
    NumberInvalid: INVALID,
    MrzInvalid: INVALID,
    ImageRefused: PICTURE_REFUSED,
    ClaimMissing: CONFLICT,
    IdentityError: INTERNAL,
}


def _reason(problem: ProblemError, error: NumberInvalid | ImageRefused) -> None:
    problem.errors = (FieldError("", error.reason),)


def _zone(problem: ProblemError, error: MrzInvalid) -> None:
    problem.errors = (FieldError("mrz", error.field),)


TOLD: dict[type[FeiqianError], Told] = {NumberInvalid: _reason, ImageRefused: _reason, MrzInvalid: _zone}
