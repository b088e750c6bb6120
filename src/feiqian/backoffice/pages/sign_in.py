"""Staff sign in by the pages that all who work here share; and sign out."""

from __future__ import annotations

from typing import Any

from litestar import Request, post
from litestar.datastructures import State
from litestar.response import Redirect

from feiqian.auth.pages.desk import Desk, DeskTexts
from feiqian.auth.pages.work_sign_in import WorkSignInPages
from feiqian.web.session import Connection, staff_of
from feiqian.web.site import TheSite
from feiqian.web.whose import ACTS_FOR, STAFF

from .who import HOME, SIGN_IN

ENROL = f"{HOME}/enrol"
DESK = Desk(
    home=HOME,
    enrol=ENROL,
    name="login",
    door="backoffice/door.html",
    more=ENROL,
    texts=DeskTexts(
        title="staff.sign_in.title",
        text="staff.sign_in.text",
        name="staff.sign_in.login",
        missing="staff.sign_in.login.missing",
        wrong="staff.sign_in.wrong",
        more="staff.sign_in.enrol",
        password="staff.enrol.password.hint",
        over="staff.enrol.over",
    ),
    service=lambda site: site.services.staff,
    device=lambda site: site.cookies.staff_device,
    opened=lambda site, opened: site.cookies.staff_opened(opened),
)


class SignInPages(WorkSignInPages):
    """`/staff/sign-in`."""

    path, desk = SIGN_IN, DESK

    async def at_work(self, connection: Connection) -> bool:
        return await staff_of(connection) is not None


@post("/staff/sign-out", status_code=303, opt={ACTS_FOR: (STAFF,)})
async def sign_out(site: TheSite, request: Request[Any, Any, State]) -> Redirect:
    """Ends the session; whoever has none is only led to the sign-in page."""
    who = await staff_of(request)
    if who is not None:
        await site.services.staff.sign_out(who.session)
    cookie = site.cookies.make(site.cookies.staff, "", 0, "strict")
    return Redirect(f"{SIGN_IN}?said=out", status_code=303, cookies=[cookie])
