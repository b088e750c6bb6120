"""The numbers by which the ledger knows what is the transfers' own. On disk: given once, never used again."""

from __future__ import annotations

from enum import IntEnum


class PersonTransferKind(IntEnum):
    """Why money moves. 31 to 34 are kept for transfers that are held first."""

    PERSON_TRANSFER = 30  # from one customer to another
