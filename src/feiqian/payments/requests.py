"""What a merchant asks for. The bounds stand here, so that whoever decodes into these has checked every field."""

from __future__ import annotations

from typing import Annotated

import msgspec

from feiqian.ledger.bounds import MAX_AMOUNT

_TEXT = r"^[^\x00-\x1f\x7f\u2028\u2029]*$"  # nothing that could forge a line of a log or a receipt
_NUMBER = r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$"

Amount = Annotated[int, msgspec.Meta(ge=1, le=MAX_AMOUNT, description="Whole minor units, such as fen or cents.")]
Number = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=_NUMBER)]
Description = Annotated[str, msgspec.Meta(max_length=140, pattern=_TEXT)]
Place = Annotated[str, msgspec.Meta(max_length=32, pattern=_TEXT)]
CurrencyCode = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", description="Letters of ISO 4217.")]
CodeText = Annotated[str, msgspec.Meta(min_length=1, max_length=64, description="The digits on the customer's phone.")]


class PaymentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A customer's code, scanned. `merchant_order` is the merchant's own number, and makes the payment one."""

    payment_code: CodeText
    amount: Amount
    currency: CurrencyCode
    merchant_order: Number
    description: Description = ""
    store: Place = ""
    terminal: Place = ""


class RefundRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Part or all of a payment back to its customer. `merchant_refund` makes the refund one, within its payment."""

    amount: Amount
    merchant_refund: Number
