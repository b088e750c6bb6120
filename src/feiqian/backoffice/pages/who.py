"""Who of the staff is at work: the session behind the staff cookie, asked anew at every request.

Staff routes are for staff: a customer who is signed in gets 403, whoever is not signed in is led to the sign-in page.
"""

from __future__ import annotations

from litestar.handlers import BaseRouteHandler

from feiqian.backoffice.model import SignedIn
from feiqian.policy.people import BY_ROLE
from feiqian.subjects import Role
from feiqian.web.session import Connection, SignInFirst, address_of, customer_of, found_already, person_of

HOME = BY_ROLE[Role.STAFF].home


class StaffOnly(Exception):
    """A customer asked for a page of staff."""


async def staff_only(connection: Connection, _: BaseRouteHandler) -> None:
    """Litestar's guard of the console. Raises StaffOnly, SignInFirst."""
    if await person_of(connection, Role.STAFF) is not None:
        return
    if await customer_of(connection) is not None:
        raise StaffOnly
    raise SignInFirst(address_of(connection), Role.STAFF)


def staff_found(connection: Connection) -> SignedIn | None:
    """Who is at work, as far as anybody has asked in this request."""
    found = found_already(connection, Role.STAFF)
    return found if isinstance(found, SignedIn) else None
