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


class Desk(NamedTuple):
    """`name`: the field of the form that names an account, and the texts about it; `words`: how texts of these pages
    begin; `door`: the template of pages before anybody is signed in; `more`: the address of what else one may want."""

    home: str
    enrol: str
    name: str
    words: str
    door: str
    more: str
    service: Callable[[Site], WorkSignIn[Any]]
    device: Callable[[Site], str]  # the cookie that keeps what an earlier sign-in gave this browser
    opened: Callable[[Site, Opened], list[Cookie]]

    @property
    def sign_in(self) -> str:
        return f"{self.home}/sign-in"

    @property
    def kind(self) -> str:
        """Of what the browser keeps between the two steps."""
        return f"{self.words}-sign-in"

    def text(self, site: Site, key: str, **values: object) -> str:
        return site.render.texts(f"{self.words}.{key}", **values)

    def page(self, site: Site, template: str, form: Form, scripts: Sequence[str] = (), **values: Any) -> Response[str]:
        return site.page(f"auth/work/{template}", tuple(scripts), form=form, desk=self, **values)

    def inside(self, text: str) -> str:
        """A path of these pages, safe to redirect to; the first of them for anything else."""
        return path_within(self.home, text)

    def device_of(self, site: Site, request: Request[Any, Any, State]) -> str | None:
        return request.cookies.get(self.device(site))
