"""What the bank has told: newest first, each with what it leads to; opened ones are read, and so is what was seen."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.ids import NOTICE, is_id
from feiqian.inbox.errors import NoticeNotFound
from feiqian.runtime.paging import Ask
from feiqian.web.forms import read_form
from feiqian.web.session import TheCustomer, customers_only
from feiqian.web.site import TheSite

from .shown import shown

HOME = "/inbox"


class InboxPages(Controller):
    """`/inbox`."""

    path = HOME
    guards = (customers_only,)

    @get("/")
    async def overview(
        self, site: TheSite, signed_in: TheCustomer, before: FromQuery[str] = "", after: FromQuery[str] = ""
    ) -> Response[str]:
        inbox = site.services.inbox
        page = await inbox.page(signed_in.number, Ask(before, after))
        rows = [shown(notice, site.language, site.render.formats) for notice in page.items]
        unread = await inbox.unread(signed_in.number)
        return site.page("inbox/inbox.html", page=page, rows=rows, unread=unread, newest=rows[0].id if rows else "")

    @get("/{id:str}")
    async def open(self, site: TheSite, signed_in: TheCustomer, id: FromPath[str]) -> Redirect:
        """Leads to the page where it is acted on; it is read from then on."""
        try:
            notice = await site.services.inbox.read(signed_in.number, id)
        except NoticeNotFound:
            raise NotFoundException from None
        return Redirect(shown(notice, site.language, site.render.formats).path, status_code=303)

    @post("/read", status_code=303)
    async def read(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Redirect:
        """All that the page showed, and what is older; not what came since."""
        newest = (await read_form(request))["newest"]
        if is_id(NOTICE, newest):
            await site.services.inbox.read_up_to(signed_in.number, newest)
        return Redirect(HOME, status_code=303)
