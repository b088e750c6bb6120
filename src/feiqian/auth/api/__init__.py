"""`/v1/me`: everything that a customer can do on the bank's pages, for the bank's own apps."""

from feiqian.payments.api import customers as account

from . import doors, security

ROUTES = (*doors.ROUTES, *account.ROUTES, *security.ROUTES)
