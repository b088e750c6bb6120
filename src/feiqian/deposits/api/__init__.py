"""Deposit accounts under /v1."""

from . import accounts, transfers
from .refused import PROBLEMS, TOLD

__all__ = ["OPERATIONS", "PROBLEMS", "TOLD"]
OPERATIONS = (*accounts.OPERATIONS, *transfers.OPERATIONS)
