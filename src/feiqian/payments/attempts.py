"""What payments tell of attempts to pay an order, without knowing orders: whoever has them takes that place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from feiqian.events import PaymentDecided, PaymentStatus, RefundDecided
from feiqian.merchants.registry import Merchant
from feiqian.money import MinorUnits
from feiqian.payments.errors import PaymentNotFound
from feiqian.payments.intent import PaymentMethod
from feiqian.payments.requests import PaymentRequest
from feiqian.payments.views import PaymentView

Told: TypeAlias = Callable[[PaymentView | Exception], object]


class OrderAttempts(Protocol):
    """`ended` and `refunded` are called in the stretch in which that was posted, so that all is in one journal row."""

    async def prepare(self, order: str) -> None:
        """Before anything of this order is changed: afterwards it is in memory. Raises ReadsBehind,
        RecordIncomplete."""

    async def before_refund(self, payment: PaymentDecided, merchant_refund: str) -> None:
        """As `prepare`, and raises what forbids another refund; a retry of this number is never forbidden."""

    async def by_code(
        self, method: PaymentMethod[PaymentRequest], merchant: Merchant, request: PaymentRequest
    ) -> PaymentView:
        """Takes a payment by code for the order that the request names."""

    def by_code_at_once(self, merchant: Merchant, request: PaymentRequest, tell: Told) -> bool:
        """As `by_code`, without a task, as `Payments.pay_at_once`; False for an order that has to be read."""

    def ended(self, payment: PaymentDecided, status: PaymentStatus, reason: str | None, fee: MinorUnits) -> None:
        """An attempt that waited for its customer has ended so; the fee in minor units. Twice is once."""

    def refunded(self, payment: PaymentDecided, refund: RefundDecided, key: str) -> None:
        """A refund of what paid the order was decided, just now, for a request with this `Idempotency-Key`."""


class NoOrders:
    """There are none, so that nothing is ever asked."""

    async def prepare(self, order: str) -> None: ...
    async def before_refund(self, payment: PaymentDecided, merchant_refund: str) -> None: ...

    async def by_code(
        self, method: PaymentMethod[PaymentRequest], merchant: Merchant, request: PaymentRequest
    ) -> PaymentView:
        raise PaymentNotFound(f"there is no order {request.order}")

    def by_code_at_once(self, merchant: Merchant, request: PaymentRequest, tell: Told) -> bool:
        return False

    def ended(self, payment: PaymentDecided, status: PaymentStatus, reason: str | None, fee: MinorUnits) -> None: ...
    def refunded(self, payment: PaymentDecided, refund: RefundDecided, key: str) -> None: ...
