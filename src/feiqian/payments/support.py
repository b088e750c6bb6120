"""What supporters see of a customer's payments."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.backoffice.support_sections import ReadModelList, Shown
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, Money
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.runtime.paging import Ask
from feiqian.services import Services

FEW = 10


class Line(NamedTuple):
    """A payment, to whom, and when it was paid, or decided: lists are in this order."""

    row: PaymentRow
    amount: Money
    payee: str
    at: int


class CustomerPayments(ReadModelList):
    """The newest, and all before."""

    name = "payments"
    template = "payments/support_payments.html"
    column = "wide"
    order = 10

    def __init__(self, services: Services) -> None:
        self._reads, self._merchants = services.reads, services.merchants

    async def look(self, number: CustomerNumber, kept: Ask) -> Shown[Line]:
        page = await self._reads.payments_of_customer(number, kept, FEW)
        lines = [self._line(row) for row in page.items]
        return Shown(page.of(lines), await self._reads.customer_incomplete(number))

    def _line(self, row: PaymentRow) -> Line:
        payee = self._merchants.name(row.merchant) or str(row.merchant)
        at = row.closed_at if row.status == "succeeded" and row.closed_at else row.created_at
        return Line(row, Money(row.amount, BY_NUMBER[row.currency]), payee, at)


SUPPORT = (CustomerPayments,)
