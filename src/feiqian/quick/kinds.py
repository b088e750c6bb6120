"""The numbers by which the ledger knows what is quick payment's own. They are on disk: given once, never used again."""

from __future__ import annotations

from enum import IntEnum

from feiqian.ids import MerchantNumber
from feiqian.ledger.chart import claim_id, derived_id


class QuickClaimKind(IntEnum):
    """What may happen once."""

    BILL_PAID = 203


def bill_claim(merchant: MerchantNumber, bill: str) -> bytes:
    """The claim of whoever pays this bill of the merchant's."""
    hashed = derived_id(b"bill", merchant.to_bytes(8, "big"), bill.encode())
    return claim_id(QuickClaimKind.BILL_PAID, int.from_bytes(hashed[:12], "big"))
