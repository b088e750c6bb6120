"""`/receipts`: whether a receipt is this bank's, for anybody who holds one. Knows no session; nothing of it is kept."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from feiqian.activity.codes import LETTERS, grouped, read_code
from feiqian.activity.errors import ReceiptNotFound, TooManyTries
from feiqian.auth.pages.challenge import Page
from feiqian.web.forms import Form
from feiqian.web.site import Site, TheSite

_NOT_FOUND, _TOO_MANY = 404, 429


class PublicPages(Controller):
    """`/receipts`."""

    path = "/receipts"

    @get("/")
    async def ask(self, site: TheSite, code: FromQuery[str] = "") -> Page:
        typed = code.strip()[: 2 * LETTERS]
        if not typed:
            return _page(site, Form())
        found = read_code(typed)
        return Redirect(f"/receipts/{grouped(found)}") if found else _unknown(site, typed)

    @get("/{code:str}")
    async def look(self, site: TheSite, code: FromPath[str]) -> Page:
        try:
            found = await site.services.public_receipts.look(code)
        except ReceiptNotFound:
            return _unknown(site, code)
        except TooManyTries:
            form = Form({"code": code})
            form.wrong("", site.render.texts("receipts.too_many"))
            return _page(site, form, _TOO_MANY)
        return site.page("activity/public.html", it=found, code=grouped(found.code), form=Form())


def _unknown(site: Site, typed: str) -> Response[str]:
    form = Form({"code": typed[: 2 * LETTERS]})
    form.wrong("code", site.render.texts("receipts.unknown"))
    return _page(site, form, _NOT_FOUND)


def _page(site: Site, form: Form, status: int | None = None) -> Response[str]:
    return site.page("activity/public.html", form=form, status=status, it=None, code="")
