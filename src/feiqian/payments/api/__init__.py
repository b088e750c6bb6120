"""What merchants, and their customers, do with payments under /v1."""

from . import customers, merchants

ROUTES = (*merchants.ROUTES, *customers.ROUTES)
