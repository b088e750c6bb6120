"""Which of a merchant's people is signed in, asked anew at every request; and the portal's guard.

Every handler of the portal says what it needs: `opt={NEEDS: Permission.…}`, or `NOTHING` for what all may.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from litestar.handlers import BaseRouteHandler

from feiqian.merchant_users.model import Member, Permission
from feiqian.web.session import Connection, address_of, member_of, path_within

HOME = "/merchants"
SIGN_IN = f"{HOME}/sign-in"
NEEDS = "needs"  # a handler's option
NOTHING: Final = None
FOR_ALL = {NEEDS: NOTHING}


class MemberSignInFirst(Exception):
    """Nobody is signed in. People are led to the sign-in page and then to `path`; scripts are told 401."""

    def __init__(self, path: str) -> None:
        super().__init__("none of a merchant's people is signed in")
        self.path = path

    @property
    def address(self) -> str:
        return f"{SIGN_IN}?next={quote(path_within(HOME, self.path))}"


async def members_only(connection: Connection, handler: BaseRouteHandler) -> None:
    """Litestar's guard of the portal. Raises MemberSignInFirst, NotPermitted, MerchantSuspended."""
    member = await member_of(connection)
    if member is None:
        raise MemberSignInFirst(address_of(connection))
    needed: Permission | None = handler.opt[NEEDS]  # a handler that does not say is a fault, and opens nothing
    if needed is not NOTHING:
        member.require(needed)


async def the_member(connection: Connection) -> Member:
    """Who is signed in. Raises MemberSignInFirst."""
    member = await member_of(connection)
    if member is None:
        raise MemberSignInFirst(address_of(connection))
    return member
