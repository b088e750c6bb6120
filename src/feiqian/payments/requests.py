"""What a merchant asks for. The bounds stand here, so that whoever decodes into these has checked every field."""

from __future__ import annotations

from typing import Annotated

import msgspec

from feiqian.ledger.bounds import MAX_AMOUNT
from feiqian.money import MinorUnits
from feiqian.strings.patterns import LINE, matching

_REFERENCE = "[A-Za-z0-9][A-Za-z0-9._:/-]*"  # what is not seen, or looks alike, makes no second number

Amount = Annotated[
    MinorUnits,
    msgspec.Meta(ge=1, le=MAX_AMOUNT, description="Whole minor units, such as fen or cents.", examples=[1250]),
]
_REFERENCE_TEXT = "Letters, digits and . _ : / -, the first a letter or digit."


def shorter_reference(longest: int, what: str, example: str) -> msgspec.Meta:
    """Of a number that becomes part of an order's."""
    said = f"{what} {_REFERENCE_TEXT}"
    return matching(_REFERENCE, min_length=1, max_length=longest, description=said, examples=[example])


# A merchant's own number for something.
Reference = Annotated[
    str, matching(_REFERENCE, min_length=1, max_length=64, description=_REFERENCE_TEXT, examples=["A-1001"])
]
# To look for a number that was given before: versions until November 2026 took, and kept, a newline at its end.
KnownReference = Annotated[str, matching(_REFERENCE + r"\n?", min_length=1, max_length=64)]
Description = Annotated[
    str, matching(LINE, max_length=140, description="What the customer reads.", examples=["Two coffees"])
]
Place = Annotated[str, matching(LINE, max_length=32)]
CurrencyCode = Annotated[str, matching("[A-Z]{3}", description="Letters of ISO 4217.", examples=["CNY"])]
_CODE_TEXT, _CODE = "The twenty digits on the customer's phone.", "88012345678901234567"
CodeText = Annotated[str, msgspec.Meta(min_length=1, max_length=64, description=_CODE_TEXT, examples=[_CODE])]


OrderId = Annotated[
    str,
    matching(
        "(ord_[0-9a-f]{32})?",
        description="The order that is paid with it; `merchant_order` then names this attempt within the order.",
        examples=[""],
    ),
]


class PaymentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, gc=False):
    """A customer's code, scanned. `merchant_order` is the merchant's own number, and makes the payment one."""

    payment_code: CodeText
    amount: Amount
    currency: CurrencyCode
    merchant_order: Reference
    description: Description = ""
    store: Place = ""
    terminal: Place = ""
    order: OrderId = ""


class RefundRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Part or all of a payment back to its customer. `merchant_refund` makes the refund one, within its payment."""

    amount: Annotated[Amount, msgspec.Meta(examples=[500])]
    merchant_refund: Annotated[Reference, msgspec.Meta(examples=["R-1001"])]
