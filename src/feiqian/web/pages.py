"""All pages as one ASGI application. They are the demo's: nobody signs in, so no bank serves them to the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Litestar, Request, Response
from litestar.config.app import AppConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler

from feiqian import logs
from feiqian.projections.errors import ReadsBehind
from feiqian.services import Services

from .assets import static_file
from .bank import BankPage
from .phone import Phone
from .port import RunningBank
from .render import Renderer
from .security import HEADERS, own_pages_only
from .site import Site, Traffic
from .streams import Hub, TooManyStreams
from .till import Till
from .welcome import Welcome

MAX_BODY_BYTES = 16_384
ROUTES: list[ControllerRouterHandler] = [Welcome, Phone, Till, BankPage, static_file]
PROBLEMS = {400: "invalid", 403: "foreign", 404: "not_found", 405: "not_found", 413: "invalid"}

_log = logs.get("feiqian.web")


def site_of(services: Services, hash_at: Callable[[int], bytes | None], hub: Hub, traffic: Traffic) -> Site:
    """The site over a running bank; its hub hears what the ledger makes durable."""
    services.ledger.subscribe(hub.on_rows)
    bank = RunningBank(services, hash_at)
    return Site(bank, hub, Renderer(services.clock, services.settings.zone), traffic)


def pages(site: Site) -> Litestar:
    """The application of a site."""
    handlers: dict[Any, Any] = {
        HTTPException: _problem,
        TooManyStreams: _busy,
        ReadsBehind: _behind,
        Exception: _failed,
    }
    return Litestar.from_config(
        AppConfig(
            route_handlers=ROUTES,
            dependencies={"site": Provide(lambda: site, sync_to_thread=False)},
            guards=[own_pages_only],
            exception_handlers=handlers,
            response_headers=HEADERS,
            request_max_body_size=MAX_BODY_BYTES,
            openapi_config=None,
            logging_config=None,
            state=State({"site": site}),
            debug=False,
        )
    )


def _problem(request: Request[Any, Any, State], error: HTTPException) -> Response[Any]:
    return _answer(request, error.status_code, PROBLEMS.get(error.status_code, "failed"))


def _failed(request: Request[Any, Any, State], error: Exception) -> Response[Any]:
    _log.error("page_failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    return _answer(request, 500, "failed")


def _busy(request: Request[Any, Any, State], _: TooManyStreams) -> Response[Any]:
    site: Site = request.app.state.site
    return Response({"problem": site.render.texts("problem.busy")}, status_code=503, headers={"Retry-After": "5"})


def _behind(request: Request[Any, Any, State], _: ReadsBehind) -> Response[Any]:
    return _answer(request, 503, "behind")


def _answer(request: Request[Any, Any, State], status: int, problem: str) -> Response[Any]:
    """A page for people, JSON for scripts; with the security headers, which Litestar leaves out of errors."""
    site: Site = request.app.state.site
    text = site.render.texts
    title, detail = text(f"problem.{problem}"), text(f"problem.{problem}.text")
    if "text/html" not in request.headers.get("accept", ""):
        return Response({"problem": title}, status_code=status, headers=HEADERS)
    page = site.page("problem.html", title=title, text=detail)
    return Response(page.content, status_code=status, media_type=page.media_type, headers=HEADERS)
