"""Enrolling: the token from the operator, then a password and a one-time-code token, or a key. Each person alone.

The enrolment token is typed and sent in the body of each step; it is never in an address or a cookie.
"""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.response import Redirect

from feiqian.auth.challenges.errors import AnswerWrong, EnrolmentRefused, FactorNotFound, Locked, TooWeak
from feiqian.auth.challenges.model import TotpEnrolment
from feiqian.auth.pages.keys import letters_of, read_key_form
from feiqian.backoffice.errors import EnrolmentOver
from feiqian.backoffice.service import Staff
from feiqian.policy.factors import Factor
from feiqian.strings.normal import comparison
from feiqian.web.forms import NOT_TAKEN, Form, read_form
from feiqian.web.site import Site, TheSite
from feiqian.web.symbols import qr
from feiqian.web.whose import FOR_ANYBODY

from .console import Page
from .who import SIGN_IN

DONE = f"{SIGN_IN}?said=enrolled"
KEYS = {"passkey": Factor.PASSKEY, "shield": Factor.SHIELD}


class EnrolPages(Controller):
    """`/staff/enrol`."""

    path = "/staff/enrol"
    opt = FOR_ANYBODY  # for whom the token in the form is

    @get("/")
    async def ask(self, site: TheSite) -> Page:
        return _page(site, "enrol.html", Form())

    @post("/", status_code=200)
    async def begin(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        return await _choose(site, form)

    @post("/password", status_code=200)
    async def password(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form, staff = await read_form(request), _staff(site)
        if comparison(form.raw("password")) != comparison(form.raw("again")):
            form.wrong("again", site.render.texts("staff.enrol.again.wrong"))
            return await _choose(site, form)
        try:
            await staff.choose_password(form["token"], form.raw("password"))
            enrolment = await staff.begin_token(form["token"])
        except TooWeak as error:
            keys = (error.warning_key, *error.suggestion_keys)
            form.wrong("password", " ".join(site.render.texts(key) for key in keys))
            return await _choose(site, form)
        except EnrolmentOver:
            return _over(site)
        return _token_page(site, form, enrolment)

    @post("/code", status_code=303)
    async def code(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form, staff = await read_form(request), _staff(site)
        try:
            await staff.finish_token(form["token"], form["enrolment"], form.code("code"))
        except EnrolmentOver:
            return _over(site)
        except (AnswerWrong, FactorNotFound, Locked):
            return await _other_token(site, form)
        return Redirect(DONE, status_code=303)

    @post("/key-options", status_code=200)
    async def key_options(self, site: TheSite, request: Request[Any, Any, State]) -> Response[Any]:
        form = await read_form(request)
        try:
            id, options = await _staff(site).begin_key(form["token"], KEYS.get(form["factor"], Factor.PASSKEY))
        except EnrolmentOver:
            return Response({"problem": site.render.texts("staff.enrol.over")}, status_code=NOT_TAKEN)
        return Response({"challenge": id, "options": options})

    @post("/key", status_code=303)
    async def key(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form = await read_key_form(request)
        try:
            await _staff(site).finish_key(form["token"], form["challenge"], form["answer"], "")
        except EnrolmentOver:
            return _over(site)
        except (EnrolmentRefused, FactorNotFound):
            form.wrong("", site.render.texts("staff.enrol.key.refused"))
            return await _choose(site, form)
        return Redirect(DONE, status_code=303)


async def _choose(site: Site, form: Form) -> Page:
    """What to enrol with, for whoever has a token that is good."""
    try:
        member = await _staff(site).enrolment(form["token"])
    except EnrolmentOver:
        return _over(site)
    return _page(site, "enrol_choose.html", form, ("customer.key.script.",), member=member)


async def _other_token(site: Site, form: Form) -> Page:
    """After a wrong code, another secret: the one that was shown may have been scanned wrongly, or by others."""
    try:
        enrolment = await _staff(site).begin_token(form["token"])
    except EnrolmentOver:
        return _over(site)
    form.wrong("code", site.render.texts("staff.enrol.code.wrong"))
    return _token_page(site, form, enrolment)


def _token_page(site: Site, form: Form, enrolment: TotpEnrolment) -> Page:
    uri = enrolment.uri
    return _page(site, "enrol_token.html", form, enrolment=enrolment.id, picture=qr(uri), secret=letters_of(uri))


def _over(site: Site) -> Page:
    form = Form()
    form.wrong("token", site.render.texts("staff.enrol.over"))
    return _page(site, "enrol.html", form)


def _page(site: Site, template: str, form: Form, scripts: tuple[str, ...] = (), **values: Any) -> Page:
    return site.page(f"backoffice/{template}", scripts, form=form, **values)


def _staff(site: Site) -> Staff:
    return site.services.staff
