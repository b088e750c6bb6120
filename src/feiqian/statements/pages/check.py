"""Whether a statement that somebody was shown is the bank's, by its code. Public; it says no more than the paper."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.params import FromQuery

from feiqian.activity.codes import LETTERS
from feiqian.activity.errors import TooManyTries
from feiqian.auth.pages.challenge import Page
from feiqian.statements.errors import StatementNotFound
from feiqian.web.forms import Form
from feiqian.web.site import Site, TheSite

_NOT_FOUND, _TOO_MANY = 404, 429


class CheckPages(Controller):
    """`/statements/check`."""

    path = "/statements/check"

    @get("/")
    async def check(self, site: TheSite, statement: FromQuery[str] = "") -> Page:
        typed = statement.strip()[: 2 * LETTERS]
        if not typed:
            return _page(site, Form())
        try:
            it, holder = await site.services.statement_files.given.look(typed)
        except StatementNotFound:
            return _wrong(site, typed, "statement", _NOT_FOUND)
        except TooManyTries:
            return _wrong(site, typed, "", _TOO_MANY)
        return site.page("statements/check.html", form=Form({"statement": typed}), it=it, holder=holder)


def _wrong(site: Site, typed: str, field: str, status: int) -> Response[str]:
    form = Form({"statement": typed})
    form.wrong(field, site.render.texts("statements.check.unknown" if field else "statements.check.too_many"))
    return _page(site, form, status)


def _page(site: Site, form: Form, status: int | None = None) -> Response[str]:
    return site.page("statements/check.html", form=form, status=status, it=None)
