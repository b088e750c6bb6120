"""What all handlers share: the bank's port, the open streams, the services; and a renderer in the asker's language."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from copy import copy
from typing import Literal, Protocol, TypeVar

from litestar import Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.response import Stream

from feiqian.auth.sessions.model import Opened
from feiqian.services import Services
from feiqian.texts import LANGUAGES

from .cookies import Cookies
from .forms import Form
from .model import Code, Person, Shop
from .port import RunningBank
from .render import Renderer
from .streams import Hub
from .symbols import Symbol, code128, qr

Level = Literal["off", "gentle", "rush"]
T = TypeVar("T")


class Demo(Protocol):
    """What only a demo has: simulated shoppers, and doors that open without a key."""

    password: str
    pin: str
    staff: tuple[tuple[str, str], ...]  # login and name

    @property
    def level(self) -> Level:
        """How busy the shoppers are."""
        ...

    async def change(self, level: Level) -> None: ...
    def mobile(self, person: Person) -> str:
        """The mobile number that one of the demo's people signs in with."""
        ...

    async def open_phone(self, person: Person, user_agent: str, device_token: str | None, language: str) -> Opened:
        """A session of a customer, without any factor."""
        ...

    async def open_staff(self, login: str, user_agent: str, language: str) -> Opened:
        """A session of one of `staff`. Raises KeyError for anybody else."""
        ...


class Site:
    """One bank's pages; what a handler is given is a copy that speaks the language of whoever asks."""

    def __init__(
        self,
        bank: RunningBank,
        hub: Hub,
        renderers: Mapping[str, Renderer],
        services: Services,
        cookies: Cookies,
        demo: Demo | None = None,
    ) -> None:
        self.bank, self.hub, self.services, self.cookies = bank, hub, services, cookies
        self._renderers, self._demo = renderers, demo
        self.language, self.here, self.framed, self.page_for = LANGUAGES[0], "/", False, ""
        self.offset: int | None = None  # of the asker's clock, minutes ahead of UTC, as far as it is known

    def asked(self, language: str, here: str, framed: bool, page_for: str) -> Site:
        """The copy for one request: its path and query, whether another page of ours shows it within itself, and the
        mark of whom its pages are made for."""
        site = copy(self)
        site.language, site.here, site.framed, site.page_for = language, here, framed, page_for
        return site

    @property
    def in_demo(self) -> bool:
        """Whether this is a demo, where messages stay in the inbox page."""
        return self._demo is not None

    @property
    def demo(self) -> Demo:
        """Only a demo's pages ask for it."""
        if self._demo is None:
            raise NotFoundException
        return self._demo

    @property
    def render(self) -> Renderer:
        own = self._renderers[self.language]
        return own if self.offset is None or own.formats.here(self.offset) else own.abroad

    def page(
        self,
        template: str,
        scripts: tuple[str, ...] = (),
        *,
        status: int | None = None,
        form: Form | None = None,
        cookies: Iterable[Cookie] = (),
        **values: object,
    ) -> Response[str]:
        """A whole page, with the status of its form; `scripts` names the texts (by prefix) that its script needs."""
        if form is not None:
            values["form"], status = form, status or form.status
        texts = self.render.texts.for_scripts("link.", *scripts)
        own = {"here": self.here, "framed": self.framed, "page_for": self.page_for}
        html = self.render(template, texts=texts, **own, **values)
        return Response(html, status_code=status or 200, media_type="text/html; charset=utf-8", cookies=list(cookies))

    async def person(self, id: str) -> Person:
        return _found(await self.bank.person(id))

    async def shop(self, id: str) -> Shop:
        return _found(await self.bank.shop(id))


TheSite = NamedDependency[Site]  # as handlers are given it


def _found(thing: T | None) -> T:
    if thing is None:
        raise NotFoundException
    return thing


def pictures(code: Code) -> dict[str, Symbol]:
    """A payment code's two pictures, by the ids that they have on the page."""
    return {"qr": qr(code.digits), "bars": code128(code.digits)}


def stream(events: AsyncIterator[bytes]) -> Stream:
    """Server-sent events; no proxy may hold them back."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(events, media_type="text/event-stream", headers=headers)
