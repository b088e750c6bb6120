"""The numbers by which the ledger knows what is the payments' own. They are on disk: given once, never used again."""

from __future__ import annotations

from enum import IntEnum


class TransferKind(IntEnum):
    """Why money moves, kept in the engine's memory of a transfer. 7 to 9 were given and are not to be used again."""

    PAYMENT = 1
    FEE = 2
    REFUND = 3
    VERIFICATION = 5  # a zero-amount authorisation hold: a payment that waits for its customer
    CANCELLATION = 6
    REFUSAL = 11  # the end of a waiting payment that was declined: by its customer, or when it was confirmed
    ORDER = 17  # the zero-amount hold of an order, under the id that a payment with its number would have
    ORDER_PAID = 18  # the capture of an order's zero-amount hold, by the attempt that pays it

    AUTHORISATION = 20  # the hold of what is captured later


class ClaimKind(IntEnum):
    """What may happen once."""

    PAYMENT_CODE = 201
