"""Under a challenge of the demo's staff or merchant: one press signs with the key that the demo keeps for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Controller, Request, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from feiqian.auth.challenges.errors import VerificationError
from feiqian.subjects import Role, Subject
from feiqian.web.forms import read_form
from feiqian.web.session import own_path, person_of
from feiqian.web.whose import ACTS_FOR

from .given import TheDemo

FOR_STAFF, FOR_USER = {ACTS_FOR: (Role.STAFF,)}, {ACTS_FOR: (Role.USER,)}


class StaffKey(Controller):
    """`/staff/demo-key`."""

    path = "/staff/demo-key"
    opt = FOR_STAFF

    @post("/", status_code=307)
    async def sign(self, demo: TheDemo, request: Request[Any, Any, State]) -> Redirect:
        return await _signed(request, await person_of(request, Role.STAFF), demo.staff.sign)


class MerchantKey(Controller):
    """`/merchants/demo-key`."""

    path = "/merchants/demo-key"
    opt = FOR_USER

    @post("/", status_code=307)
    async def sign(self, demo: TheDemo, request: Request[Any, Any, State]) -> Redirect:
        return await _signed(request, await person_of(request, Role.USER), demo.merchant.sign)


async def _signed(
    request: Request[Any, Any, State], who: Any, sign: Callable[[Subject, str], Awaitable[None]]
) -> Redirect:
    """Passes the challenge, and has the browser send the form on to the challenge's page, which finishes it."""
    form = await read_form(request)
    if who is None:
        raise NotFoundException
    try:
        await sign(who.subject, form["challenge"])
    except KeyError:
        raise NotFoundException from None
    except VerificationError:
        pass  # it is over, or was passed: the page says so
    return Redirect(own_path(form["place"]), status_code=307)
