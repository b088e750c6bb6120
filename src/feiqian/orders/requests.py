"""What a merchant asks for. The bounds stand here, so that whoever decodes into these has checked every field."""

from __future__ import annotations

from typing import Annotated

import msgspec

from feiqian.orders.model import Capture, Method
from feiqian.payments.requests import Amount, CurrencyCode, Description, Reference, RefundRequest
from feiqian.strings.patterns import LINE, matching

DAY_SECONDS = 86_400
DEFAULT_SECONDS = 900
MOST_ITEMS, MOST_METADATA = 20, 10
ALL_METHODS = tuple(sorted(Method))

Seconds = Annotated[
    int,
    msgspec.Meta(ge=60, le=90 * DAY_SECONDS, description="Seconds in which it can be paid.", examples=[900]),
]
Name = Annotated[str, matching(LINE, min_length=1, max_length=80, examples=["Coffee beans"])]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=1_000_000, examples=[1])]
Key = Annotated[str, matching("[a-z][a-z0-9_]*", max_length=32)]
Value = Annotated[str, matching(LINE, max_length=100)]
Address = Annotated[
    str,
    matching(
        r"(https://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?(/[A-Za-z0-9._~:/?@!$&'()*+,;=%-]*)?)?",
        max_length=500,
        description="https; http for this machine alone.",
        examples=["https://shop.example/orders/W-2001"],
    ),
]

Methods = Annotated[tuple[Method, ...], msgspec.Meta(min_length=1, max_length=3, description="All, if none is named.")]


class CaptureRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Part or all of what is authorised. `merchant_capture` makes the capture one, within its order; with `final` what
    is left is given up."""

    amount: Amount
    merchant_capture: Annotated[Reference, msgspec.Meta(examples=["C-2001"])]
    final: bool = False


class OrderRefundRequest(RefundRequest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Part or all of what was taken. `payment`: of which capture, where there were several."""

    merchant_refund: Annotated[Reference, msgspec.Meta(examples=["R-2001"])]
    payment: Annotated[str, matching("(pay_[0-9a-f]{32})?", examples=[""])] = ""


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that is bought. `amount`: of all of them together."""

    name: Name
    quantity: Quantity = 1
    amount: Amount


class Customer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What you know of your customer: your own reference, and a language. Never a number of an account or a card."""

    reference: Annotated[str, matching(LINE, max_length=64, examples=["customer-17"])] = ""
    language: Annotated[str, matching("(en|zh|es)?", examples=["zh"])] = ""


class OrderRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be paid. `merchant_order` is the merchant's own number, and makes the order one."""

    merchant_order: Annotated[Reference, msgspec.Meta(examples=["W-2001"])]  # a payment's sample has another number
    amount: Amount
    currency: CurrencyCode
    description: Description = ""
    line_items: Annotated[list[Item], msgspec.Meta(max_length=MOST_ITEMS)] = []
    expires_in: Seconds = DEFAULT_SECONDS
    return_url: Address = ""
    methods: Methods = ALL_METHODS
    capture: Capture = Capture.NOW
    metadata: Annotated[dict[Key, Value], msgspec.Meta(max_length=MOST_METADATA)] = {}
    customer: Customer = Customer()
