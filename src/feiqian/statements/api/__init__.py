"""Statements under /v1."""

from .refused import PROBLEMS, TOLD
from .statements import OPERATIONS

__all__ = ["OPERATIONS", "PROBLEMS", "TOLD"]
