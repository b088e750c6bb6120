"""The numbers by which the ledger knows what is the deposit accounts' own. On disk: given once, never used again."""

from __future__ import annotations

from enum import IntEnum


class DepositTransferKind(IntEnum):
    """Why money moves."""

    OWN_TRANSFER = 14  # between accounts of one customer
    CLOSING = 15  # of what an account had when it was closed
