"""Staff enrol: the token from the operator is typed first; the rest is what all who work here share."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.datastructures import State

from feiqian.auth.pages.work_enrol import WorkEnrolPages
from feiqian.web.forms import Form, read_form
from feiqian.web.site import Site, TheSite

from .console import Page
from .sign_in import DESK, ENROL


class EnrolPages(WorkEnrolPages):
    """`/staff/enrol`."""

    path, desk = ENROL, DESK

    @get("/")
    async def ask(self, site: TheSite) -> Page:
        return _page(site, Form())

    @post("/", status_code=200)
    async def begin(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        return await self.choose(site, await read_form(request))

    def over(self, site: Site) -> Page:
        form = Form()
        form.wrong("token", site.render.texts("staff.enrol.over"))
        return _page(site, form)


def _page(site: Site, form: Form) -> Page:
    return site.page("backoffice/enrol.html", form=form)
