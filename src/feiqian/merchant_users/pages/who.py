"""Which of a merchant's people is signed in, asked anew at every request; and the portal's guard.

Every handler of the portal says what it needs: `opt={NEEDS: Permission.…}`, or `NOTHING` for what all may.
"""

from __future__ import annotations

from typing import Final

from litestar.handlers import BaseRouteHandler

from feiqian.merchant_users.model import Member, Permission
from feiqian.policy.people import BY_ROLE
from feiqian.subjects import Role
from feiqian.web.session import Connection, SignInFirst, address_of, found_already, person_of

HOME = BY_ROLE[Role.USER].home
NEEDS = "needs"  # a handler's option
NOTHING: Final = None
FOR_ALL = {NEEDS: NOTHING}


async def members_only(connection: Connection, handler: BaseRouteHandler) -> None:
    """Litestar's guard of the portal. Raises SignInFirst, NotPermitted, MerchantSuspended."""
    member = await the_member(connection)
    needed: Permission | None = handler.opt[NEEDS]  # a handler that does not say is a fault, and opens nothing
    if needed is not NOTHING:
        member.require(needed)


async def the_member(connection: Connection) -> Member:
    """Who is signed in. Raises SignInFirst."""
    await person_of(connection, Role.USER)
    member = member_found(connection)
    if member is None:
        raise SignInFirst(address_of(connection), Role.USER)
    return member


def member_found(connection: Connection) -> Member | None:
    """Who is signed in, as far as anybody has asked in this request."""
    found = found_already(connection, Role.USER)
    return found if isinstance(found, Member) else None
