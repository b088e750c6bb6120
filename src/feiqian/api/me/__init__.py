"""`/v1/me`: everything that a customer can do on the bank's pages, for the bank's own apps."""

from . import account, doors, security

ROUTES = (*doors.ROUTES, *account.ROUTES, *security.ROUTES)
