"""A bank with orders, on the bank of the payments' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from feiqian import subjects
from feiqian.accounts import opening
from feiqian.ledger.chart import account_id
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.merchants.registry import Merchant
from feiqian.money import CNY, EUR
from feiqian.orders.from_wallet import WalletOrders
from feiqian.orders.model import Order
from feiqian.orders.read_model import READ_MODEL as ORDERS
from feiqian.orders.read_model.reads import OrderReads
from feiqian.orders.requests import OrderRefundRequest, OrderRequest
from feiqian.orders.service import Orders
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.payments.views import PaymentView, RefundView
from feiqian.projections.projector import Projector
from feiqian.projections.reconcile import reconcile
from feiqian.runtime.work import Work
from feiqian.testing.clock import ManualClock
from tests.payments.conftest import Bank as PaymentsBank
from tests.payments.conftest import run

__all__ = ["run"]


class Bank(PaymentsBank):
    """Open for business; `again()` is the same bank after a restart."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        super().__init__(folder, clock)
        self.orders_projector = Projector(self.journal, self.read_db, ORDERS)
        self.orders_projector.step()
        self.ledger.subscribe(lambda position, facts: self.orders_projector.step())
        self.order_reads = OrderReads(folder / "read.db")
        self.orders = Orders(self.ledger, self.payments, self.merchants, self.order_reads, self.reads)

        self.wallet_orders = WalletOrders(
            orders=self.orders,
            ledger=self.ledger,
            limits=self.limits,
            payments=self.payments,
            payment_reads=self.reads,
            customers=self.customers,
            verification=self.challenges,  # type: ignore[arg-type]
            work=Work(),
        )

    def again(self) -> Bank:
        self.close()
        return Bank(self.folder, self.clock)

    def close(self) -> None:
        self.order_reads.close()
        super().close()

    def ties(self) -> None:
        """Whatever was done, the read models tie with the ledger, to the cent."""
        self.ledger.commit()
        self.engine.check()
        assert reconcile(self.engine, self.folder / "read.db", [PAYMENTS, ORDERS]) == []

    # --- what they do ------------------------------------------------------------------------------------------

    def wanted(self, amount: int = 12_50, number: str = "A-1001", **more: Any) -> OrderRequest:
        return OrderRequest(**({"merchant_order": number, "amount": amount, "currency": "CNY"} | more))

    async def order(self, merchant: Merchant, amount: int = 12_50, number: str = "A-1001", **more: Any) -> Order:
        return await self.orders.create(merchant, self.wanted(amount, number, **more))

    async def pay_order(self, merchant: Merchant, customer: int, order: Order, number: str = "") -> PaymentView:
        request = self.request(customer, order.amount, order=number)
        return await self.payments.pay(merchant, msgspec.structs.replace(request, order=order.id))

    async def give_back(self, merchant: Merchant, order: Order, amount: int, number: str) -> RefundView:
        return await self.orders.refund(merchant, order.id, OrderRefundRequest(amount=amount, merchant_refund=number))

    async def pay_from_wallet(self, customer: int, order: Order, challenge: str = "") -> PaymentView:
        """The customer passes a challenge for the order, and pays it."""
        binding = await self.wallet_orders._binding(customer, order.id) if not challenge else None
        challenge = challenge or self.challenges.passed(customer, binding)  # type: ignore[arg-type]
        return await self.wallet_orders.pay(subjects.customer(customer), order.id, challenge)

    def got(self, merchant: Merchant) -> int:
        account = self.engine.account(account_id(MerchantAccountKind.PAYABLE, CNY.number, merchant.number))
        assert account is not None
        return account.balance


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Bank]:
    bank = Bank(tmp_path / "data", ManualClock())
    bank.post(opening.bank_accounts(CNY.number), opening.bank_accounts(EUR.number))
    yield bank
    bank.engine.check()
    bank.close()
