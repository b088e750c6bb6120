"""What can be wrong with a request about a payment, other than that the bank declines it."""

from __future__ import annotations

from feiqian.errors import FeiqianError
from feiqian.events import PaymentStatus


class PaymentError(FeiqianError):
    """A request that cannot be carried out as it is. Nothing was changed by it."""


class PaymentNotFound(PaymentError):
    """The merchant, or customer, has no such payment (another may: that is not told)."""


class OrderConflict(PaymentError):
    """The merchant's order or refund number was used before, with other content."""


class NotRefundable(PaymentError):
    """The payment did not succeed, so there is nothing to give back. `status` is what it is instead."""

    def __init__(self, status: PaymentStatus) -> None:
        super().__init__(f"a payment that is {status} cannot be refunded")
        self.status = status


class NotCancellable(PaymentError):
    """The payment does not wait for its customer (any more). `status` is what it is instead."""

    def __init__(self, status: PaymentStatus) -> None:
        super().__init__(f"a payment that is {status} cannot be cancelled")
        self.status = status


class NotWaiting(PaymentError):
    """The payment does not wait for its customer (any more). `status` is what it is instead."""

    def __init__(self, status: PaymentStatus) -> None:
        super().__init__(f"a payment that is {status} cannot be confirmed or refused")
        self.status = status


class RecordIncomplete(PaymentError):
    """Something of the payment, or of whom it may belong to, was set aside, so nothing can be said of it yet."""

    def __init__(self) -> None:
        super().__init__("the record of this is incomplete until it is repaired: `feiqian audit` says where")


class ReadModelBehind(PaymentError):
    """The ledger remembers the operation, and the read model does not know it yet. Ask again shortly."""


class NoIssuingDevice(PaymentError):
    """All devices that showed the customer's payment codes are revoked, so that there is no code to show."""
