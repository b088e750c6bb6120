"""What is sent to somebody: the switch of this phone, groups of messages, quiet hours."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromQuery
from litestar.response import Redirect

from feiqian.auth.pages.challenge import Page
from feiqian.auth.pages.push import push_shown
from feiqian.inbox.errors import WishesInvalid
from feiqian.inbox.model import Group, Wish
from feiqian.inbox.pages.settings import filled_in, hours_of, wish_of
from feiqian.web.forms import Form, read_form
from feiqian.web.session import Customer, TheCustomer, customers_only
from feiqian.web.site import Site, TheSite

HOME = "/me/notices"
_WRONG = {"quiet": "quiet_until"}


class NoticeSettings(Controller):
    """`/me/notices`."""

    path = HOME
    guards = (customers_only,)

    @get("/")
    async def look(self, site: TheSite, signed_in: TheCustomer, said: FromQuery[str] = "") -> Response[str]:
        wish = await site.services.wishes.of(signed_in.number)
        return await _page(site, signed_in, wish, Form(filled_in(wish)), saved=said == "saved")

    @post("/", status_code=303)
    async def choose(self, site: TheSite, signed_in: TheCustomer, request: Request[Any, Any, State]) -> Page:
        form, before = await read_form(request), await site.services.wishes.of(signed_in.number)
        try:
            await site.services.wishes.put(signed_in.number, wish_of(form, before))
        except WishesInvalid as refused:
            form.wrong(_WRONG.get(refused.reason, ""), site.render.texts(f"notices.wrong.{refused.reason}"))
            return await _page(site, signed_in, before, form)
        return Redirect(f"{HOME}?said=saved", status_code=303)


async def _page(site: Site, signed_in: Customer, wish: Wish, form: Form, *, saved: bool = False) -> Response[str]:
    return site.page(
        "home/notices.html",
        status=form.status,
        form=form,
        groups=list(Group),
        hours=[("", site.render.texts("notices.quiet.none")), *hours_of(wish)],
        push=await push_shown(site, signed_in),
        saved=saved,
    )
