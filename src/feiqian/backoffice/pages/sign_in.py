"""Signing in: login and password, then a code of the token; or a passkey or security key alone. And signing out."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromQuery
from litestar.response import Redirect

from feiqian.auth.errors import SignInLocked, SignInRefused
from feiqian.auth.pages.keys import read_key_form
from feiqian.auth.sessions.model import Opened
from feiqian.backoffice.service import Staff
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import forget, keep, kept, user_agent
from feiqian.web.session import staff_of
from feiqian.web.site import Site, TheSite
from feiqian.web.whose import ACTS_FOR, ANYBODY, STAFF, UNDER_WAY

from .console import Page
from .who import SIGN_IN, staff_path

KIND = "staff-sign-in"
CODE = f"{SIGN_IN}/code"
SAID = {"out": "staff.sign_in.out", "enrolled": "staff.sign_in.enrolled"}


class SignInPages(Controller):
    """`/staff/sign-in`."""

    path = SIGN_IN

    @get("/")
    async def ask(self, site: TheSite, request: Request[Any, Any, State], next: FromQuery[str] = "") -> Page:
        if await staff_of(request) is not None:
            return Redirect(staff_path(next), status_code=303)
        return _page(site, Form({"next": staff_path(next)}), SAID.get(request.query_params.get("said", ""), ""))

    @post("/", status_code=303, opt={ACTS_FOR: ANYBODY})
    async def password(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        for name in [name for name in ("login", "password") if not form.raw(name).strip()]:
            form.wrong(name, site.render.texts(f"staff.sign_in.{name}.missing"))
        if not form.good:
            return _page(site, form)
        try:
            challenge = await _staff(site).password(
                form["login"], form.raw("password"), site.language, user_agent(request), _device(site, request)
            )
        except (SignInRefused, SignInLocked) as error:
            return _page(site, _refused(site, form, error))
        cookie = keep(site, KIND, challenge.id, form["login"], staff_path(form["next"]))
        return Redirect(CODE, status_code=303, cookies=[cookie])

    @get("/code")
    async def ask_code(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        if kept(site, request, KIND, 3) is None:
            return Redirect(SIGN_IN, status_code=303)
        return site.page("backoffice/code.html", form=Form())

    @post("/code", status_code=303, opt={ACTS_FOR: (UNDER_WAY,)})
    async def code(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        parts, form = kept(site, request, KIND, 3), await read_form(request)
        if parts is None:
            return Redirect(SIGN_IN, status_code=303)
        challenge, login, next = parts
        try:
            opened = await _staff(site).code(
                login, challenge, form.code("code"), user_agent(request), site.language, _device(site, request)
            )
        except (SignInRefused, SignInLocked) as error:
            form = _refused(site, Form(), error, "code")
            return site.page("backoffice/code.html", form=form)
        return signed_in(site, opened, next)

    @post("/key-options", status_code=200, opt={ACTS_FOR: ANYBODY})
    async def key_options(self, site: TheSite) -> dict[str, Any]:
        challenge, options = await _staff(site).passkey_options(site.language)
        return {"challenge": challenge, "options": options}

    @post("/key", status_code=303, opt={ACTS_FOR: ANYBODY})
    async def key(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form = await read_key_form(request)
        try:
            opened = await _staff(site).passkey(
                form["challenge"], form["answer"], user_agent(request), site.language, _device(site, request)
            )
        except (SignInRefused, SignInLocked):
            form.wrong("", site.render.texts("staff.sign_in.key.refused"))
            return _page(site, form)
        return signed_in(site, opened, form["next"])


@post("/staff/sign-out", status_code=303, opt={ACTS_FOR: (STAFF,)})
async def sign_out(site: TheSite, request: Request[Any, Any, State]) -> Redirect:
    """Ends the session; whoever has none is only led to the sign-in page."""
    who = await staff_of(request)
    if who is not None:
        await _staff(site).sign_out(who)
    cookie = site.cookies.make(site.cookies.staff, "", 0, "strict")
    return Redirect(f"{SIGN_IN}?said=out", status_code=303, cookies=[cookie])


def signed_in(site: Site, opened: Opened, next: str) -> Redirect:
    """The answer that begins a session."""
    return Redirect(staff_path(next), status_code=303, cookies=[*site.cookies.staff_opened(opened), forget(site)])


def _device(site: Site, request: Request[Any, Any, State]) -> str | None:
    """What this browser was given when a member of staff first signed in from it."""
    return request.cookies.get(site.cookies.staff_device)


def _staff(site: Site) -> Staff:
    return site.services.staff


def _page(site: Site, form: Form, said: str = "") -> Page:
    return site.page("backoffice/sign_in.html", ("customer.key.script.",), form=form, said=said)


def _refused(site: Site, form: Form, error: SignInRefused | SignInLocked, field: str = "") -> Form:
    if isinstance(error, SignInLocked):
        form.wrong(field, site.render.texts("staff.sign_in.locked", when=site.render.formats.when_inside(error.until)))
    else:
        form.wrong(field, site.render.texts("staff.sign_in.wrong_code" if field else "staff.sign_in.wrong"))
    return form
