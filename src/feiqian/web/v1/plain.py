"""What anyone may ask without a key: the API's description, what each problem is, and whether the server lives."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

import msgspec

from feiqian.services import Services

from .call import Answer, Route
from .openapi import document, every_problem, problems_of
from .problems import RETRY, Kind

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "code{font-family:ui-monospace,monospace;font-size:.9em}"
    "table{border-collapse:collapse}td,th{text-align:left;padding:.2rem .8rem .2rem 0;vertical-align:top}"
    "h2{margin-top:2.5rem}"
)
_HTML = b"text/html; charset=utf-8"
_CSP = ((b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),)


class Plain:
    """Answers at fixed paths; the descriptions are made once."""

    def __init__(self, services: Services, routes: tuple[Route, ...], version: str) -> None:
        self._services = services
        described = document(routes, version)
        openapi = Answer(200, msgspec.json.format(msgspec.json.encode(described), indent=2))
        docs = _html(_page(routes, described))
        self._at: dict[str, Callable[[], Answer]] = {
            "/v1/openapi.json": lambda: openapi,
            "/v1/docs": lambda: docs,
            "/healthz": self._health,
            "/readyz": self._ready,
        }
        for kind in every_problem(routes):  # what a problem's `type` leads to (RFC 9457, 4)
            self._at[kind.type] = partial(_html, _problem(kind, routes))

    def find(self, method: str, path: str) -> Callable[[], Answer] | None:
        return self._at.get(path) if method == "GET" else None

    def _health(self) -> Answer:
        """Liveness: 503 from the moment that the ledger has stopped for good, when only a restart helps."""
        ledger = self._services.ledger
        well = ledger.stopped is None
        body = {"status": "ok" if well else "stopped", "position": ledger.durable_position}
        if self._services.workers.missing.on:
            body["pictures"] = "no worker can be started"  # payments go on
        return Answer(200 if well else 503, msgspec.json.encode(body))

    def _ready(self) -> Answer:
        """Readiness: 503 with the reasons while payments cannot be taken, also where that may end by itself."""
        failing = self._services.readiness.failing
        body = {"status": "not ready" if failing else "ready", "failing": failing}
        return Answer(503 if failing else 200, msgspec.json.encode(body))


def _html(page: str) -> Answer:
    return Answer(200, page.encode(), _HTML, _CSP)


def _page(routes: tuple[Route, ...], described: dict[str, Any]) -> str:
    info = described["info"]
    parts = [f"<h1>{escape(info['title'])} API</h1><p>{escape(info['description'])}</p>"]
    parts.append('<p>For machines: <a href="/v1/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>')
    parts += [_operation(route, described["components"]["schemas"]) for route in routes]
    return _whole("API", parts)


def _problem(kind: Kind, routes: tuple[Route, ...]) -> str:
    """What a problem says, and which operations answer with it."""
    parts = [f"<h1>{escape(kind.title)}</h1><p><code>{escape(kind.type)}</code>, HTTP status {kind.status}.</p>"]
    if {name for name, _ in RETRY} & {name for name, _ in kind.headers}:
        parts.append("<p>Send the same request again after the seconds in <code>Retry-After</code>.</p>")
    answering = [route for route in routes if kind in problems_of(route)]
    rows = "".join(f"<tr><td><code>{route.method} {escape(route.path)}</code>" for route in answering)
    if rows:
        parts.append(f"<h2>Operations that answer with it</h2><table>{rows}</table>")
    return _whole(kind.title, [*parts, '<p><a href="/v1/docs">All operations</a></p>'])


def _whole(title: str, parts: list[str]) -> str:
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    head += f'<style>{_STYLE}</style><meta name="viewport" content="width=device-width">'
    return head + "".join(parts) + "</html>"


def _operation(route: Route, schemas: dict[str, Any]) -> str:
    text = f"<h2><code>{route.method} {escape(route.path)}</code></h2><p>{escape(route.summary)}. "
    text += f"{escape(route.description)}</p>"
    for title, type in (("Body", route.body), ("Answer", route.answer)):
        if type is not None:
            text += f"<h3>{title}</h3>{_fields(schemas[type.__name__])}"
    rows = "".join(
        f'<tr><td>{kind.status}<td><a href="{kind.type}"><code>{kind.type}</code></a><td>{escape(kind.title)}'
        for kind in sorted(problems_of(route), key=lambda kind: kind.status)
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
