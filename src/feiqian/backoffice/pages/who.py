"""Who of the staff is at work: the session behind the staff cookie, asked anew at every request.

Staff routes are for staff: a customer who is signed in gets 403, whoever is not signed in is led to the sign-in page.
"""

from __future__ import annotations

from urllib.parse import quote

from litestar.handlers import BaseRouteHandler

from feiqian.web.session import Connection, address_of, customer_of, path_within, staff_of

HOME = "/staff"
SIGN_IN = "/staff/sign-in"


class StaffSignInFirst(Exception):
    """No member of staff is signed in. People are led to the sign-in page and then to `path`; scripts are told 401."""

    def __init__(self, path: str) -> None:
        super().__init__("no member of staff is signed in")
        self.path = path

    @property
    def address(self) -> str:
        return f"{SIGN_IN}?next={quote(path_within(HOME, self.path))}"


class StaffOnly(Exception):
    """A customer asked for a page of staff."""


async def staff_only(connection: Connection, _: BaseRouteHandler) -> None:
    """Litestar's guard of the console. Raises StaffOnly, StaffSignInFirst."""
    if await staff_of(connection) is not None:
        return
    if await customer_of(connection) is not None:
        raise StaffOnly
    raise StaffSignInFirst(address_of(connection))
