"""All pages as one ASGI application: what every bank serves (`bank_pages`), with what a guest adds to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from litestar import Litestar, Response, get
from litestar.config.app import AppConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler

from feiqian import features
from feiqian.errors import NotDeciding
from feiqian.projections.errors import ReadsBehind
from feiqian.runtime import logs
from feiqian.runtime.work import TooBusy
from feiqian.services import Services

from .assets import static_file
from .bounds import LONGEST_PATH, bounded
from .cookies import Cookies
from .forms import FORM_BYTES, NotVisibleText, only_visible
from .language import change_language
from .problems import Asked, for_people, problem, site_for
from .render import NOTHING_ADDED, Slots, renderers
from .security import headers, own_pages_only
from .session import BY_ITSELF, SignInFirst, TheCustomer, customer_of, provide_customer, provide_visitor
from .site import Site
from .streams import Hub, TooManyStreams
from .whose import ASKED_BY_A_PAGE, HEADER, PageOfAnother, for_whom_it_shows


@get("/page-for", status_code=204, opt={ASKED_BY_A_PAGE: True, BY_ITSELF: True})
async def page_for(signed_in: TheCustomer) -> None:
    """For a page's script: whether whom the page shows is signed in still (else 409, or 401 for nobody)."""


OWN: list[ControllerRouterHandler] = [page_for, change_language, static_file]  # of no feature
PROBLEMS = {403: "foreign", 404: "not_found", 405: "not_found"} | dict.fromkeys((400, 413, 414, 415, 431), "invalid")

NOWHERE = "/nowhere"
_log = logs.get("feiqian.web")


@get("/")
async def home() -> Redirect:
    """A bank's front door is the wallet (or the sign-in page before it)."""
    return Redirect("/wallet")


class Pages:
    """The application, and what must be closed before its server stops: streams that would never end by themselves."""

    def __init__(self, site: Site, routes: Sequence[ControllerRouterHandler], *, framed: bool = False) -> None:
        self.site = site
        self.app = application(site, routes, framed=framed)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if len(scope["path"]) > LONGEST_PATH:
            scope = {**scope, "path": NOWHERE, "raw_path": NOWHERE.encode()}
        await self.app(scope, receive, send)

    def close(self) -> None:
        """Ends every live page."""
        self.site.hub.close()


def bank_pages(services: Services) -> Pages:
    """The pages of a bank that is served: its customers' and its staff's. Its server calls `close` when it stops."""
    return Pages(site_of(services), [*OWN, *features.pages(), home])


def guest_pages(services: Services, routes: Sequence[ControllerRouterHandler], slots: Slots) -> Pages:
    """The bank's pages with a guest's beside them, who fills slots of theirs; all of them may frame each other."""
    return Pages(site_of(services, slots), [*OWN, *features.pages(), *routes], framed=True)


def site_of(services: Services, slots: Slots = NOTHING_ADDED) -> Site:
    """The site over a running bank; its hub hears what the ledger makes durable, and whom something is told."""
    hub, settings = Hub(), services.settings
    services.ledger.subscribe(hub.on_rows)
    services.inbox.listeners.append(hub.look_again)
    services.alarms.watch("streams", "live pages that are open", hub.places)
    return Site(hub, renderers(services.clock, settings.zone, slots), services, Cookies(settings.public_origin))


def application(site: Site, routes: Sequence[ControllerRouterHandler], *, framed: bool = False) -> Litestar:
    """The Litestar application of a site."""
    handlers: dict[Any, Any] = {
        SignInFirst: _sign_in_first,
        HTTPException: _http,
        UnicodeDecodeError: _told(400, "problem.invalid"),
        LookupError: _no_such_encoding,
        NotVisibleText: _told(422, "problem.not_visible"),
        PageOfAnother: _of_another,
        TooManyStreams: _busy,
        TooBusy: _busy,
        NotDeciding: _busy,
        ReadsBehind: _told(503, "problem.behind"),
        RecursionError: _too_deep,
        Exception: _failed,
    }
    origin = site.services.settings.public_origin
    always = headers(origin, framed=framed)
    app = Litestar.from_config(
        AppConfig(
            route_handlers=list(routes),
            dependencies={
                "site": Provide(_provide_site),
                "signed_in": Provide(provide_customer),
                "visitor": Provide(provide_visitor),
            },
            middleware=[bounded],
            guards=[own_pages_only(origin), only_visible, for_whom_it_shows],
            exception_handlers=handlers,
            response_headers=always,
            request_max_body_size=FORM_BYTES,
            openapi_config=None,
            logging_config=None,
            state=State({"site": site, "headers": always}),
            debug=False,
        )
    )
    app.state["asked"] = frozenset(r.path_format for r in app.routes if isinstance(r, HTTPRoute) and "GET" in r.methods)
    return app


async def _provide_site(request: Asked) -> Site:
    await customer_of(request)  # who may have chosen a language
    return site_for(request)


def _told(status: int, key: str) -> Callable[[Asked, Exception], Response[Any]]:
    """A handler that tells this problem, whatever the error says."""
    return lambda request, _: problem(request, status, key)


def _sign_in_first(request: Asked, error: SignInFirst) -> Response[Any]:
    if for_people(request):
        return Redirect(error.address, status_code=303, headers=request.app.state.headers)
    answer = problem(request, 401, "problem.sign_in")
    answer.headers[HEADER] = "nobody"
    return answer


def _of_another(request: Asked, _: PageOfAnother) -> Response[Any]:
    """The page's script reads the header, says so and loads the page anew; without scripts this is what is shown."""
    _log.info("page_of_another", path=request.url.path)
    answer = problem(request, 409, "problem.another")
    answer.headers[HEADER] = "another"
    return answer


def _http(request: Asked, error: HTTPException) -> Response[Any]:
    answer = problem(request, error.status_code, f"problem.{PROBLEMS.get(error.status_code, 'failed')}")
    allowed = (error.headers or {}).get("allow")
    if allowed:
        answer.headers["Allow"] = f"{allowed}, HEAD" if "GET" in allowed else allowed
    return answer


def _too_deep(request: Asked, error: RecursionError) -> Response[Any]:
    """JSON that is nested without end, which the framework does not expect."""
    _log.warning("page_refused", path=request.url.path, error=type(error).__name__)
    return problem(request, 400, "problem.invalid")


def _no_such_encoding(request: Asked, error: LookupError) -> Response[Any]:
    """A form that names an encoding which is none (`codecs.lookup`); a KeyError or an IndexError is a fault of ours."""
    return problem(request, 400, "problem.invalid") if type(error) is LookupError else _failed(request, error)


def _failed(request: Asked, error: Exception) -> Response[Any]:
    _log.error("page_failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    return problem(request, 500, "problem.failed")


def _busy(request: Asked, _: Exception) -> Response[Any]:
    answer = problem(request, 503, "problem.busy")
    answer.headers["Retry-After"] = "5"
    return answer
