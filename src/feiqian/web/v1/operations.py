"""How a feature declares an operation of /v1: a handler of the framework, with who may call it and what may go wrong.

Types of the signature say the rest: `data: JSONBody[…]` is the body, `Id` and `FromQuery[…]` are parameters, what is
returned is the answer. Routing, the checks of bodies and queries, metrics and the OpenAPI document come from here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter, SkipValidation

from feiqian.auth.sessions.model import Session
from feiqian.merchants.registry import Merchant
from feiqian.merchants.scopes import Scope
from feiqian.services import Services

from . import problems
from .authenticate import Visitor
from .parse import BODY_LIMIT_BYTES, BodyParser
from .problems import Kind, Problem

Who = Literal["merchant", "customer", "anyone", "bank"]
Asked = Request[Any, Any, State]

# What a handler may ask for besides its body and parameters, by the names `services`, `merchant`, `visitor`, `session`.
TheServices = SkipValidation[NamedDependency[Services]]
TheMerchant = SkipValidation[NamedDependency[Merchant]]
TheKey = SkipValidation[NamedDependency[str]]  # `idempotency_key`, of operations for merchants: the header, or ""
TheVisitor = SkipValidation[NamedDependency[Visitor]]  # of operations for customers, or for anyone
TheSession = SkipValidation[NamedDependency[Session]]  # of operations for customers
Id = FromPath[str]  # the `id` of a path
LONGEST_ID = 64  # characters, of those that are given out

JSON = "application/json"
OPERATION, GROUP = "operation", "group"  # the handler's options
_OF_CALLERS = {
    "merchant": (problems.UNAUTHENTICATED, problems.KEY_INVALID, problems.KEY_OF_OTHER_MODE, problems.SCOPE_MISSING),
    "customer": (problems.SESSION_NEEDED, problems.SESSION_ENDED),
    "anyone": (problems.SESSION_ENDED,),
    "bank": (problems.UNAUTHENTICATED, problems.KEY_INVALID, problems.KEY_OF_OTHER_MODE),
}
_SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "customer": [{"session": []}],
    "anyone": [{}],
    "bank": [{"bank": []}],
}
_EVERYWHERE = (
    problems.MALFORMED_REQUEST,
    problems.INVALID,
    problems.INTERNAL,
    problems.OVERLOADED,
    problems.UNAVAILABLE,
    problems.OUTCOME_UNKNOWN,
    problems.CATCHING_UP,
    problems.RECORD_INCOMPLETE,
)
_WITH_BODY = (problems.MALFORMED_JSON, problems.TOO_LARGE, problems.UNSUPPORTED_MEDIA_TYPE)
_ON_READS = (problems.TOO_MANY_REQUESTS, problems.TOO_LARGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation, as it is declared. `query`: a struct of its parameters, None without any; `problems`: all kinds;
    `scope`: what a merchant's key has to be allowed, None where no merchant calls it.

    Merchants' `writes` pass admission control, all else a token bucket for each caller.
    """

    name: str
    method: Literal["GET", "POST"]
    path: str
    who: Who
    scope: Scope | None
    answer: type
    body: type | None
    query: type | None
    problems: tuple[Kind, ...]
    parse: Callable[[bytes], Any] | None
    body_limit: int  # bytes
    pictures: bool  # the body is `{"images": [...]}`, may be large, and is parsed by a worker process then
    keyed: bool  # takes an `Idempotency-Key`
    media_type: str  # of the answer, several with ", " between; all but JSON is returned whole (`answers.Answer`)

    @property
    def writes(self) -> bool:
        return self.method == "POST"


class Group(NamedTuple):
    """Operations that belong together in the description: their tag in OpenAPI, and what is said of all of them."""

    title: str
    text: str


Handler = Callable[..., Any]


def grouped(title: str, text: str, *handlers: HTTPRouteHandler) -> tuple[HTTPRouteHandler, ...]:
    """These operations as a group of the description."""
    for handler in handlers:
        handler.opt[GROUP] = Group(title, text)
        handler.tags = [title]
    return handlers


def for_the_bank(*handlers: HTTPRouteHandler) -> tuple[HTTPRouteHandler, ...]:
    """These operations of several features as one group: what is called with a key of the bank's."""
    return grouped("The bank's systems", "For the bank's own systems, with a key of `feiqian keys bank`.", *handlers)


def groups_of(handlers: Iterable[HTTPRouteHandler]) -> list[Group]:
    """The groups of these operations, in their order."""
    return list(dict.fromkeys(handler.opt[GROUP] for handler in handlers))


def operation_of(handler: Any) -> Operation | None:
    """What is declared of one of the framework's handlers, if it is an operation."""
    found: Operation | None = handler.opt.get(OPERATION)
    return found


def _operation(
    method: Literal["GET", "POST"],
    path: str,
    name: str,
    summary: str,
    *,
    who: Who = "merchant",
    scope: Scope | None = None,
    problems: tuple[Kind, ...] = (),
    description: str = "",
    body_limit: int = BODY_LIMIT_BYTES,
    pictures: bool = False,
    media_type: str = JSON,
) -> Callable[[Handler], HTTPRouteHandler]:
    """Declares an operation. `name` is its `operationId`; `scope` is what a merchant's key has to be allowed;
    `problems` are those of its own; `body_limit` in bytes. Raises TypeError for one of merchants without a scope."""
    if (who == "merchant") is (scope is None):
        raise TypeError(f"{name}: operations of merchants name a scope, and no others")

    def declared(handler: Handler) -> HTTPRouteHandler:
        types = get_type_hints(handler, include_extras=True)
        body = get_args(types["data"])[0] if "data" in types else None
        operation = Operation(
            name=name,
            method=method,
            path=path.replace(":str}", "}"),
            who=who,
            scope=scope,
            answer=types["return"] if media_type == JSON else str,
            body=body,
            query=_query(name, handler, types),
            problems=_all_problems(method, who, body, problems),
            parse=BodyParser(body).parse if body is not None else None,
            body_limit=body_limit,
            pictures=pictures,
            keyed="idempotency_key" in types,
            media_type=media_type,
        )
        return HTTPRouteHandler(
            path,
            http_method=method,
            operation_id=name,
            summary=summary,
            description=description or None,
            status_code=200,
            response_description="OK",
            responses=_responses(operation.problems),
            security=[{"key": [scope]}] if scope else _SECURITY[who],
            opt={OPERATION: operation},
        )(handler)

    return declared


get, post = partial(_operation, "GET"), partial(_operation, "POST")  # what only looks, and what changes something


def _query(name: str, handler: Handler, types: dict[str, Any]) -> type | None:
    """A struct of what stands in the query: by it the query is checked, more strictly than the framework would."""
    title = f"{name[0].upper()}{name[1:]}Query"
    defaults = {each.name: each.default for each in inspect.signature(handler).parameters.values()}
    fields = [
        (field, type) if defaults[field] is inspect.Parameter.empty else (field, type, defaults[field])
        for field, type in types.items()
        if get_origin(type) is Annotated and any(isinstance(more, QueryParameter) for more in get_args(type))
    ]
    return msgspec.defstruct(title, fields, frozen=True, forbid_unknown_fields=True) if fields else None


def _all_problems(method: str, who: Who, body: type | None, own: tuple[Kind, ...]) -> tuple[Kind, ...]:
    throttled = method == "GET" or who != "merchant"
    common = _OF_CALLERS[who] + _EVERYWHERE + (_WITH_BODY if body else ()) + (_ON_READS if throttled else ())
    return tuple(dict.fromkeys(common + own))


def _responses(kinds: tuple[Kind, ...]) -> dict[int, ResponseSpec]:
    by_status: dict[int, list[Kind]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    return {
        status: ResponseSpec(
            data_container=Problem,
            description="; ".join(f"{kind.title} (`{kind.type}`)" for kind in of_it),
            media_type=problems.MEDIA_TYPE.decode(),
            generate_examples=False,
        )
        for status, of_it in sorted(by_status.items())
    }
