"""Signing in to work: name and password, then a code of the token; or a passkey or security key alone.

Staff and merchants' people each have these pages under addresses of their own.
"""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import State
from litestar.params import FromQuery
from litestar.response import Redirect

from feiqian.auth.errors import SignInLocked, SignInRefused
from feiqian.auth.sessions.model import Opened
from feiqian.web.forms import Form, read_form
from feiqian.web.kept import forget, keep, kept, user_agent
from feiqian.web.session import person_of
from feiqian.web.site import Site, TheSite
from feiqian.web.whose import ACTS_FOR, ANYBODY, UNDER_WAY

from .desk import Desk
from .keys import read_key_form

Page = Response[Any] | Redirect
KEY_SCRIPTS = ("customer.key.script.",)
SAID = {"out": "work.sign_in.said.out", "enrolled": "work.sign_in.said.enrolled"}


class WorkSignInPages(Controller):
    """Who derives from it sets `desk` and `path`."""

    desk: Desk

    @get("/")
    async def ask(self, site: TheSite, request: Request[Any, Any, State], next: FromQuery[str] = "") -> Page:
        next = self.desk.inside(next)
        if await person_of(request, self.desk.role) is not None:
            return Redirect(next, status_code=303)
        return self._page(site, Form({"next": next}), request.query_params.get("said", ""))

    @post("/", status_code=303, opt={ACTS_FOR: ANYBODY})
    async def password(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form, desk = await read_form(request), self.desk
        for name in [name for name in (desk.name, "password") if not form.raw(name).strip()]:
            form.wrong(
                name, site.render.texts(desk.texts.missing if name == desk.name else "work.sign_in.password.missing")
            )
        if not form.good:
            return self._page(site, form)
        try:
            challenge = await desk.service(site).password(
                form[desk.name],
                form.raw("password"),
                site.language,
                user_agent(request),
                desk.device_of(site, request),
            )
        except (SignInRefused, SignInLocked) as error:
            return self._page(site, _refused(site, desk, form, error))
        cookie = keep(site, desk.kind, challenge.id, form[desk.name], desk.inside(form["next"]))
        return Redirect(f"{desk.sign_in}/code", status_code=303, cookies=[cookie])

    @get("/code")
    async def ask_code(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        if kept(site, request, self.desk.kind, 3) is None:
            return Redirect(self.desk.sign_in, status_code=303)
        return self.desk.page(site, "code.html", Form())

    @post("/code", status_code=303, opt={ACTS_FOR: (UNDER_WAY,)})
    async def code(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        desk, form = self.desk, await read_form(request)
        parts = kept(site, request, desk.kind, 3)
        if parts is None:
            return Redirect(desk.sign_in, status_code=303)
        challenge, name, next = parts
        device = desk.device_of(site, request)
        try:
            opened = await desk.service(site).code(
                name, challenge, form.code("code"), user_agent(request), site.language, device
            )
        except (SignInRefused, SignInLocked) as error:
            return desk.page(site, "code.html", _refused(site, desk, Form(), error, "code"))
        return signed_in(site, desk, opened, next)

    @post("/key-options", status_code=200, opt={ACTS_FOR: ANYBODY})
    async def key_options(self, site: TheSite) -> dict[str, Any]:
        challenge, options = await self.desk.service(site).passkey_options(site.language)
        return {"challenge": challenge, "options": options}

    @post("/key", status_code=303, opt={ACTS_FOR: ANYBODY})
    async def key(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        desk, form = self.desk, await read_key_form(request)
        device = desk.device_of(site, request)
        try:
            opened = await desk.service(site).passkey(
                form["challenge"], form["answer"], user_agent(request), site.language, device
            )
        except (SignInRefused, SignInLocked):
            form.wrong("", site.render.texts("work.sign_in.key.refused"))
            return self._page(site, form)
        return signed_in(site, desk, opened, form["next"])

    def _page(self, site: Site, form: Form, said: str = "") -> Page:
        return self.desk.page(site, "sign_in.html", form, KEY_SCRIPTS, said=SAID.get(said, ""))


def signed_in(site: Site, desk: Desk, opened: Opened, next: str = "") -> Redirect:
    """The answer that begins a session."""
    return Redirect(desk.inside(next), status_code=303, cookies=[*site.cookies.opened(opened), forget(site)])


def _refused(site: Site, desk: Desk, form: Form, error: SignInRefused | SignInLocked, field: str = "") -> Form:
    if isinstance(error, SignInLocked):
        form.wrong(field, site.render.texts("work.sign_in.locked", when=site.render.formats.when_inside(error.until)))
    else:
        form.wrong(field, site.render.texts("work.sign_in.wrong_code" if field else desk.texts.wrong))
    return form
