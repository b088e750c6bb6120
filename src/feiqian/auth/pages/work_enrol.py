"""Enrolling for work, by the token of an invitation: a password and a one-time-code token, or a key. Each alone.

The token is sent in the body of each step; it is never in a cookie, nor in an address after the first.
"""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, post
from litestar.datastructures import State
from litestar.response import Redirect

from feiqian.auth.challenges.errors import AnswerWrong, EnrolmentRefused, FactorNotFound, Locked, TooWeak
from feiqian.auth.challenges.model import TotpEnrolment
from feiqian.auth.errors import EnrolmentOver
from feiqian.policy.factors import Factor
from feiqian.strings.normal import comparison
from feiqian.web.forms import NOT_TAKEN, Form, read_form
from feiqian.web.site import Site, TheSite
from feiqian.web.symbols import qr
from feiqian.web.whose import FOR_ANYBODY

from .desk import Desk
from .keys import letters_of, read_key_form
from .words import weakness
from .work_sign_in import KEY_SCRIPTS, Page

KEYS = {"passkey": Factor.PASSKEY, "shield": Factor.SHIELD}


class WorkEnrolPages(Controller):
    """Who derives from it sets `desk` and `path`, and has the page that asks for the token or shows the invitation."""

    desk: Desk
    opt = FOR_ANYBODY  # for whom the token in the form is

    def over(self, site: Site) -> Page:
        """What is shown to whoever has no token that is good."""
        raise NotImplementedError

    @post("/password", status_code=200)
    async def password(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form, service = await read_form(request), self.desk.service(site)
        if comparison(form.raw("password")) != comparison(form.raw("again")):
            form.wrong("again", site.render.texts("work.enrol.again.wrong"))
            return await self.choose(site, form)
        try:
            await service.choose_password(form["token"], form.raw("password"))
            enrolment = await service.begin_token(form["token"])
        except TooWeak as error:
            form.wrong("password", weakness(site, error))
            return await self.choose(site, form)
        except EnrolmentOver:
            return self.over(site)
        return self._token_page(site, form, enrolment)

    @post("/code", status_code=303)
    async def code(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form = await read_form(request)
        try:
            await self.desk.service(site).finish_token(form["token"], form["enrolment"], form.code("code"))
        except EnrolmentOver:
            return self.over(site)
        except (AnswerWrong, FactorNotFound, Locked):
            return await self._other_token(site, form)
        return self._done()

    @post("/key-options", status_code=200)
    async def key_options(self, site: TheSite, request: Request[Any, Any, State]) -> Response[Any]:
        form = await read_form(request)
        try:
            factor = KEYS.get(form["factor"], Factor.PASSKEY)
            id, options = await self.desk.service(site).begin_key(form["token"], factor)
        except EnrolmentOver:
            return Response({"problem": site.render.texts(self.desk.texts.over)}, status_code=NOT_TAKEN)
        return Response({"challenge": id, "options": options})

    @post("/key", status_code=303)
    async def key(self, site: TheSite, request: Request[Any, Any, State]) -> Page:
        form = await read_key_form(request)
        try:
            await self.desk.service(site).finish_key(form["token"], form["challenge"], form["answer"], "")
        except EnrolmentOver:
            return self.over(site)
        except (EnrolmentRefused, FactorNotFound):
            form.wrong("", site.render.texts("work.enrol.key.refused"))
            return await self.choose(site, form)
        return self._done()

    async def choose(self, site: Site, form: Form) -> Page:
        """What to enrol with, for whoever has a token that is good."""
        try:
            account = await self.desk.service(site).enrolment(form["token"])
        except EnrolmentOver:
            return self.over(site)
        return self.desk.page(site, "enrol_choose.html", form, KEY_SCRIPTS, account=account)

    async def _other_token(self, site: Site, form: Form) -> Page:
        """After a wrong code, another secret: the one that was shown may have been scanned wrongly, or by others."""
        try:
            enrolment = await self.desk.service(site).begin_token(form["token"])
        except EnrolmentOver:
            return self.over(site)
        form.wrong("code", site.render.texts("work.enrol.code.wrong"))
        return self._token_page(site, form, enrolment)

    def _token_page(self, site: Site, form: Form, enrolment: TotpEnrolment) -> Page:
        uri = enrolment.uri
        letters = letters_of(uri)
        return self.desk.page(
            site, "enrol_token.html", form, enrolment=enrolment.id, picture=qr(uri), secret_letters=letters
        )

    def _done(self) -> Page:
        return Redirect(f"{self.desk.sign_in}?said=enrolled", status_code=303)
