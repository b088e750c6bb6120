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
from feiqian.web.v1.problems import CATCHING_UP, CONFLICT, INTERNAL, NOT_FOUND, RECORD_INCOMPLETE, Kind

ID_REUSED = Kind("id-reused", "This number was used before for something else", 422)
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
