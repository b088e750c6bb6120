"""Which problem each error of orders becomes under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.orders.errors import (
    OrderInvalid,
    OrderNotFound,
    OrderNumberUsed,
    OrderStateForbids,
    RefundsUsedUp,
    TooManyOpenOrders,
)
from feiqian.payments.api.refused import ID_REUSED
from feiqian.web.v1.problems import CONFLICT, INVALID, NOT_FOUND, TOO_MANY_REQUESTS, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {
    OrderNotFound: NOT_FOUND,
    OrderNumberUsed: ID_REUSED,
    OrderStateForbids: CONFLICT,
    OrderInvalid: INVALID,
    RefundsUsedUp: CONFLICT,
    TooManyOpenOrders: TOO_MANY_REQUESTS,
}
