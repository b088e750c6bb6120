"""Which problem each error of deposit accounts is under /v1."""

from __future__ import annotations

from feiqian.deposits.errors import AccountInvalid, AccountNotFound, ReferenceUsed
from feiqian.errors import FeiqianError
from feiqian.web.v1.problems import CONFLICT, INVALID, NOT_FOUND, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {
    AccountNotFound: NOT_FOUND,
    AccountInvalid: INVALID,
    ReferenceUsed: CONFLICT,
}
