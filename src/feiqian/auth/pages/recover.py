"""A forgotten password or PIN. The page is the same whatever is not known: nothing tells who is a customer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromQuery
from litestar.response import Redirect

from feiqian.auth.challenges.errors import TooWeak
from feiqian.auth.errors import SecretUnchanged
from feiqian.auth.model import ChallengeView
from feiqian.kyc.errors import NumberInvalid
from feiqian.kyc.numbers import HOME
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import forget, keep, kept
from feiqian.web.site import Site, TheSite
from feiqian.web.whose import ACTS_FOR, ANYBODY, UNDER_WAY

from .challenge import OVER, ChallengeFlow, Page, lead, over
from .details import password_of, pin_of
from .mobiles import claimant_of, countries
from .steps import Step, challenge_pages
from .words import number_wrong, weakness

PROVING, PROVED = "recover", "recovered"
PLACE, NEW = "/recover/confirm", "/recover/new"
KINDS = ("password", "pin")
Change = Callable[[str], Awaitable[None]]


class Recover(Controller):
    """`/recover` and what follows it."""

    path = "/recover"

    @get("/")
    async def ask(self, site: TheSite, what: FromQuery[str] = "") -> Page:
        return _ask_page(site, Form({"country": HOME, "what": what if what in KINDS else "password"}))

    @post("/", status_code=303, opt={ACTS_FOR: ANYBODY})
    async def begin(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form, recovery = await read_form(request), site.services.recovery
        what = form["what"] if form["what"] in KINDS else "password"
        mobile = claimant_of(site, form)
        if not form.good:
            return _ask_page(site, form)
        try:
            challenge = await recovery.start(what, mobile, form["number"], form["name"], site.language)
        except NumberInvalid as error:
            form.wrong("mobile", number_wrong(site, error))
            return _ask_page(site, form)
        return await lead(recovery, challenge, PLACE, keep(site, PROVING, challenge.id, what))

    @get("/new")
    async def new(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        parts = kept(site, request, PROVED, 2)
        return Redirect("/recover", status_code=303) if parts is None else new_page(site, Form(), parts[1], NEW)

    @post("/new", status_code=303, opt={ACTS_FOR: (UNDER_WAY,)})
    async def set(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        parts, form = kept(site, request, PROVED, 2), await read_form(request)
        if parts is None:
            return Redirect("/recover", status_code=303)
        challenge, what = parts
        finish = partial(site.services.recovery.finish, challenge)
        if page := await choose(site, form, what, NEW, _flow(site, challenge), finish):
            return page
        return Redirect("/sign-in?said=recovered", status_code=303, cookies=[forget(site), *site.cookies.closed()])


async def _proving(site: TheSite, request: Request[Any, Any, State]) -> Step | Redirect:
    """The challenge of the recovery that this browser has begun."""
    parts = kept(site, request, PROVING, 2)
    if parts is None:
        return Redirect("/recover", status_code=303)

    async def finish(view: ChallengeView) -> Page:
        return Redirect(NEW, status_code=303, cookies=[keep(site, PROVED, view.id, parts[1])])

    return Step(_flow(site, parts[0]), finish)


PROVE = challenge_pages(PLACE, _proving, (UNDER_WAY,))


async def choose(
    site: Site, form: Form, what: str, place: str, flow: ChallengeFlow, change: Change, back: str = ""
) -> Page | None:
    """Sets the new password, or the new PIN (typed twice). Otherwise a page that says why it was not set."""
    secret = pin_of(site, form) if what == "pin" else password_of(site, form)
    if form.good:
        try:
            await change(secret)
            return None
        except TooWeak as error:
            form.wrong(what, weakness(site, error))
        except SecretUnchanged:
            form.wrong(what, site.render.texts("customer.secret.unchanged"))
        except OVER as error:
            return over(site, flow, error)
    return new_page(site, form, what, place, back)


def new_page(site: Site, form: Form, what: str, place: str, back: str = "") -> Page:
    """Where a new password or PIN is chosen; `place` takes it."""
    return site.page(
        "auth/new_secret.html",
        ("customer.strength.script.",),
        form=form,
        what=what,
        place=place,
        back=back,
        rules=site.services.policy.passwords,
    )


def _flow(site: Site, challenge: str) -> ChallengeFlow:
    t = site.render.texts
    text = t("customer.recover.prove.text")
    return ChallengeFlow(
        site.services.recovery, challenge, PLACE, "/recover", t("customer.recover.prove"), text, leave="/sign-in"
    )


def _ask_page(site: Site, form: Form) -> Page:
    return site.page("auth/recover.html", form=form, countries=countries(site.language))
