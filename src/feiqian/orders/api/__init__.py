"""What merchants do with orders under /v1."""

from .merchants import OPERATIONS
from .refused import PROBLEMS

__all__ = ["OPERATIONS", "PROBLEMS"]
