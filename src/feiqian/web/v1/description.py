"""The OpenAPI 3.1 document: the framework's, of the declared operations, with what it does not say of them.

Schemas are those that msgspec has of the structs it decodes by: every pattern, bound and closed object is in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme, Tag

from feiqian import features
from feiqian.strings.patterns import published

from . import problems
from .framework import litestar
from .operations import JSON, LONGEST_ID, Operation, groups_of, operation_of
from .parse import BODY_LIMIT_BYTES, KEY_PATTERN
from .problems import Kind, Problem

REF = "#/components/schemas/{name}"
INTRODUCTION = f"""\
Take payments with the code on a customer's phone. Amounts are whole numbers of minor units (cents); currencies are
the letters of ISO 4217. A payment is named by your own `merchant_order`: send the same request again after a lost
answer or a 503 and you get the first outcome, byte for byte; another try after a decline needs another number.
Bodies are JSON in UTF-8 of at most {BODY_LIMIT_BYTES} bytes, no name unknown or repeated; whole numbers are written
with digits alone, so 10.0 and 1e1 are refused. HEAD is answered wherever GET is. Errors are problems (RFC 9457)."""
KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names this request, for 7 days (never less than 72 hours): however often it is sent, it is "
    "done once, and another one with the same key is refused as `/problems/id-reused`. A number of your own in the "
    "body makes it one already, and for ever. Orders are found by it (`GET /v1/orders?key=`). Keys of requests about "
    "webhooks are kept apart from those about payments and orders.",
    "schema": {"type": "string", "pattern": f"^{KEY_PATTERN}$"},
}
DIGITS = "Digits alone: 10.0 and 1e1 are refused."  # which JSON Schema cannot say: to it, 10.0 is an integer
_SCHEMES = {
    "key": SecurityScheme(
        "http", scheme="bearer", description="A merchant's key: fq_test_… or fq_live_…, of the scope that is named"
    ),
    "bank": SecurityScheme("http", scheme="bearer", description="A key of a system of the bank: fq_bank_test_…"),
    "session": SecurityScheme("http", scheme="bearer", description="A customer's, given at sign-in"),
}


@dataclass(frozen=True, slots=True)
class Description:
    """All operations, every kind of problem that is answered, and the OpenAPI document."""

    operations: tuple[Operation, ...]
    problems: tuple[Kind, ...]
    document: dict[str, Any]


def describe(handlers: Sequence[HTTPRouteHandler]) -> Description:
    """The description of these operations."""
    found = (operation_of(handler) for handler in handlers)
    operations = tuple(operation for operation in found if operation is not None)
    config = OpenAPIConfig(
        title="Feiqian",
        version=version("feiqian"),
        description=INTRODUCTION,
        components=Components(security_schemes=dict(_SCHEMES)),
        security=[{"key": []}],
        tags=[Tag(*group) for group in groups_of(handlers)],
    )
    whole = litestar(handlers, openapi_config=config).openapi_schema.to_schema()
    whole["components"]["schemas"] = _schemas(operations)
    for operation in operations:
        _complete(whole["paths"][operation.path][operation.method.lower()], operation)
    return Description(operations, _every_problem(operations), published(whole))


def _every_problem(operations: Iterable[Operation]) -> tuple[Kind, ...]:
    """All that are answered: those that all share, of errors, and of operations."""
    shared = [kind for kind in vars(problems).values() if isinstance(kind, Kind)]
    asked = [kind for operation in operations for kind in operation.problems]
    return tuple(dict.fromkeys([*shared, *problems.kinds().values(), *asked]))


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    bodies = [operation.body for operation in operations if operation.body is not None]
    answers = [Problem, *(operation.answer for operation in operations)]
    _, told = msgspec.json.schema_components(dict.fromkeys(answers), ref_template=REF)
    _, sent = msgspec.json.schema_components(dict.fromkeys(bodies), ref_template=REF)
    for schema in sent.values():
        _say_digits(schema)
    return told | sent


def _say_digits(struct: dict[str, Any]) -> None:
    """Says of the fields of what is sent how whole numbers are written."""
    for schema in struct.get("properties", {}).values():
        if schema.get("type") == "integer":
            schema["description"] = f"{schema.get('description', '')} {DIGITS}".lstrip()


def _complete(described: dict[str, Any], operation: Operation) -> None:
    """The headers of problems, and parameters as they are checked."""
    for status, response in described["responses"].items():
        kinds = [kind for kind in operation.problems if str(kind.status) == status]
        names = sorted({name.decode().title() for kind in kinds for name, _ in kind.headers} - {"Connection"})
        if names:
            response["headers"] = {name: {"schema": {"type": "string"}} for name in names}
    checked: dict[str, Any] = {"id": {"type": "string", "maxLength": LONGEST_ID}}
    if operation.query is not None:
        _, schemas = msgspec.json.schema_components([operation.query], ref_template=REF)
        query = schemas[operation.query.__name__]
        _say_digits(query)
        checked |= query["properties"]
    for parameter in described.get("parameters", ()):
        parameter["schema"] = checked[parameter["name"]]
    if operation.keyed:
        schema = KEY["schema"] | {"examples": [f"{operation.name}-1"]}
        described["parameters"] = [*described.get("parameters", ()), KEY | {"schema": schema}]
    if operation.media_type != JSON:
        described["responses"]["200"]["content"] = {
            kind: {"schema": {"type": "string"}} for kind in operation.media_type.split(", ")
        }


@cache
def description() -> Description:
    """The description of all operations there are."""
    return describe(features.operations())
