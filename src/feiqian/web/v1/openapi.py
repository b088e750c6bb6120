"""The OpenAPI 3.1 document, put together from the route table and the request and answer structs."""

from __future__ import annotations

from typing import Any

import msgspec

from feiqian.strings.patterns import published

from . import problems
from .call import Route
from .parse import BODY_LIMIT_BYTES
from .problems import Kind, Problem

REF = "#/components/schemas/{name}"
EVERYWHERE = (
    problems.MALFORMED_REQUEST,
    problems.INVALID,
    problems.INTERNAL,
    problems.OVERLOADED,
    problems.UNAVAILABLE,
    problems.OUTCOME_UNKNOWN,
    problems.CATCHING_UP,
    problems.RECORD_INCOMPLETE,
)
OF_CALLERS = {
    "merchant": (problems.UNAUTHENTICATED, problems.KEY_INVALID, problems.KEY_OF_OTHER_MODE),
    "customer": (problems.SESSION_NEEDED, problems.SESSION_ENDED),
    "anyone": (problems.SESSION_ENDED,),
}
SECURITY = {"merchant": [{"key": []}], "customer": [{"session": []}], "anyone": [{}]}
WITH_BODY = (problems.MALFORMED_JSON, problems.TOO_LARGE, problems.UNSUPPORTED_MEDIA_TYPE)
ON_READS = (problems.TOO_MANY_REQUESTS, problems.TOO_LARGE)
INTRODUCTION = f"""\
Take payments with the code on a customer's phone. Amounts are whole numbers of minor units (cents); currencies are
the letters of ISO 4217. A payment is named by your own `merchant_order`: send the same request again after a lost
answer or a 503 and you get the first outcome, byte for byte; another try after a decline needs another number.
Bodies are JSON in UTF-8 of at most {BODY_LIMIT_BYTES} bytes, no name unknown or repeated; whole numbers are written
with digits alone, so 10.0 and 1e1 are refused. HEAD is answered wherever GET is. Errors are problems (RFC 9457)."""
DIGITS = "Digits alone: 10.0 and 1e1 are refused."  # which JSON Schema cannot say: to it, 10.0 is an integer


def problems_of(route: Route) -> tuple[Kind, ...]:
    """Every problem that the operation can answer with."""
    throttled = not route.writes or route.who != "merchant"
    common = OF_CALLERS[route.who] + EVERYWHERE + (WITH_BODY if route.body else ()) + (ON_READS if throttled else ())
    return tuple(dict.fromkeys(common + route.problems))


def every_problem(routes: tuple[Route, ...]) -> tuple[Kind, ...]:
    """All that are answered: those that all share, of errors, and of operations."""
    shared = [kind for kind in vars(problems).values() if isinstance(kind, Kind)]
    asked = [kind for route in routes for kind in problems_of(route)]
    return tuple(dict.fromkeys([*shared, *problems.kinds().values(), *asked]))


def document(routes: tuple[Route, ...], version: str) -> dict[str, Any]:
    types = [t for route in routes for t in (route.answer, route.body) if t is not None] + [Problem]
    _, components = msgspec.json.schema_components(dict.fromkeys(types), ref_template=REF)
    for body in {route.body.__name__ for route in routes if route.body is not None}:
        for schema in components[body].get("properties", {}).values():
            _say_digits(schema)
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    whole = {
        "openapi": "3.1.0",
        "info": {"title": "Feiqian", "version": version, "description": INTRODUCTION},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A merchant's key: fq_test_… or fq_live_…"},
                "session": {"type": "http", "scheme": "bearer", "description": "A customer's, given at sign-in"},
            },
        },
        "security": [{"key": []}],
    }
    described: dict[str, Any] = published(whole)
    return described


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": route.name, "summary": route.summary}
    if route.description:
        operation["description"] = route.description
    parameters = _parameters(route)
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(route.body)}}}
    if route.who != "merchant":
        operation["security"] = SECURITY[route.who]
    operation["responses"] = {"200": _content("OK", route.answer, "application/json")} | _problem_responses(route)
    return operation


def _problem_responses(route: Route) -> dict[str, Any]:
    by_status: dict[int, list[Kind]] = {}
    for kind in problems_of(route):
        by_status.setdefault(kind.status, []).append(kind)
    responses = {}
    for status, kinds in sorted(by_status.items()):
        text = "; ".join(f"{kind.title} (`/problems/{kind.slug}`)" for kind in kinds)
        responses[str(status)] = _content(text, Problem, "application/problem+json") | _headers(kinds)
    return responses


def _headers(kinds: list[Kind]) -> dict[str, Any]:
    names = sorted({name.decode().title() for kind in kinds for name, _ in kind.headers} - {"Connection"})
    return {"headers": {name: {"schema": {"type": "string"}} for name in names}} if names else {}


def _content(text: str, type: type, media_type: str) -> dict[str, Any]:
    return {"description": text, "content": {media_type: {"schema": _ref(type)}}}


def _say_digits(schema: dict[str, Any]) -> None:
    """Says of a field that is sent how whole numbers are written."""
    if schema.get("type") == "integer":
        schema["description"] = f"{schema.get('description', '')} {DIGITS}".lstrip()


def _ref(type: type) -> dict[str, str]:
    return {"$ref": REF.format(name=type.__name__)}


def _parameters(route: Route) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = []
    if "{id}" in route.path:
        schema = {"type": "string", "maxLength": 64}
        parameters.append({"name": "id", "in": "path", "required": True, "schema": schema})
    if route.query is not None:
        (schema_of_query,), components = msgspec.json.schema_components([route.query], ref_template=REF)
        own = components[schema_of_query["$ref"].rsplit("/", 1)[1]]
        for name, schema in own["properties"].items():
            required = name in own.get("required", ())
            _say_digits(schema)
            parameters.append({"name": name, "in": "query", "required": required, "schema": schema})
    return parameters
