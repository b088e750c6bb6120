"""What supporters see of requests for money and of split bills: the other side masked, nothing of what they wrote."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.backoffice.support_sections import SupportList
from feiqian.ids import CustomerNumber
from feiqian.kyc.numbers import masked as masked_mobile
from feiqian.money import BY_NUMBER, MinorUnits, Money
from feiqian.requests.model import MoneyRequest, Split
from feiqian.runtime.paging import Ask, Page
from feiqian.services import Services

FEW = 10


class Line(NamedTuple):
    """A request; `made` by this customer. `other` is masked."""

    request: MoneyRequest
    amount: Money
    made: bool
    other: str


class SplitLine(NamedTuple):
    """A bill; `paid`: what has come of it; how many have paid of how many who were asked."""

    split: Split
    total: Money
    paid: Money
    done: int
    asked: int


class RequestsOf(SupportList):
    """Those made and those received, the newest first."""

    name = "requests"
    template = "requests/support.html"
    column = "wide"
    order = 13

    def __init__(self, services: Services) -> None:
        self._requests = services.money_requests

    def page(self, connection: Connection, number: CustomerNumber, ask: Ask) -> Page[Line]:
        found = self._requests.page(connection, number, ask, FEW)
        return found.of([_line(one, number) for one in found.items])


class SplitsOf(SupportList):
    """The newest first; the parts that others were asked for are among the requests."""

    name = "splits"
    template = "requests/support_splits.html"
    column = "wide"
    order = 14

    def __init__(self, services: Services) -> None:
        self._splits = services.splits

    def page(self, connection: Connection, number: CustomerNumber, ask: Ask) -> Page[SplitLine]:
        found = self._splits.of.within(connection, number, ask, FEW)
        return found.of([_split(one) for one in found.items])


def _line(one: MoneyRequest, number: CustomerNumber) -> Line:
    made = one.asker == number
    label = masked_mobile(one.label) if one.label.startswith("+") else one.label
    return Line(one, Money(one.amount, BY_NUMBER[one.currency]), made, label if made else one.asker_name)


def _split(one: Split) -> SplitLine:
    currency = BY_NUMBER[one.currency]
    asked = [part.request for part in one.parts if part.request is not None]
    done = sum(request.status.value == "paid" for request in asked)
    return SplitLine(one, Money(one.total, currency), Money(MinorUnits(one.paid), currency), done, len(asked))


SUPPORT = (RequestsOf, SplitsOf)
