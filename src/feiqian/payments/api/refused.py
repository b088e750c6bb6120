"""Which problem each error of payments is under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.payments.code_keys import KeysInvalid
from feiqian.payments.errors import (
    NoIssuingDevice,
    NotCancellable,
    NotRefundable,
    NotWaiting,
    OrderConflict,
    PaymentNotFound,
    ReadModelBehind,
    RecordIncomplete,
)
from feiqian.web.v1.problems import CATCHING_UP, CONFLICT, ID_REUSED, INTERNAL, NOT_FOUND, RECORD_INCOMPLETE, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {
    PaymentNotFound: NOT_FOUND,
    OrderConflict: ID_REUSED,
    NotRefundable: CONFLICT,
    NotCancellable: CONFLICT,
    NotWaiting: CONFLICT,
    NoIssuingDevice: CONFLICT,
    ReadModelBehind: CATCHING_UP,
    RecordIncomplete: RECORD_INCOMPLETE,
    KeysInvalid: INTERNAL,
}
