"""Merchants' people sign in by the pages that all who work here share; and sign out."""

from __future__ import annotations

from typing import Any

from litestar import Request, post
from litestar.datastructures import State
from litestar.response import Redirect

from feiqian.auth.pages.desk import Desk, DeskTexts
from feiqian.auth.pages.work_sign_in import WorkSignInPages
from feiqian.web.session import Connection, member_of
from feiqian.web.site import TheSite
from feiqian.web.whose import ACTS_FOR, USER

from .who import HOME, SIGN_IN

DESK = Desk(
    home=HOME,
    enrol=f"{HOME}/invitation",
    name="email",
    door="merchant_users/door.html",
    more="",
    texts=DeskTexts(
        title="portal.sign_in.title",
        text="portal.sign_in.text",
        name="portal.sign_in.email",
        missing="portal.sign_in.email.missing",
        wrong="portal.sign_in.wrong",
        more="portal.sign_in.enrol",
        password="portal.enrol.password.hint",
        over="portal.enrol.over",
    ),
    service=lambda site: site.services.merchant_users,
    device=lambda site: site.cookies.user_device,
    opened=lambda site, opened: site.cookies.user_opened(opened),
)


class SignInPages(WorkSignInPages):
    """`/merchants/sign-in`."""

    path, desk = SIGN_IN, DESK

    async def at_work(self, connection: Connection) -> bool:
        return await member_of(connection) is not None


@post(f"{HOME}/sign-out", status_code=303, opt={ACTS_FOR: (USER,)})
async def sign_out(site: TheSite, request: Request[Any, Any, State]) -> Redirect:
    """Ends the session; whoever has none is only led to the sign-in page."""
    member = await member_of(request)
    if member is not None:
        await site.services.merchant_users.sign_out(member.session)
    cookie = site.cookies.make(site.cookies.user, "", 0, "strict")
    return Redirect(f"{SIGN_IN}?said=out", status_code=303, cookies=[cookie])
