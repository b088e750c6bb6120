"""The numbers and ids by which the ledger knows what is the orders' own. On disk: given once, never used again."""

from __future__ import annotations

from enum import IntEnum

from feiqian.ids import MerchantNumber
from feiqian.ledger.chart import claim_id, derived_id


class OrderTransferKind(IntEnum):
    """Why something is held or given up. 17 and 18 are given (`payments.kinds`), and 20."""

    ORDER_CLOSED = 19  # its end, by the merchant
    ORDER_VOIDED = 21  # the end of what was authorised, by the merchant


class OrderClaimKind(IntEnum):
    """What may happen once."""

    IDEMPOTENCY_KEY = 210


def key_claim(merchant: MerchantNumber, key: str) -> bytes:
    """The claim of the request that was sent with this `Idempotency-Key`."""
    hashed = derived_id(b"idempotency", merchant.to_bytes(8, "big"), key.encode())
    return claim_id(OrderClaimKind.IDEMPOTENCY_KEY, int.from_bytes(hashed[:12], "big"))
