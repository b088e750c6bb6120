"""Deposit accounts under /v1."""

from . import aliases
from .refused import PROBLEMS, TOLD

__all__ = ["OPERATIONS", "PROBLEMS", "TOLD"]
OPERATIONS = (*aliases.OPERATIONS,)
