"""What anyone may ask without a key: the API's description, what each problem is, and whether the server lives."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from litestar.handlers import HTTPRouteHandler, get
from litestar.params import FromPath

from .answers import Answer
from .description import description
from .operations import TheServices
from .problems import NOT_FOUND, Kind, ProblemError
from .reference.pages import OVERVIEW, Reference

_HTML = b"text/html; charset=utf-8"
_PAGES_POLICY = b"default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"
_CSP = ((b"content-security-policy", _PAGES_POLICY), (b"x-content-type-options", b"nosniff"))


class Made(NamedTuple):
    """What describes: the OpenAPI document, its pages by their slugs, and those of problems."""

    openapi: Answer
    pages: dict[str, Answer]
    problems: dict[str, Answer]


class Describing:
    """Makes what describes when somebody first asks, once, in a thread: it takes as long as the rest of a start, and
    payments go on meanwhile. `origin`: how this server is reached."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._making: asyncio.Task[Made] | None = None

    async def made(self) -> Made:
        """The same for all who ask."""
        if self._making is None:
            self._making = asyncio.create_task(asyncio.to_thread(self._make), name="describing")
        return await asyncio.shield(self._making)

    def _make(self) -> Made:
        told = description()
        reference = Reference(told.document, self._origin)
        return Made(
            Answer(200, msgspec.json.format(msgspec.json.encode(told.document), indent=2)),
            {slug: _html(page) for slug, page in reference.pages().items()},
            {kind.slug: _html(reference.problem(kind, again(kind))) for kind in told.problems},
        )


def plain(describing: Describing) -> list[HTTPRouteHandler]:
    """The handlers."""

    @get("/v1/openapi.json")
    async def get_openapi() -> Answer:
        return (await describing.made()).openapi

    @get(["/v1/docs", "/v1/docs/{slug:str}"])
    async def get_docs(slug: FromPath[str] = OVERVIEW) -> Answer:
        return _found((await describing.made()).pages, slug)

    @get("/problems/{slug:str}")
    async def get_problem(slug: FromPath[str]) -> Answer:
        """What a problem's `type` leads to (RFC 9457, 4)."""
        return _found((await describing.made()).problems, slug)

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
