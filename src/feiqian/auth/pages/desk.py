"""What the pages on which staff and merchants' people enrol and sign in have of their own: addresses, words, looks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from feiqian.auth.work_sign_in import WorkSignIn
from feiqian.policy.people import BY_ROLE
from feiqian.subjects import Role
from feiqian.web.forms import Form
from feiqian.web.session import path_within, person_of
from feiqian.web.site import Site, TheSite
from feiqian.web.whose import ACTS_FOR


class DeskTexts(NamedTuple):
    """Keys of texts: of the sign-in page its title and lead, what names an account, that it is missing, that one of the
    two is wrong, what else one may want; a hint beside a new password, and that a token is no good."""

    title: str
    text: str
    name: str
    missing: str
    wrong: str
    more: str
    password: str
    over: str


class Desk(NamedTuple):
    """`name`: the field of the form that names an account, and its attribute; `door`: the template of pages before
    anybody is signed in; `more`: the address of what else one may want."""

    role: Role
    enrol: str
    name: str
    door: str
    more: str
    texts: DeskTexts

    @property
    def home(self) -> str:
        return BY_ROLE[self.role].home

    @property
    def sign_in(self) -> str:
        return BY_ROLE[self.role].sign_in

    @property
    def kind(self) -> str:
        """Of what the browser keeps between the two steps."""
        return f"{BY_ROLE[self.role].name}-sign-in"

    def service(self, site: Site) -> WorkSignIn[Any, Any]:
        return site.services.at_work[self.role]

    def page(self, site: Site, template: str, form: Form, scripts: Sequence[str] = (), **values: Any) -> Response[str]:
        return site.page(f"auth/work/{template}", tuple(scripts), form=form, desk=self, **values)

    def inside(self, text: str) -> str:
        """A path of these pages, safe to redirect to; the first of them for anything else."""
        return path_within(self.home, text)

    def device_of(self, site: Site, request: Request[Any, Any, State]) -> str | None:
        """What an earlier sign-in gave this browser."""
        return request.cookies.get(site.cookies.of[self.role].device)

    def sign_out(self) -> HTTPRouteHandler:
        """The handler that ends a session; whoever has none is only led to the sign-in page."""

        @post(f"{self.home}/sign-out", status_code=303, opt={ACTS_FOR: (self.role,)})
        async def sign_out(site: TheSite, request: Request[Any, Any, State]) -> Redirect:
            who = await person_of(request, self.role)
            if who is not None:
                await self.service(site).sign_out(who.session)
            return Redirect(f"{self.sign_in}?said=out", status_code=303, cookies=site.cookies.closed(self.role))

        return sign_out
