"""Which problem each error of cases is under /v1."""

from __future__ import annotations

from feiqian.cases.errors import CaseClosed, CaseInvalid, CaseNotFound
from feiqian.errors import FeiqianError
from feiqian.web.v1.problems import CONFLICT, INVALID, NOT_FOUND, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {CaseNotFound: NOT_FOUND, CaseClosed: CONFLICT, CaseInvalid: INVALID}
