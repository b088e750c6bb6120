"""`/v1/me`: proving who one is, and the security centre, for the bank's own apps."""

from . import doors, me, security

ROUTES = (*me.ROUTES, *doors.ROUTES, *security.ROUTES)
