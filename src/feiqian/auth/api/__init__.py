"""`/v1/me`: proving who one is, and the security centre, for the bank's own apps."""

from . import doors, security

ROUTES = (*doors.ROUTES, *security.ROUTES)
