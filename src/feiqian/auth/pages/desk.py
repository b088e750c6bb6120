"""What the pages on which staff and merchants' people enrol and sign in have of their own: addresses, words, looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from litestar import Request, Response
from litestar.datastructures import Cookie, State

from feiqian.auth.sessions.model import Opened
from feiqian.auth.work_sign_in import WorkSignIn
from feiqian.web.forms import Form
from feiqian.web.session import path_within
from feiqian.web.site import Site


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

    home: str
    enrol: str
    name: str
    door: str
    more: str
    texts: DeskTexts
    service: Callable[[Site], WorkSignIn[Any]]
    device: Callable[[Site], str]  # the cookie that keeps what an earlier sign-in gave this browser
    opened: Callable[[Site, Opened], list[Cookie]]

    @property
    def sign_in(self) -> str:
        return f"{self.home}/sign-in"

    @property
    def kind(self) -> str:
        """Of what the browser keeps between the two steps."""
        return f"{self.home.strip('/')}-sign-in"

    def page(self, site: Site, template: str, form: Form, scripts: Sequence[str] = (), **values: Any) -> Response[str]:
        return site.page(f"auth/work/{template}", tuple(scripts), form=form, desk=self, **values)

    def inside(self, text: str) -> str:
        """A path of these pages, safe to redirect to; the first of them for anything else."""
        return path_within(self.home, text)

    def device_of(self, site: Site, request: Request[Any, Any, State]) -> str | None:
        return request.cookies.get(self.device(site))
