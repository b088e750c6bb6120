"""Accepting an invitation: the link from the message, a name, then two factors as all who work here enrol.

Looking at the link uses nothing up: mail programs look at links, too.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from feiqian.auth.errors import EnrolmentOver
from feiqian.auth.pages.work_enrol import WorkEnrolPages
from feiqian.auth.pages.work_sign_in import Page
from feiqian.merchant_users.errors import AddressTaken, UserInvalid
from feiqian.web.forms import Form, read_form
from feiqian.web.problems import site_for
from feiqian.web.site import Site, TheSite

from .sign_in import DESK


def _taken(request: Request[Any, Any, State], _: Exception) -> Page:
    page = _over(site_for(request), "portal.enrol.taken")
    return Response(page.content, status_code=409, media_type="text/html", headers=request.app.state.headers)


ERRORS: dict[Any, Any] = {AddressTaken: _taken}


class InvitationPages(WorkEnrolPages):
    """`/merchants/invitation`."""

    path, desk = DESK.enrol, DESK
    exception_handlers = ERRORS

    @get(["/", "/password", "/code"])
    async def again(self) -> Page:
        """Where a step's page is loaded again, or in another language: the token is in the message alone."""
        return Redirect(DESK.sign_in, status_code=303)

    @get("/{token:str}")
    async def look(self, site: TheSite, token: FromPath[str]) -> Page:
        return await _page(site, Form({"token": token}))

    @post("/", status_code=200)
    async def name(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        try:
            await site.services.merchant_users.name(form["token"], form["name"])
        except UserInvalid:
            form.wrong("name", site.render.texts("portal.invitation.name.wrong"))
            return await _page(site, form)
        except EnrolmentOver:
            return self.over(site)
        return await self.choose(site, form)

    def over(self, site: Site) -> Page:
        return _over(site, "portal.enrol.over")


async def _page(site: Site, form: Form) -> Page:
    """Who invites whom, and as what."""
    try:
        user = await site.services.merchant_users.enrolment(form["token"])
    except EnrolmentOver:
        return _over(site, "portal.enrol.over")
    if "name" not in form.values:
        form = Form({**form.values, "name": user.name}, form.errors)
    merchant = site.services.merchants.name(user.merchant)
    return site.page("merchant_users/invitation.html", form=form, user=user, merchant=merchant)


def _over(site: Site, why: str) -> Response[str]:
    return site.page("merchant_users/invitation_over.html", status=404, why=why)
