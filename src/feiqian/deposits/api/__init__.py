"""Deposit accounts under /v1."""

from . import aliases, bank
from .refused import PROBLEMS, TOLD

__all__ = ["OPERATIONS", "PROBLEMS", "TOLD"]
OPERATIONS = (*aliases.OPERATIONS, *bank.OPERATIONS)
