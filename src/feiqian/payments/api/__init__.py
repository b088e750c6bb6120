"""What merchants, and their customers, do with payments under /v1."""

from . import customers, merchants
from .refused import PROBLEMS

__all__ = ["OPERATIONS", "PROBLEMS"]
OPERATIONS = (*merchants.OPERATIONS, *customers.OPERATIONS)
