"""The numbers by which the ledger knows what is the orders' own. On disk: given once, never used again."""

from __future__ import annotations

from enum import IntEnum


class OrderTransferKind(IntEnum):
    """Why something is held or given up. 17 and 18 are given (`payments.kinds`), and 20."""

    ORDER_CLOSED = 19  # its end, by the merchant
    ORDER_VOIDED = 21  # the end of what was authorised, by the merchant
