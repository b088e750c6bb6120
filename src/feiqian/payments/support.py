"""What supporters see of a customer's payments."""

from __future__ import annotations

from typing import NamedTuple

from feiqian.backoffice.support_sections import SupportSection
from feiqian.ids import CustomerNumber
from feiqian.money import BY_NUMBER, Money
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.services import Services

FEW = 10


class Line(NamedTuple):
    """A payment, and to whom."""

    row: PaymentRow
    amount: Money
    payee: str


class Recent(NamedTuple):
    """The newest; `incomplete`: something is missing in them."""

    lines: list[Line]
    incomplete: bool


class RecentPayments(SupportSection):
    """The newest."""

    template = "payments/support_payments.html"
    column = "wide"
    order = 10

    def __init__(self, services: Services) -> None:
        self._reads, self._merchants = services.reads, services.merchants

    async def look(self, number: CustomerNumber, kept: None) -> Recent:
        rows = await self._reads.newest_of_customer(number, FEW)
        lines = [
            Line(
                row, Money(row.amount, BY_NUMBER[row.currency]), self._merchants.name(row.merchant) or str(row.merchant)
            )
            for row in rows
        ]
        return Recent(lines, await self._reads.customer_incomplete(number))


SUPPORT = (RecentPayments,)
