"""Under a challenge of the demo's staff: one press signs with the key that the demo keeps for them."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from feiqian.auth.challenges.errors import VerificationError
from feiqian.web.forms import read_form
from feiqian.web.session import own_path, staff_of
from feiqian.web.whose import ACTS_FOR, STAFF

from .given import TheDemo

FOR_STAFF = {ACTS_FOR: (STAFF,)}


class StaffKey(Controller):
    """`/staff/demo-key`."""

    path = "/staff/demo-key"
    opt = FOR_STAFF

    @post("/", status_code=307)
    async def sign(self, demo: TheDemo, request: Request[Any, Any, State]) -> Redirect:
        """Passes the challenge, and has the browser send the form on to the challenge's page, which finishes it."""
        form, who = await read_form(request), await staff_of(request)
        if who is None:
            raise NotFoundException
        try:
            await demo.staff.sign(who.subject, form["challenge"])
        except KeyError:
            raise NotFoundException from None
        except VerificationError:
            pass  # it is over, or was passed: the page says so
        return Redirect(own_path(form["place"]), status_code=307)
