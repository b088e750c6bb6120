"""What all handlers share: the services, the open streams; and a renderer in the asker's language."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from copy import copy

from litestar import Response
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.response import Stream

from feiqian.services import Services
from feiqian.texts import LANGUAGES

from .cookies import Cookies
from .forms import Form
from .render import Renderer
from .streams import Hub


class Site:
    """One bank's pages; what a handler is given is a copy that speaks the language of whoever asks."""

    def __init__(self, hub: Hub, renderers: Mapping[str, Renderer], services: Services, cookies: Cookies) -> None:
        self.hub, self.services, self.cookies, self._renderers = hub, services, cookies, renderers
        self.language, self.here, self.framed, self.page_for = LANGUAGES[0], "/", False, ""
        self.offset: int | None = None  # of the asker's clock, minutes ahead of UTC, as far as it is known

    def asked(self, language: str, here: str, framed: bool, page_for: str) -> Site:
        """The copy for one request: its path and query, whether another page of ours shows it within itself, and the
        mark of whom its pages are made for."""
        site = copy(self)
        site.language, site.here, site.framed, site.page_for = language, here, framed, page_for
        return site

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
        return Response(html, status_code=status or 200, media_type="text/html", cookies=list(cookies))


TheSite = NamedDependency[Site]  # as handlers are given it


def stream(events: AsyncIterator[bytes]) -> Stream:
    """Server-sent events; no proxy may hold them back."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(events, media_type="text/event-stream", headers=headers)
