"""Deposit accounts under /v1."""

from . import accounts, aliases, transfers
from .refused import PROBLEMS, TOLD

__all__ = ["OPERATIONS", "PROBLEMS", "TOLD"]
OPERATIONS = (*accounts.OPERATIONS, *aliases.OPERATIONS, *transfers.OPERATIONS)
