"""What anyone may ask without a key: the API's description, what each problem is, and whether the server lives."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from litestar.handlers import HTTPRouteHandler, get
from litestar.params import FromPath

from .answers import Answer
from .description import Description
from .operations import TheServices
from .problems import NOT_FOUND, Kind, ProblemError
from .reference.pages import OVERVIEW, Reference

_HTML = b"text/html; charset=utf-8"
_PAGES_POLICY = b"default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"
_CSP = ((b"content-security-policy", _PAGES_POLICY), (b"x-content-type-options", b"nosniff"))


def plain(description: Description, origin: str) -> list[HTTPRouteHandler]:
    """The handlers; what describes is made once. `origin`: how this server is reached."""
    openapi = Answer(200, msgspec.json.format(msgspec.json.encode(description.document), indent=2))
    reference = Reference(description.document, origin)
    pages = {slug: _html(page) for slug, page in reference.pages().items()}
    problems = {kind.slug: _html(reference.problem(kind, again(kind))) for kind in description.problems}

    @get("/v1/openapi.json")
    async def get_openapi() -> Answer:
        return openapi

    @get(["/v1/docs", "/v1/docs/{slug:str}"])
    async def get_docs(slug: FromPath[str] = OVERVIEW) -> Answer:
        return _found(pages, slug)

    @get("/problems/{slug:str}")
    async def get_problem(slug: FromPath[str]) -> Answer:
        """What a problem's `type` leads to (RFC 9457, 4)."""
        return _found(problems, slug)

    return [get_openapi, get_docs, get_problem, get_health, get_readiness]


@get("/healthz")
async def get_health(services: TheServices) -> Answer:
    """Liveness: 503 from the moment that the ledger has stopped for good, when only a restart helps."""
    ledger = services.ledger
    well = ledger.stopped is None
    body = {"status": "ok" if well else "stopped", "position": ledger.durable_position}
    if services.workers.missing.on:
        body["pictures"] = "no worker can be started"  # payments go on
    return Answer(200 if well else 503, msgspec.json.encode(body))


@get("/readyz")
async def get_readiness(services: TheServices) -> Answer:
    """Readiness: 503 with the reasons while payments cannot be taken, also where that may end by itself."""
    failing = services.readiness.failing
    body = {"status": "not ready" if failing else "ready", "failing": failing}
    return Answer(503 if failing else 200, msgspec.json.encode(body))


def again(kind: Kind) -> bool:
    """Whether it says when to ask again."""
    return any(name == b"retry-after" for name, _ in kind.headers)


def _found(pages: Mapping[str, Answer], slug: str) -> Answer:
    """Raises ProblemError."""
    if slug not in pages:
        raise ProblemError(NOT_FOUND)
    return pages[slug]


def _html(page: str) -> Answer:
    return Answer(200, page.encode(), _HTML, _CSP)
