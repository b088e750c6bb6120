"""What merchants, and their customers, do with payments under /v1."""

from . import customers, merchants
from .refused import PROBLEMS

__all__ = ["PROBLEMS", "ROUTES"]
ROUTES = (*merchants.ROUTES, *customers.ROUTES)
