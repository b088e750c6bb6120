"""Becoming a customer: a mobile number and the code that is sent to it, who one is, a password and a PIN.

Between the last two steps what was typed is carried by the page itself; the bank keeps nothing before the end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.response import Redirect

from feiqian.auth.challenges.errors import CodeThrottled, TooWeak
from feiqian.auth.errors import DetailsInvalid, NotConfirmed, SignInLocked
from feiqian.auth.model import ChallengeView, Details
from feiqian.auth.pages.challenge import ChallengeFlow, Page, over
from feiqian.auth.pages.mobiles import countries, mobile_of
from feiqian.auth.pages.sign_in import signed_in
from feiqian.auth.pages.steps import Step, challenge_pages
from feiqian.auth.pages.words import contact, number_wrong, reasons_of, refusal, weakness
from feiqian.customers.errors import ApplicationOver
from feiqian.kyc.errors import MrzInvalid, NumberInvalid
from feiqian.kyc.numbers import HOME
from feiqian.kyc.rules import FINAL
from feiqian.notify.errors import SendingCapped
from feiqian.onboarding.errors import ChecksUsedUp, DocumentRefused
from feiqian.onboarding.pages.details import CN_ID, document_of, secrets_of, tell
from feiqian.policy.factors import Factor
from feiqian.web.forms import NOT_TAKEN, Form, read_form
from feiqian.web.kept import device, keep, kept, user_agent
from feiqian.web.session import TheVisitor
from feiqian.web.site import Site, TheSite
from feiqian.web.whose import ACTS_FOR, ANYBODY, UNDER_WAY

CODE, DETAILS = "register", "registering"
WRONG = (DocumentRefused, DetailsInvalid, NumberInvalid, MrzInvalid, ChecksUsedUp, ApplicationOver, NotConfirmed)
PLACE, WHO, NEXT = "/register/code", "/register/details", "/identity"


class Register(Controller):
    """`/register` and what follows it."""

    path = "/register"

    @get("/")
    async def ask(self, site: TheSite, visitor: TheVisitor) -> Page:
        if visitor is not None:
            return Redirect("/wallet", status_code=303)
        return _mobile_page(site, Form({"country": HOME}))

    @post("/", status_code=303, opt={ACTS_FOR: ANYBODY})
    async def begin(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        mobile = mobile_of(site, form)
        if not form.good:
            return _mobile_page(site, form)
        try:
            started = await site.services.registration.start(mobile, site.language, user_agent(request))
        except NumberInvalid as error:
            form.wrong("mobile", number_wrong(site, error))
            return _mobile_page(site, form)
        except (SendingCapped, CodeThrottled, SignInLocked) as error:
            form.wrong("", refusal(site, error, Factor.SMS))
            return _mobile_page(site, form)
        cookie = keep(site, CODE, started.application, started.challenge.id)
        return Redirect(f"{PLACE}?sent=1", status_code=303, cookies=[cookie])

    @get("/details")
    async def who(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        if kept(site, request, DETAILS, 1) is None:
            return Redirect("/register", status_code=303)
        return _who_page(site, Form({"kind": CN_ID}))

    @post("/details", status_code=200, opt={ACTS_FOR: (UNDER_WAY,)})
    async def details(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        parts, form = kept(site, request, DETAILS, 1), await read_form(request)
        if parts is None:
            return Redirect("/register", status_code=303)
        details = document_of(site, form)
        if details is None or form["do"] == "back":
            return _who_page(site, form)
        if form["do"] != "finish":
            return await _check(site, form, parts[0], details)
        password, pin = secrets_of(site, form)
        if not form.good:
            return _secrets_page(site, form)
        return await _finish(site, request, form, parts[0], replace(details, password=password, pin=pin))


async def _code(site: TheSite, request: Request[Any, Any, State]) -> Step | Redirect:
    """The code that goes to the number which this browser has given."""
    parts = kept(site, request, CODE, 2)
    if parts is None:
        return Redirect("/register", status_code=303)

    async def finish(view: ChallengeView) -> Page:
        await site.services.registration.confirm(parts[0], view.id)
        return Redirect(WHO, status_code=303, cookies=[keep(site, DETAILS, parts[0])])

    return Step(_flow(site, parts[1]), finish)


ENTER = challenge_pages(PLACE, _code, (UNDER_WAY,))


async def _check(site: Site, form: Form, application: str, details: Details) -> Page:
    """Before there are secrets: whether somebody may become a customer with this document."""
    try:
        await site.services.registration.check(application, details)
    except WRONG as error:
        return _not_taken(site, form, error)
    return _secrets_page(site, form)


async def _finish(
    site: Site, request: Request[Any, Any, State], form: Form, application: str, details: Details
) -> Page:
    registration = site.services.registration
    try:
        opened = await registration.finish(application, details, user_agent(request), device(site, request))
    except TooWeak as error:
        form.wrong("pin" if "pin" in error.warning_key else "password", weakness(site, error))
        return _secrets_page(site, form)
    except WRONG as error:
        return _not_taken(site, form, error)
    return signed_in(site, opened, NEXT)


def _not_taken(site: Site, form: Form, error: Exception) -> Page:
    """What was typed is asked for again where that can help; elsewhere it is said whom to turn to."""
    match error:
        case DocumentRefused() if FINAL & set(error.reasons):
            return _refused_page(site, reasons_of(site, error.reasons))
        case ChecksUsedUp():
            return _refused_page(site, [site.render.texts("customer.documents.tomorrow")])
        case DocumentRefused() | DetailsInvalid() | NumberInvalid() | MrzInvalid():
            tell(site, form, error)
            return _secrets_page(site, form) if {"password", "pin"} & set(form.errors) else _who_page(site, form)
    return over(site, _flow(site, ""), error)


def _refused_page(site: Site, reasons: list[str]) -> Page:
    return site.page("onboarding/register_refused.html", status=NOT_TAKEN, reasons=reasons, contact=contact(site))


def _flow(site: Site, challenge: str) -> ChallengeFlow:
    t = site.render.texts
    return ChallengeFlow(
        site.services.registration,
        challenge,
        PLACE,
        "/register",
        t("customer.register.code"),
        leave="/register",
        values={"progress": 2},
    )


def _mobile_page(site: Site, form: Form) -> Page:
    return site.page("onboarding/register.html", form=form, countries=countries(site.language))


def _who_page(site: Site, form: Form) -> Page:
    return site.page("onboarding/register_who.html", form=form)


def _secrets_page(site: Site, form: Form) -> Page:
    scripts = ("customer.strength.script.",)
    return site.page("onboarding/register_secrets.html", scripts, form=form, rules=site.services.policy.passwords)
