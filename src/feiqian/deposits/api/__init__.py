"""Deposit accounts under /v1."""

from . import accounts, aliases, bank, transfers
from .refused import PROBLEMS, TOLD

__all__ = ["OPERATIONS", "PROBLEMS", "TOLD"]
OPERATIONS = (*accounts.OPERATIONS, *aliases.OPERATIONS, *bank.OPERATIONS, *transfers.OPERATIONS)
