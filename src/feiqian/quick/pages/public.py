"""Quick payment opened or closed without signing in. The pages are the same whatever is not known or not right."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromQuery
from litestar.response import Redirect

from feiqian.auth.model import ChallengeView
from feiqian.auth.pages.challenge import ChallengeFlow, Page, lead
from feiqian.auth.pages.mobiles import check_document
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.quick.allowed import allowed
from feiqian.quick.errors import NumberRefused, QuickRefused, QuickThrottled
from feiqian.quick.public import ACTS, OPEN
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import keep, kept
from feiqian.web.site import Site, TheSite
from feiqian.web.whose import ACTS_FOR, ANYBODY, UNDER_WAY

PLACE, CONFIRM, DONE = "/quick", "/quick/confirm", "/quick/done"
PROVING, PROVED = "quick-open", "quick-opened"
OUTCOMES = ("open", "close", "account", "frozen", "staff", "number")  # what is said on the last page


class PublicPages(Controller):
    """`/quick`: what it is, what it allows, and the form; `/quick/done`: what became of it."""

    path = PLACE

    @get("/")
    async def ask(self, site: TheSite, act: FromQuery[str] = OPEN) -> Page:
        return _page(site, Form({"act": act}))

    @post("/", status_code=303, opt={ACTS_FOR: ANYBODY})
    async def begin(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form, public, t = await read_form(request), site.services.public_quick, site.render.texts
        act = _act(form)
        number = _account_of(site, form)
        check_document(site, form)
        if not form.good:
            return _page(site, form)
        try:
            challenge = await public.start(act, number, form["number"], form["name"], site.language)
        except QuickThrottled as error:
            form.wrong("", t("quick.too_many", of=t(f"quick.too_many.{error.of}")))
            return _page(site, form)
        return await lead(public, challenge, CONFIRM, keep(site, PROVING, challenge.id, act))

    @get("/done")
    async def done(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        parts = kept(site, request, PROVED, 2)
        if parts is None or parts[1] not in OUTCOMES:
            return Redirect(PLACE, status_code=303)
        return site.page("quick/public_done.html", outcome=parts[1], allowed=_allowed(site))


async def _proving(site: TheSite, request: Request[Any, Any, State]) -> Step | Redirect:
    """The challenge that this browser has begun."""
    parts = kept(site, request, PROVING, 2)
    if parts is None or parts[1] not in ACTS:
        return Redirect(PLACE, status_code=303)
    challenge, act = parts

    async def finish(view: ChallengeView) -> Page:
        try:
            await site.services.public_quick.finish(view.id)
            outcome = act
        except QuickRefused as refused:
            outcome = refused.reason
        return Redirect(DONE, status_code=303, cookies=[keep(site, PROVED, view.id, outcome)])

    return Step(_flow(site, challenge, act), finish)


PROVE = challenge_pages(CONFIRM, _proving, (UNDER_WAY,))


def _account_of(site: Site, form: Form) -> str:
    """The account's number; "" if it cannot be one, and the form says why."""
    try:
        return site.services.public_quick.account_number(form["account"])
    except NumberRefused:
        missing = "quick.account.wrong" if form["account"] else "quick.account.missing"
        form.wrong("account", site.render.texts(missing))
        return ""


def _act(form: Form) -> str:
    return form["act"] if form["act"] in ACTS else OPEN


def _allowed(site: Site) -> object:
    policy = site.services.policy
    return allowed(policy, policy.currency)


def _flow(site: Site, challenge: str, act: str) -> ChallengeFlow:
    t, again = site.render.texts, PLACE if act == OPEN else f"{PLACE}?act={act}"
    return ChallengeFlow(
        site.services.public_quick, challenge, CONFIRM, again, t("quick.prove"), t("quick.prove.text"), leave=again
    )


def _page(site: Site, form: Form) -> Page:
    act = _act(form)
    return site.page("quick/public.html", form=form, status=form.status, act=act, allowed=_allowed(site))
