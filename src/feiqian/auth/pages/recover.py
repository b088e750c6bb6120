"""A forgotten password or PIN. The page is the same whatever is not known: nothing tells who is a customer."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromQuery
from litestar.response import Redirect

from feiqian.auth.challenges.errors import TooWeak
from feiqian.auth.challenges.forms import is_no_password
from feiqian.auth.errors import SecretUnchanged
from feiqian.auth.model import ChallengeView
from feiqian.customers.model import NAME_LENGTH
from feiqian.kyc.errors import NumberInvalid
from feiqian.kyc.numbers import HOME
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import forget, keep, kept
from feiqian.web.site import Site, TheSite
from feiqian.web.whose import ACTS_FOR, ANYBODY, UNDER_WAY

from .challenge import OVER, ChallengeFlow, Page, lead, over
from .details import pin_of
from .mobiles import countries, mobile_of
from .steps import Step, challenge_pages
from .words import number_wrong, weakness

PROVING, PROVED = "recover", "recovered"
PLACE, NEW = "/recover/confirm", "/recover/new"
KINDS = ("password", "pin")


class Recover(Controller):
    """`/recover` and what follows it."""

    path = "/recover"

    @get("/")
    async def ask(self, site: TheSite, what: FromQuery[str] = "") -> Page:
        return _ask_page(site, Form({"country": HOME, "what": what if what in KINDS else "password"}))

    @post("/", status_code=303, opt={ACTS_FOR: ANYBODY})
    async def begin(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form, t = await read_form(request), site.render.texts
        what = form["what"] if form["what"] in KINDS else "password"
        mobile, recovery = mobile_of(site, form), site.services.recovery
        if not form["number"]:
            form.wrong("number", t("customer.recover.number.missing"))
        if not form["name"] or len(form["name"]) > NAME_LENGTH:
            form.wrong("name", t("customer.details.name.missing"))
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
        secret = new_secret(site, form, what)
        if not form.good:
            return new_page(site, form, what, NEW)
        try:
            await site.services.recovery.finish(challenge, secret)
        except (TooWeak, SecretUnchanged) as error:
            refuse_secret(site, form, what, error)
            return new_page(site, form, what, NEW)
        except OVER as error:
            return over(site, _flow(site, challenge), error)
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


def new_secret(site: Site, form: Form, what: str) -> str:
    """The new password, or the new PIN (typed twice); the form says what is missing."""
    if what == "pin":
        return pin_of(site, form)
    if is_no_password(form.raw("password")):
        form.wrong("password", site.render.texts("customer.password.missing"))
    return form.raw("password")


def refuse_secret(site: Site, form: Form, what: str, error: TooWeak | SecretUnchanged) -> None:
    text = weakness(site, error) if isinstance(error, TooWeak) else site.render.texts("customer.secret.unchanged")
    form.wrong("pin" if what == "pin" else "password", text)


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
