"""How a problem is told: as a page to people, as JSON to scripts."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.datastructures import State

from feiqian.strings.headers import wishes

from .cookies import OFFSET, offset_in
from .language import language_of
from .session import Connection, address_of
from .site import Site
from .whose import mark_of

Asked = Request[Any, Any, State]


def site_for(connection: Connection) -> Site:
    """The site in the language of whoever asks."""
    site: Site = connection.app.state.site
    framed = connection.headers.get("sec-fetch-dest") == "iframe"
    asked = site.asked(language_of(connection), address_of(connection), framed, mark_of(connection))
    asked.offset = offset_in(connection.cookies.get(OFFSET, ""))
    return asked


def for_people(request: Asked) -> bool:
    """Whether a page is wanted, rather than an answer for a script."""
    accepted = dict(wishes(", ".join(request.headers.getall("accept", []))))
    return accepted.get("text/html", 0) > 0


def problem(request: Asked, status: int, key: str) -> Response[Any]:
    """Tells the text `key`, and people `key`.text, with the security headers, which Litestar leaves out of errors."""
    site, always = site_for(request), request.app.state.headers
    title, text = site.render.texts(key), site.render.texts(f"{key}.text")
    if not for_people(request):
        return Response({"problem": title}, status_code=status, headers=always)
    page = site.page("problem.html", title=title, text=text)
    return Response(page.content, status_code=status, media_type=page.media_type, headers=always)
