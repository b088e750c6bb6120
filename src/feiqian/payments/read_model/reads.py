"""The questions that the server asks of the read model of payments: see `projections.reads` and `queries`."""

from __future__ import annotations

from pathlib import Path

from feiqian.accounts.kinds import AccountKind
from feiqian.events import PaymentDecided, RefundDecided
from feiqian.ids import CustomerNumber, MerchantNumber
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.projections.reads import ANSWER_SECONDS, Reads

from . import queries
from .projection import NAME
from .rows import CorrectionRow, Entry, PaymentRow


class PaymentReads(Reads):
    """See `Reads`. Every question may raise ReadsBehind and TooBusy."""

    def __init__(
        self,
        location: str | Path,
        answer_seconds: float = ANSWER_SECONDS,  # not money: a time
        *,
        at_least: int = 0,
    ) -> None:
        super().__init__(location, NAME, answer_seconds, at_least=at_least)

    # --- what is set aside -------------------------------------------------------------------------------------

    async def customer_incomplete(self, customer: CustomerNumber) -> bool:
        """Whether something of a customer's wallets was set aside, so that lists and statements lack it."""
        return await self._one(queries.is_incomplete, AccountKind.CUSTOMER_WALLET, customer)

    async def merchant_incomplete(self, merchant: MerchantNumber) -> bool:
        return await self._one(queries.is_incomplete, MerchantAccountKind.PAYABLE, merchant)

    async def payment_incomplete(self, id: str) -> bool:
        """Whether something of this payment was set aside, so that it may not be as it is shown."""
        return await self._one(queries.is_incomplete_payment, id)

    # --- payments ----------------------------------------------------------------------------------------------

    async def payment_by_id(self, id: str) -> PaymentRow | None:
        """A payment by its public id, whoever's it is: the caller checks that."""
        return await self._one(queries.payment_by_id, id)

    async def payment_by_transfer(self, transfer: bytes) -> PaymentRow | None:
        """A payment by the transfer (or hold) that names it in the ledger."""
        return await self._one(queries.payment_by_transfer, transfer)

    async def payments(
        self,
        merchant: MerchantNumber,
        cursor: str | None = None,
        limit: int = 50,
        *,
        status: str | None = None,
        created_from: int | None = None,
        created_before: int | None = None,
    ) -> tuple[list[PaymentRow], str | None]:
        """A page of a merchant's payments, newest first, and the next page's cursor (None: there is none).

        Times are Unix microseconds. A cursor of another merchant gives an empty page. Raises CursorInvalid.
        """
        filters = status, created_from, created_before
        return await self._list(queries.payments, merchant, cursor, limit, *filters)

    async def newest_of_customer(self, customer: CustomerNumber, limit: int = 20) -> list[PaymentRow]:
        """A customer's newest payments, newest first, those declined too."""
        return await self._list(queries.newest_of_customer, customer, limit)

    async def corrections_of_customer(self, customer: CustomerNumber, limit: int = 20) -> list[CorrectionRow]:
        """What the bank has corrected in a customer's wallets of late, newest first."""
        return await self._list(queries.corrections_of_customer, customer, limit)

    async def waiting_of_customer(self, customer: CustomerNumber, limit: int = 20) -> list[PaymentRow]:
        """The payments that wait for a customer, newest first. What ended since the read model's position is there."""
        return await self._list(queries.waiting_of_customer, customer, limit)

    async def waiting(self) -> list[PaymentDecided]:
        """All payments that wait for their customers, in no order."""
        return await self._list(queries.waiting)

    async def newest(self, limit: int = 20) -> list[PaymentRow]:
        """The newest payments of all."""
        return await self._list(queries.newest, limit)

    async def refunds_of(self, payment: str) -> list[RefundDecided]:
        """All refunds of the payment of this id, declined ones too, oldest first."""
        return await self._list(queries.refunds_of, payment)

    async def refund_by_transfer(self, transfer: bytes) -> RefundDecided | None:
        return await self._one(queries.refund_by_transfer, transfer)

    # --- statements -------------------------------------------------------------------------------------------

    async def statement(
        self, account: bytes, cursor: str | None = None, limit: int = 50
    ) -> tuple[list[Entry], str | None]:
        """A page of the statement of a ledger account (`chart.account_id`), newest first, and the next page's cursor.

        A cursor of another account gives an empty page. Raises CursorInvalid.
        """
        return await self._list(queries.statement, account, cursor, limit)
