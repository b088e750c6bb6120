"""What is paid by quick payment, and a quick payment as its payer sees it. Amounts in minor units."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import msgspec

from feiqian.auth.challenges.model import ChallengeView
from feiqian.ids import MerchantNumber
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.payments.read_model.rows import PaymentRow
from feiqian.payments.requests import shorter_reference

LONGEST_REFERENCE = 27  # so that with the payment's id it is an order number
BillNumber = Annotated[
    str, shorter_reference(LONGEST_REFERENCE, "The bill's number, or another reference.", "2026-117")
]
# open: to be confirmed. proved: confirmed, and the ledger has not been asked yet, or did not answer: confirm again.
Status = Literal["open", "proved", "succeeded", "declined", "expired"]


class Bill(NamedTuple):
    """What a merchant is to be paid. `once_until`: Unix seconds until which the reference is paid once; 0: it may be
    paid again. `order_id`: the order that is paid with it, if it is one's."""

    merchant: MerchantNumber
    amount: MinorUnits
    currency: CurrencyNumber
    reference: str
    description: str = ""
    once_until: int = 0
    order_id: str = ""


class Begun(NamedTuple):
    """A quick payment that was begun, and the challenge to be passed for it."""

    id: str
    challenge: ChallengeView


class QuickPayment(msgspec.Struct, frozen=True, kw_only=True):
    """As it is now; times in Unix microseconds. `last_four`: of the account, "" while that is not clear or not told.
    `row`: the payment, None while there is none."""

    id: str
    status: Status
    bill: Bill
    last_four: str
    row: PaymentRow | None
    created_at: int
