"""A bank in which money moves in every way that activity shows, with its read models in this process."""

from __future__ import annotations

from pathlib import Path

from feiqian.accounts.kinds import wallet_id
from feiqian.activity.model import EVERYTHING, Movement, Wanted
from feiqian.activity.service import Activity
from feiqian.deposits.transfers import Wanted as OwnWanted
from feiqian.ids import CustomerNumber
from feiqian.merchants import opening as merchant_opening
from feiqian.merchants.registry import Merchant, NewMerchant, Store
from feiqian.money import CNY, MinorUnits
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.payments.views import PaymentView
from feiqian.projections.projector import rebuild
from feiqian.testing.clock import ManualClock
from tests.deposits.holders import Holders


class Movers(Holders):
    """See `Holders`; with activity."""

    def __init__(self, folder: Path, clock: ManualClock | None = None, url: str = "") -> None:
        super().__init__(folder, clock, url)
        self._orders = 0

    @property
    def activity(self) -> Activity:
        return self.services.activity

    def shop(self, name: str = "Corner Café") -> Merchant:
        new = NewMerchant(name, CNY.number, 60, (Store("main", "Main store"),))
        merchant = self.services.merchants.add([new], self.clock.now())[0]
        self.ledger.post_many(merchant_opening.merchant(merchant.number, CNY.number))
        return merchant

    def pay(self, customer: CustomerNumber, shop: Merchant, amount: int, description: str = "") -> PaymentView:
        """With the code that the customer shows a second later."""
        self.clock.advance(60)
        self._orders += 1
        code = self.services.payments.code_for(customer).digits
        request = PaymentRequest(
            payment_code=code,
            amount=MinorUnits(amount),
            currency="CNY",
            merchant_order=f"A-{self._orders}",
            description=description,
        )
        return self.run(self.services.payments.pay(shop, request))

    def refund(self, shop: Merchant, payment: PaymentView, amount: int, number: str = "R-1") -> None:
        assert payment.id is not None
        self.clock.advance(60)
        wanted = RefundRequest(amount=MinorUnits(amount), merchant_refund=number)
        self.run(self.services.payments.refund(shop, payment.id, wanted))

    def move(self, customer: CustomerNumber, source: str, target: str, amount: int, number: str = "T-1") -> str:
        self.clock.advance(60)
        wanted = OwnWanted(number, source, target, MinorUnits(amount), "CNY")
        return self.run(self.transfers.make(customer, wanted)).id

    def wallet(self, customer: CustomerNumber) -> bytes:
        return wallet_id(CNY.number, customer)

    def rebuild(self) -> None:
        """Makes the read models anew."""
        rebuild(self.journal, self.folder / "read.db", self.models)

    def listed(self, customer: CustomerNumber, wanted: Wanted = EVERYTHING, limit: int = 3) -> list[Movement]:
        """All pages of the list, one after the other."""
        found: list[Movement] = []
        cursor = ""
        while True:
            page = self.run(self.activity.page(customer, wanted, cursor, limit))
            found += page.movements
            cursor = page.older
            if not cursor:
                return found
