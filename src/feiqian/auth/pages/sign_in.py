"""Signing in: mobile number and password, then a second factor; or a passkey alone. And signing out."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import FromQuery
from litestar.response import Redirect

from feiqian.auth.challenges.errors import AnswerWrong
from feiqian.auth.errors import SignInLocked, SignInRefused
from feiqian.auth.model import ChallengeView, Opened
from feiqian.kyc.errors import NumberInvalid
from feiqian.kyc.numbers import HOME
from feiqian.web.forms import NOT_TAKEN, Form, read_form
from feiqian.web.kept import device, forget, keep, kept, user_agent
from feiqian.web.session import AFTER_SIGN_IN, TheCustomer, TheVisitor, own_path
from feiqian.web.site import Site, TheSite
from feiqian.web.whose import ACTS_FOR, ANYBODY, UNDER_WAY

from .challenge import OVER, ChallengeFlow, Page, lead, over
from .details import password_of
from .keys import read_key_form
from .mobiles import countries, mobile_of
from .steps import Step, challenge_pages
from .words import number_wrong

KIND = "sign-in"
PLACE = "/sign-in/confirm"
SAID = {"out": "customer.sign_in.said.out", "recovered": "customer.sign_in.said.recovered"}


class SignInPages(Controller):
    """`/sign-in` and what follows it."""

    path = "/sign-in"

    @get("/")
    async def ask(
        self, site: TheSite, visitor: TheVisitor, next: FromQuery[str] = "", said: FromQuery[str] = ""
    ) -> Page:
        if visitor is not None:
            return Redirect(own_path(next), status_code=303)
        return _form_page(site, Form({"country": HOME, "next": next}), said=said)

    @post("/", status_code=303, opt={ACTS_FOR: ANYBODY})
    async def password(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        mobile, password, services = mobile_of(site, form), password_of(site, form), site.services
        if not form.good:
            return _form_page(site, form)
        try:
            challenge = await services.sign_in.password(
                mobile, password, site.language, user_agent(request), device(site, request)
            )
        except SignInRefused:
            form.wrong("", site.render.texts("customer.sign_in.refused"))
            return _form_page(site, form)
        except SignInLocked as error:
            return _form_page(site, form, locked_until=error.until)
        except NumberInvalid as error:
            form.wrong("mobile", number_wrong(site, error))
            return _form_page(site, form)
        cookie = keep(site, KIND, challenge.id, own_path(form["next"]))
        return await lead(services.sign_in, challenge, PLACE, cookie)

    @post("/passkey/options", status_code=200, opt={ACTS_FOR: ANYBODY})
    async def passkey_options(self, site: TheSite) -> dict[str, Any]:
        challenge, options = await site.services.sign_in.passkey_options(site.language)
        return {"challenge": challenge, "options": options}

    @post("/passkey", status_code=303, opt={ACTS_FOR: ANYBODY})
    async def passkey(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form = await read_key_form(request)
        try:
            opened = await site.services.sign_in.passkey(
                form["challenge"], form["answer"], user_agent(request), site.language, device(site, request)
            )
        except (AnswerWrong, SignInRefused):
            form.wrong("", site.render.texts("customer.sign_in.passkey.unknown"))
            return _form_page(site, form)
        except OVER as error:
            return over(site, _flow(site, form["challenge"]), error)
        return signed_in(site, opened, own_path(form["next"]))


@post("/sign-out", status_code=303)
async def sign_out(site: TheSite, signed_in: TheCustomer) -> Redirect:
    """Ends this session; the device stays known."""
    await site.services.security.sign_out(signed_in.session)
    return Redirect("/sign-in?said=out", status_code=303, cookies=site.cookies.closed())


async def _second(site: TheSite, request: Request[Any, Any, State]) -> Step | Redirect:
    """The second factor of the sign-in that this browser has begun."""
    parts = kept(site, request, KIND, 2)
    if parts is None:
        return Redirect("/sign-in", status_code=303)

    async def finish(view: ChallengeView) -> Page:
        opened = await site.services.sign_in.finish(view.id, user_agent(request), device(site, request))
        return signed_in(site, opened, parts[1])

    return Step(_flow(site, parts[0]), finish)


SECOND = challenge_pages(PLACE, _second, (UNDER_WAY,))


def signed_in(site: Site, opened: Opened, next: str = AFTER_SIGN_IN) -> Redirect:
    """The answer that begins a session."""
    return Redirect(own_path(next), status_code=303, cookies=[*site.cookies.opened(opened), forget(site)])


def _flow(site: Site, challenge: str) -> ChallengeFlow:
    t = site.render.texts
    return ChallengeFlow(
        site.services.sign_in,
        challenge,
        PLACE,
        "/sign-in",
        t("customer.sign_in.second"),
        t("customer.sign_in.second.text"),
        leave="/sign-in",
    )


def _form_page(site: Site, form: Form, said: str = "", locked_until: int = 0) -> Page:
    return site.page(
        "auth/sign_in.html",
        ("customer.key.script.",),
        status=NOT_TAKEN if locked_until else None,
        form=form,
        countries=countries(site.language),
        said=SAID.get(said, ""),
        locked_until=locked_until,
    )
