"""Which problem each error of deposit accounts is under /v1."""

from __future__ import annotations

from feiqian.deposits.errors import (
    AccountInvalid,
    AccountNotFound,
    TransferInvalid,
    TransferNotFound,
    TransferNumberUsed,
)
from feiqian.errors import FeiqianError
from feiqian.payments.api.refused import ID_REUSED
from feiqian.web.v1.problems import INVALID, NOT_FOUND, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {
    AccountNotFound: NOT_FOUND,
    AccountInvalid: INVALID,
    TransferNotFound: NOT_FOUND,
    TransferNumberUsed: ID_REUSED,
    TransferInvalid: INVALID,
}
