"""What supporters see of red packets: made, and taken from; names masked, nothing of what was written on them."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.backoffice.support_sections import ReadModelList, Shown
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, Money
from feiqian.packets.views import View
from feiqian.runtime.paging import Ask, Page
from feiqian.services import Services
from feiqian.strings.masking import masked_name

FEW = 10


class Line(NamedTuple):
    """A packet. `amount`: of one's own all of it, else what was taken of it, if anything; `other` is masked."""

    view: View
    amount: Money | None
    other: str
    returned: Money | None


class PacketsOf(ReadModelList):
    """The newest, and all before."""

    name = "packets"
    template = "packets/support.html"
    column = "wide"
    order = 14

    def __init__(self, services: Services) -> None:
        self._packets = services.packets

    async def look(self, number: CustomerNumber, kept: Ask) -> Shown[Line]:
        reads = self._packets.reads
        found, older = await reads.newest(number, kept.before, FEW)
        views = await self._packets.views(number, found, "en")  # no words of it are shown
        return Shown(Page([_line(view) for view in views], older), await reads.incomplete())


def _line(view: View) -> Line:
    currency = BY_NUMBER[view.currency]
    amount = view.amount if view.made else view.own
    returned = Money(view.returned, currency) if view.returned else None
    return Line(view, None if amount is None else Money(amount, currency), masked_name(view.other), returned)


SUPPORT = (PacketsOf,)
