"""What merchants, and their customers, do with orders under /v1."""

from . import customers as _customers
from . import merchants as _merchants
from .refused import PROBLEMS

__all__ = ["OPERATIONS", "PROBLEMS"]
OPERATIONS = (*_merchants.OPERATIONS, *_customers.OPERATIONS)
