"""The ASGI application of /v1: the one way that every API request goes, from its first byte to its last.

route → authenticate (merchants by key, customers by session) → throttle → read and parse → handler → answer. It is
plain ASGI because payments go through it and a framework's share of the time would be larger than ours.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import msgspec

from feiqian import logs
from feiqian.errors import FeiqianError
from feiqian.merchants.registry import Merchant
from feiqian.services import Services

from . import problems
from .authenticate import Authenticator, Visitors
from .call import Answer, Call, CustomerCall, Found, Route, Router
from .parse import BODY_LIMIT_BYTES, BodyParser, Disconnected, check_media_type, parse_query, read_body
from .plain import Plain
from .problems import Headers, ProblemError
from .routes import ROUTES
from .throttle import Admission, ReadThrottle

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_log = logs.get("feiqian.api")
_encode = msgspec.json.encode
_NO_STORE = (b"cache-control", b"no-store")
_NONE: dict[str, Any] = {}
_heads: dict[tuple[int, bytes, Headers], bytes] = {}  # of no more sorts than routes and problems have
_LENGTHS = [str(n).encode() for n in range(4096)]
UNROUTED = "unrouted"
CUSTOMER_RATE, CUSTOMER_BURST = 20, 60  # requests of one customer a second, and at once
NOBODY = 0  # whose bucket all share who are not signed in
EXCHANGE = "feiqian.exchange"
PAY = "createPayment"
PATHS = ("/v1", "/healthz", "/readyz", "/metrics")  # what is ours; everything else is pages


class Api:
    """The application. `admission` is shared with the server's protocol, which refuses before it parses."""

    def __init__(self, services: Services, admission: Admission) -> None:
        self._services = services
        routes = ROUTES
        self._plain = Plain(services, routes, version("feiqian"))
        self._router = Router(routes)
        self._admission = admission
        self._merchants = services.merchants
        self._authenticate = Authenticator(services.merchants, services.settings.mode)
        self._metrics, self._live = services.metrics, services.live
        settings = services.settings
        self._reads = ReadThrottle(settings.polls_per_second, settings.polls_burst, time.monotonic)
        self._visitors = Visitors(services)
        self._customers = ReadThrottle(CUSTOMER_RATE, CUSTOMER_BURST, time.monotonic)
        self._parsers = {route.name: BodyParser(route.body) for route in routes if route.body is not None}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        plain = self._plain.find(scope["method"], scope["path"])
        if plain is not None:
            return await send_answer(scope, send, plain())
        found = self._router.find(scope["method"], scope["path"])
        name = found.route.name if found is not None and found.route is not None else UNROUTED
        try:
            answer = await self._answer(scope, receive, found)
        except ProblemError as error:
            answer = render(error)
        except FeiqianError as error:
            answer = self._failed(name, error)
        except Disconnected:
            return
        except Exception:
            _log.exception("request_failed", route=name)
            answer = render(ProblemError(problems.INTERNAL))
        await send_answer(scope, send, answer)
        seconds = time.perf_counter() - start
        self._metrics.observe(name, answer.status, seconds)
        if name == PAY:
            self._live.observe(seconds)

    async def _answer(self, scope: Message, receive: Receive, found: Found | None) -> Answer:
        if found is None:
            raise ProblemError(problems.NOT_FOUND)
        route = found.route
        if route is None:
            allow = ", ".join(found.allowed).encode()
            raise ProblemError(problems.METHOD_NOT_ALLOWED, headers=((b"allow", allow),))
        content_type, content_length, authorization = _headers(scope["headers"])
        if route.who != "merchant":
            return await self._of_customer(scope, receive, route, found.id, authorization)
        if self._merchants.stale:
            await self._merchants.fresh()
        merchant = self._authenticate(authorization)
        query = parse_query(scope["query_string"], route.query)
        if not route.writes:
            return await self._read(route, merchant, found.id, query)
        admission = self._admission
        if admission.in_flight >= admission.limit:
            admission.refused += 1
            raise ProblemError(problems.OVERLOADED)
        admission.in_flight += 1
        try:
            body = None
            if route.body is not None:
                check_media_type(content_type)
                body = self._parsers[route.name].parse(await _body(scope, receive, content_length, BODY_LIMIT_BYTES))
            return await route.handler(Call(self._services, merchant, found.id, body, query))
        finally:
            admission.in_flight -= 1

    async def _of_customer(
        self, scope: Message, receive: Receive, route: Route, id: str, authorization: bytes
    ) -> Answer:
        """A request of a customer's app. Password hashes and databases are slow, so it never counts as a payment."""
        visitor = await self._visitors(scope["headers"], authorization, needed=route.who == "customer")
        if not self._customers.allow(visitor.session.subject.number if visitor.session else NOBODY):
            raise ProblemError(problems.TOO_MANY_REQUESTS)
        query, body = parse_query(scope["query_string"], route.query), None
        if route.body is not None:
            content_type, content_length, _ = _headers(scope["headers"])
            check_media_type(content_type)
            whole = await _body(scope, receive, content_length, route.body_limit)
            body = self._parsers[route.name].parse(whole)
        return await route.handler(CustomerCall(self._services, visitor, id, body, query))

    async def _read(self, route: Route, merchant: Merchant, id: str, query: Any) -> Answer:
        if not self._reads.allow(merchant.number):
            raise ProblemError(problems.TOO_MANY_REQUESTS)
        return await route.handler(Call(self._services, merchant, id, None, query))

    def _failed(self, name: str, error: FeiqianError) -> Answer:
        problem = problems.from_error(error)
        if problem.kind.status >= 500:
            _log.error("request_failed", route=name, error=type(error).__name__, why=str(error))
        return render(problem)


def _headers(headers: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes, bytes]:
    """Content-Type, Content-Length and Authorization. Raises ProblemError where one occurs twice or is compressed."""
    content_type = content_length = authorization = b""
    for name, value in headers:
        if name == b"authorization":
            if authorization:
                raise ProblemError(problems.MALFORMED_REQUEST, "The Authorization header occurs twice.")
            authorization = value
        elif name == b"content-type":
            if content_type:
                raise ProblemError(problems.MALFORMED_REQUEST, "The Content-Type header occurs twice.")
            content_type = value
        elif name == b"content-length":
            content_length = value
        elif name == b"content-encoding":
            raise ProblemError(problems.UNSUPPORTED_MEDIA_TYPE, "Bodies are not compressed.")
    return content_type, content_length, authorization


def render(error: ProblemError) -> Answer:
    kind = error.kind
    body = _encode(error.problem)
    return Answer(kind.status, body, problems.MEDIA_TYPE, kind.headers + error.headers)


async def _body(scope: Message, receive: Receive, content_length: bytes, limit: int) -> bytes:
    """The request's body: at once where our own server has all of it, else as it comes."""
    exchange = scope.get("extensions", _NONE).get(EXCHANGE)
    body: bytes | None = exchange.whole_body() if exchange is not None else None
    if body is None or len(body) > limit:
        return await read_body(receive, content_length, limit)
    return body


async def send_answer(scope: Message, send: Send, answer: Answer) -> None:
    """The answer: in one write by our own server (`server.Exchange`), in two messages by any other."""
    body = answer.body
    size = len(body)
    length = _LENGTHS[size] if size < len(_LENGTHS) else str(size).encode()
    exchange = scope.get("extensions", _NONE).get(EXCHANGE)
    if exchange is not None:
        head = _heads.get((answer.status, answer.media_type, answer.headers))
        if head is None:
            head = _head(answer)
        exchange.answer(b"%bcontent-length: %b\r\n" % (head, length), body)
        return
    headers = [(b"content-type", answer.media_type), (b"content-length", length), _NO_STORE, *answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _head(answer: Answer) -> bytes:
    """Status line and headers without Content-Length; made once for each sort of answer."""
    headers = (b"content-type", answer.media_type), _NO_STORE, *answer.headers
    lines = [b"HTTP/1.1 %d %b" % (answer.status, HTTPStatus(answer.status).phrase.encode())]
    head = b"\r\n".join([*lines, *(b"%b: %b" % header for header in headers), b""])
    _heads[answer.status, answer.media_type, answer.headers] = head
    return head
