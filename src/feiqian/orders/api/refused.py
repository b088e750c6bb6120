"""Which problem each error of orders becomes under /v1."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.orders.errors import (
    ChallengeNotKept,
    OrderInvalid,
    OrderNotFound,
    OrderNumberUsed,
    OrderStateForbids,
    RefundsUsedUp,
    SourceInvalid,
    TooManyOpenOrders,
)
from feiqian.web.v1.problems import CHALLENGE_OVER, CONFLICT, ID_REUSED, INVALID, NOT_FOUND, TOO_MANY_REQUESTS, Kind

PROBLEMS: dict[type[FeiqianError], Kind] = {
    OrderNotFound: NOT_FOUND,
    OrderNumberUsed: ID_REUSED,
    OrderStateForbids: CONFLICT,
    OrderInvalid: INVALID,
    RefundsUsedUp: CONFLICT,
    ChallengeNotKept: CHALLENGE_OVER,
    SourceInvalid: INVALID,
    TooManyOpenOrders: TOO_MANY_REQUESTS,
}
