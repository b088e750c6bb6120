"""The numbers by which the ledger knows what limits count. They are on disk: given once, never used again."""

from __future__ import annotations

from enum import IntEnum

from feiqian.ids import CustomerNumber
from feiqian.ledger.chart import allowance_id
from feiqian.money import NO_CURRENCY, CurrencyNumber
from feiqian.policy.scopes import METHODS, Scope, Span


class LimitAllowanceKind(IntEnum):
    """What an allowance counts of a customer's payments, in minor units of the currency. All payments of a day are
    `accounts.kinds.DAY_AMOUNT`."""

    MONTH_AMOUNT = 104
    YEAR_AMOUNT = 105
    CODE_DAY = 106
    CODE_MONTH = 107
    CODE_YEAR = 108
    STATIC_DAY = 109
    STATIC_MONTH = 110
    STATIC_YEAR = 111
    QUICK_DAY = 112
    QUICK_MONTH = 113
    QUICK_YEAR = 114
    ONLINE_DAY = 115
    ONLINE_MONTH = 116
    ONLINE_YEAR = 117
    CASH_DAY = 118
    CASH_MONTH = 119
    CASH_YEAR = 120
    TRANSFER_DAY = 121
    TRANSFER_MONTH = 122
    TRANSFER_YEAR = 123
    DAY_ONE_FACTOR = 124  # with fewer than two sorts of proof
    DAY_TWO_FACTORS = 125  # with two, of which none is a certificate or a signature
    TILL_ROW_AMOUNT = 126  # without strong authentication, since the last one with it
    TILL_ROW_COUNT = 127  # payments; currency 0
    REMOTE_ROW_AMOUNT = 128
    REMOTE_ROW_COUNT = 129


KINDS: dict[tuple[Scope, Span], LimitAllowanceKind] = {
    (Scope.ALL, Span.MONTH): LimitAllowanceKind.MONTH_AMOUNT,
    (Scope.ALL, Span.YEAR): LimitAllowanceKind.YEAR_AMOUNT,
} | {
    (scope, span): LimitAllowanceKind.__members__[f"{scope.name}_{span.name}"]
    for scope in METHODS
    for span in (Span.DAY, Span.MONTH, Span.YEAR)
}
COUNTS = frozenset({LimitAllowanceKind.TILL_ROW_COUNT, LimitAllowanceKind.REMOTE_ROW_COUNT})


def counter_id(kind: LimitAllowanceKind, currency: CurrencyNumber, customer: CustomerNumber) -> bytes:
    """The allowance that counts this of the customer's payments in the currency."""
    return allowance_id(kind, NO_CURRENCY if kind in COUNTS else currency, customer)
