"""The framework as /v1 uses it: what handlers are given and give back, and the one table from errors to answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from litestar import Litestar, Request, Response
from litestar.config.app import AppConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import ClientException, HTTPException, MethodNotAllowedException, NotFoundException
from litestar.types import ControllerRouterHandler

from feiqian.auth.sessions.model import Session
from feiqian.merchants.registry import Merchant
from feiqian.services import Services

from . import problems
from .answers import Answer, Message, Receive, Send, answer_to, send_answer
from .authenticate import Visitor
from .callers import BODY
from .operations import Asked, TheMerchant, TheServices, TheVisitor, operation_of
from .parse import Disconnected, idempotency_key
from .problems import ProblemError

UNROUTED = "unrouted"  # the operation of what has no path here
ANSWERED = "feiqian.answered"  # of the ASGI scope: the status
_encode = msgspec.json.encode


class ApiRequest(Request[Any, Any, State]):
    """A request whose body `Callers` has read and parsed: the framework's `data` is what came of it."""

    async def body(self) -> bytes:
        return b" "  # to the framework, an empty one is none at all

    async def json(self) -> Any:
        return self.scope[BODY]  # type: ignore[literal-required]


class ApiResponse(Response[Any]):
    """What a handler returned, as JSON, or a whole Answer."""

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        content = self.content
        answer = content if isinstance(content, Answer) else Answer(200, _encode(content))

        async def tell(scope: Message, receive: Receive, send: Send) -> None:
            scope[ANSWERED] = answer.status
            await send_answer(scope, send, answer)

        return tell


class NoResponse(Response[None]):
    """To whoever went away before the request was whole."""

    def to_asgi_response(self, *_: Any, **__: Any) -> Any:
        async def nothing(scope: Message, receive: Receive, send: Send) -> None: ...

        return nothing


def _failed(request: Asked, error: Exception) -> Response[Any]:
    if isinstance(error, Disconnected):
        return NoResponse(None)
    handler = request.scope.get("route_handler")
    operation = operation_of(handler) if handler is not None else None
    found = _of_framework(error) if isinstance(error, HTTPException) else error
    return ApiResponse(answer_to(found, operation.name if operation is not None else UNROUTED))


def _of_framework(error: HTTPException) -> Exception:
    """What the framework raises by itself."""
    if isinstance(error, NotFoundException):
        return ProblemError(problems.NOT_FOUND)
    if isinstance(error, MethodNotAllowedException):
        return ProblemError(problems.METHOD_NOT_ALLOWED, headers=((b"allow", _allowed(error)),))
    return ProblemError(problems.MALFORMED_REQUEST) if isinstance(error, ClientException) else error


def _allowed(error: MethodNotAllowedException) -> bytes:
    """HEAD is there wherever GET is: the server asks for it with GET (`heads.as_get`)."""
    methods = set((error.headers or {})["allow"].split(", ")) - {"OPTIONS"}
    return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods)).encode()


# Each asks for the one before it, used or not: those that do not hang on each other the framework provides in tasks of
# their own, which would end the turn of a request before its handler has begun.


def _services(request: Asked) -> Services:
    services: Services = request.app.state.services
    return services


def _merchant(request: Asked, services: TheServices) -> Merchant:
    merchant: Merchant = request.user
    return merchant


def _idempotency_key(request: Asked, merchant: TheMerchant) -> str:
    """The request's `Idempotency-Key`, or "". Raises ProblemError for one that is not as it has to be."""
    return idempotency_key(request.headers.getall("idempotency-key", []))


def _visitor(request: Asked, services: TheServices) -> Visitor:
    visitor: Visitor = request.user
    return visitor


def _session(visitor: TheVisitor) -> Session:
    """Of operations that customers alone may call."""
    assert visitor.session is not None, "the operation is open to anyone"
    return visitor.session


_PROVIDED: dict[str, Callable[..., Any]] = {
    "services": _services,
    "merchant": _merchant,
    "idempotency_key": _idempotency_key,
    "visitor": _visitor,
    "session": _session,
}


def litestar(handlers: Sequence[ControllerRouterHandler], **more: Any) -> Litestar:
    """An application of these handlers; `more` is of litestar's AppConfig."""
    common: dict[str, Any] = {
        "route_handlers": list(handlers),
        "dependencies": {name: Provide(given, sync_to_thread=False) for name, given in _PROVIDED.items()},
        "exception_handlers": {Exception: _failed},
        "request_class": ApiRequest,
        "response_class": ApiResponse,
        "openapi_config": None,
        "logging_config": None,
        "debug": False,
    }
    return Litestar.from_config(AppConfig(**common | more))
