"""What limits are of: all payments of a customer, or those of one method; and over what they count."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """All payments, or those by one method, by the name of the `Intent`'s method."""

    ALL = "all"
    CODE = "code"  # shown by the customer
    STATIC = "static"  # a printed code that the customer scans
    QUICK = "quick"
    ONLINE = "online"
    CASH = "cash"
    TRANSFER = "transfer"


class Span(StrEnum):
    """Over what a limit counts, in the bank's calendar."""

    PAYMENT = "payment"  # each alone
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    ROW = "row"  # since the last payment with strong authentication


METHODS = tuple(scope for scope in Scope if scope is not Scope.ALL)
