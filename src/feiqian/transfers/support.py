"""What supporters see of transfers between people: the other side masked, nothing of what they wrote."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.backoffice.support_sections import ReadModelList, Shown
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, Money
from feiqian.runtime.paging import Ask, Page
from feiqian.services import Services
from feiqian.strings.masking import masked_name
from feiqian.transfers.views import View

FEW = 10


class Line(NamedTuple):
    """A transfer; `other`, who was on the other side, is masked."""

    view: View
    amount: Money
    other: str


class PersonTransfersOf(ReadModelList):
    """The newest, and all before: sent and received, with what is held, waits or came back."""

    name = "transfers"
    template = "transfers/support.html"
    column = "wide"
    order = 12

    def __init__(self, services: Services) -> None:
        self._transfers = services.person_transfers

    async def look(self, number: CustomerNumber, kept: Ask) -> Shown[Line]:
        reads = self._transfers.reads
        found, older = await reads.newest(number, kept.before, FEW)
        views = await self._transfers.views(number, found, "en")  # no words of it are shown
        return Shown(Page([_line(view) for view in views], older), await reads.incomplete())


def _line(view: View) -> Line:
    return Line(view, Money(view.amount, BY_NUMBER[view.currency]), masked_name(view.other))


SUPPORT = (PersonTransfersOf,)
