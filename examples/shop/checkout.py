"""What the shop asks of the bank. What it learns goes to `sales`; what is unknown is not taken for refused."""

from __future__ import annotations

import logging

from catalogue import PRICES
from sales import Sale, Sales

from feiqian_client import AsyncClient, Customer, FeiqianError, LineItem, Order, Outcome, outcome_of

CURRENCY = "CNY"
_log = logging.getLogger("shop")


class Checkout:
    """`place` is the shop's own address, `bank` that of the bank, as customers see them."""

    def __init__(self, client: AsyncClient, sales: Sales, place: str, bank: str) -> None:
        self._client, self._sales, self._place, self._bank = client, sales, place, bank

    async def begin(self, sale: Sale, names: dict[str, str]) -> str:
        """The page of the bank on which the sale is paid, or "" if it cannot be said yet. As often as wanted: the
        sale's number makes it one order. `names`: of the teas, in the sale's language."""
        items = [
            LineItem(name=names[item], quantity=quantity, amount=PRICES[item] * quantity)
            for item, quantity in sale.basket.items()
        ]
        try:
            order = await self._client.orders.create(
                merchant_order=sale.number,
                amount=sale.amount,
                currency=CURRENCY,
                description=names["goods"],
                line_items=items,
                return_url=f"{self._place}/orders/{sale.token}",
                customer=Customer(language=sale.language),
            )
        except FeiqianError:
            return ""
        return f"{self._bank}/pay/{order.id}" if self._learn(sale, order) is Outcome.PENDING else ""

    async def settle(self, sale: Sale) -> bool:
        """Asks the bank what has become of it. False if it could not be asked."""
        if not sale.bank_order:
            return await self._find(sale)
        settlement = await self._client.orders.settle(sale.bank_order)
        if settlement.order is not None:
            self._learn(sale, settlement.order)
        return settlement.order is not None

    async def _find(self, sale: Sale) -> bool:
        """A sale whose first request was not answered: the bank may have the order."""
        try:
            order = await self._client.orders.find(sale.number)
        except FeiqianError:
            return False
        if order is not None:
            self._learn(sale, order)
        return True

    def _learn(self, sale: Sale, order: Order) -> Outcome:
        """Writes down what the bank says. What is of another amount than was sold is kept aside, and said loudly:
        nothing is packed for it."""
        outcome = outcome_of(order, amount=sale.amount, currency=CURRENCY)
        if outcome is Outcome.DIFFERS and sale.state != outcome:
            _log.error("sale %s is of %s, and the bank's order of %s", sale.number, sale.amount, order.amount)
        self._sales.learn(sale.number, order.id, order.version, outcome.value, order.refunded)
        return outcome
