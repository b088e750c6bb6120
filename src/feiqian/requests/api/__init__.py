"""Asking for money under /v1/me."""

from . import codes, money_requests, splits
from .refused import PROBLEMS, TOLD

__all__ = ["OPERATIONS", "PROBLEMS", "TOLD"]
OPERATIONS = (*codes.OPERATIONS, *money_requests.OPERATIONS, *splits.OPERATIONS)
