"""A lost or stolen phone, reported without signing in. The page is the same whatever is not known or not right."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.response import Redirect

from feiqian.auth.errors import ReportsThrottled
from feiqian.customers.model import NAME_LENGTH
from feiqian.kyc.errors import NumberInvalid
from feiqian.kyc.numbers import HOME
from feiqian.web.forms import Form, read_form
from feiqian.web.site import Site, TheSite

from .challenge import Page
from .mobiles import countries, mobile_of
from .words import number_wrong


class Lost(Controller):
    """`/lost`: the form, and what is said of every report that could be read."""

    path = "/lost"

    @get("/")
    async def ask(self, site: TheSite) -> Page:
        return _page(site, Form({"country": HOME}))

    @post("/", status_code=303)
    async def report(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form, t = await read_form(request), site.render.texts
        mobile = mobile_of(site, form)
        if not form["number"]:
            form.wrong("number", t("customer.recover.number.missing"))
        if not form["name"] or len(form["name"]) > NAME_LENGTH:
            form.wrong("name", t("customer.details.name.missing"))
        if not form.good:
            return _page(site, form)
        try:
            await site.services.lost_phones.report(mobile, form["number"], form["name"])
        except NumberInvalid as error:
            form.wrong("mobile", number_wrong(site, error))
        except ReportsThrottled:
            form.wrong("", t("customer.lost.too_many"))
        return Redirect("/lost/done", status_code=303) if form.good else _page(site, form)

    @get("/done")
    async def done(self, site: TheSite) -> Page:
        return site.page("auth/lost_done.html", most=site.services.policy.reports.per_person_day)


def _page(site: Site, form: Form) -> Page:
    return site.page("auth/lost.html", form=form, countries=countries(site.language))
