"""What anyone may ask without a key: the API's description, what each problem is, and whether the server lives."""

from __future__ import annotations

from html import escape
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler, get
from litestar.params import FromPath

from .answers import Answer
from .description import Description
from .operations import Operation, TheServices
from .problems import NOT_FOUND, RETRY, Kind, ProblemError

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "code{font-family:ui-monospace,monospace;font-size:.9em}"
    "table{border-collapse:collapse}td,th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}"
    "h2{margin-top:2.5rem}"
)
_HTML = b"text/html; charset=utf-8"
_CSP = ((b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),)


def plain(description: Description) -> list[HTTPRouteHandler]:
    """The handlers; what describes is made once."""
    openapi = Answer(200, msgspec.json.format(msgspec.json.encode(description.document), indent=2))
    docs = _html(_page(description))
    problems = {kind.slug: _html(_problem(kind, description.operations)) for kind in description.problems}

    @get("/v1/openapi.json")
    async def get_openapi() -> Answer:
        return openapi

    @get("/v1/docs")
    async def get_docs() -> Answer:
        return docs

    @get("/problems/{slug:str}")
    async def get_problem(slug: FromPath[str]) -> Answer:
        """What a problem's `type` leads to (RFC 9457, 4)."""
        if slug not in problems:
            raise ProblemError(NOT_FOUND)
        return problems[slug]

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


def _html(page: str) -> Answer:
    return Answer(200, page.encode(), _HTML, _CSP)


def _page(description: Description) -> str:
    described = description.document
    info = described["info"]
    parts = [f"<h1>{escape(info['title'])} API</h1><p>{escape(info['description'])}</p>"]
    parts.append('<p>For machines: <a href="/v1/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>')
    parts += [_operation(one, described) for one in description.operations]
    return _whole("API", parts)


def _problem(kind: Kind, operations: tuple[Operation, ...]) -> str:
    """What a problem says, and which operations answer with it."""
    parts = [f"<h1>{escape(kind.title)}</h1><p><code>{escape(kind.type)}</code>, HTTP status {kind.status}.</p>"]
    if {name for name, _ in RETRY} & {name for name, _ in kind.headers}:
        parts.append("<p>Send the same request again after the seconds in <code>Retry-After</code>.</p>")
    answering = [operation for operation in operations if kind in operation.problems]
    rows = "".join(f"<tr><td><code>{one.method} {escape(one.path)}</code>" for one in answering)
    if rows:
        parts.append(f"<h2>Operations that answer with it</h2><table>{rows}</table>")
    return _whole(kind.title, [*parts, '<p><a href="/v1/docs">All operations</a></p>'])


def _whole(title: str, parts: list[str]) -> str:
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    head += f'<style>{_STYLE}</style><meta name="viewport" content="width=device-width">'
    return head + "".join(parts) + "</html>"


def _operation(operation: Operation, described: dict[str, Any]) -> str:
    said = described["paths"][operation.path][operation.method.lower()]
    text = f"<h2><code>{operation.method} {escape(operation.path)}</code></h2><p>{escape(said['summary'])}. "
    text += f"{escape(said.get('description', ''))}</p>"
    for title, type in (("Body", operation.body), ("Answer", operation.answer)):
        if type is not None:
            text += f"<h3>{title}</h3>{_fields(described['components']['schemas'][type.__name__])}"
    rows = "".join(
        f'<tr><td>{kind.status}<td><a href="{kind.type}"><code>{kind.type}</code></a><td>{escape(kind.title)}'
        for kind in sorted(operation.problems, key=lambda kind: kind.status)
    )
    return text + f"<h3>Problems</h3><table>{rows}</table>"


def _fields(schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code><td>{'required' if name in required else 'optional'}"
        f"<td><code>{escape(_rule(field))}</code>"
        for name, field in schema["properties"].items()
    )
    return f"<table>{rows}</table>"


def _rule(field: dict[str, Any]) -> str:
    return msgspec.json.encode({k: v for k, v in field.items() if k not in ("default", "description")}).decode()
