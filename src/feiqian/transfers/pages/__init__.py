"""The pages of sending money to somebody, and what became of it."""

from __future__ import annotations

from . import confirming, outcome, payee
from .payee import LONGEST

__all__ = ["LONGEST", "PAGES"]
PAGES = (payee.PayeePages, payee.AmountPages, confirming.PROVE, outcome.TransferPages)
