"""A whole answer of the JSON interface, how it is sent, and which answer an error becomes.

In one write by our own server (`server.Exchange`), in two messages by any other. Nothing is streamed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

from feiqian.errors import FeiqianError
from feiqian.runtime import logs
from feiqian.runtime.shares import Overloaded

from . import problems
from .problems import Headers, ProblemError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

EXCHANGE = "feiqian.exchange"
_NO_STORE = (b"cache-control", b"no-store")
_NONE: dict[str, Any] = {}
_heads: dict[tuple[int, bytes, Headers], bytes] = {}  # of no more sorts than operations and problems have
_LENGTHS = [str(n).encode() for n in range(4096)]
_encode = msgspec.json.encode
_log = logs.get("feiqian.api")


class Answer(NamedTuple):
    """A response. `body` is complete."""

    status: int
    body: bytes
    media_type: bytes = b"application/json"
    headers: Headers = ()


def render(error: ProblemError) -> Answer:
    kind = error.kind
    body = _encode(error.problem)
    return Answer(kind.status, body, problems.MEDIA_TYPE, kind.headers + error.headers)


def answer_to(error: Exception, operation: str) -> Answer:
    """The one table from what is raised to what is answered; what nobody expected is logged, and tells nothing."""
    if isinstance(error, ProblemError):
        return render(error)
    if isinstance(error, Overloaded):
        return render(ProblemError(problems.OVERLOADED))
    if isinstance(error, FeiqianError):
        problem = problems.from_error(error)
        if problem.kind.status >= 500:
            _log.error("request_failed", route=operation, error=type(error).__name__, why=str(error))
        return render(problem)
    if isinstance(error, UnicodeDecodeError):
        return render(ProblemError(problems.MALFORMED_REQUEST, "What is sent must be valid UTF-8."))
    _log.error("request_failed", route=operation, exc_info=error)
    return render(ProblemError(problems.INTERNAL))


def exchange_of(scope: Message) -> Any:
    """Our own server's part in this request (`server.Exchange`); None with another server."""
    return scope.get("extensions", _NONE).get(EXCHANGE)


def give(exchange: Any, answer: Answer) -> None:
    """Gives our own server the answer (`server.Exchange`), which sends it in one write."""
    status, body, media_type, headers = answer
    head = _heads.get((status, media_type, headers))
    if head is None:
        head = _head(answer)
    exchange.answer(b"%bcontent-length: %b\r\n" % (head, _length(body)), body)


async def send_answer(scope: Message, send: Send, answer: Answer) -> None:
    exchange = exchange_of(scope)
    if exchange is not None:
        give(exchange, answer)
        return
    body, length = answer.body, _length(answer.body)
    headers = [(b"content-type", answer.media_type), (b"content-length", length), _NO_STORE, *answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _length(body: bytes) -> bytes:
    size = len(body)
    return _LENGTHS[size] if size < len(_LENGTHS) else str(size).encode()


def _head(answer: Answer) -> bytes:
    """Status line and headers without Content-Length; made once for each sort of answer."""
    headers = (b"content-type", answer.media_type), _NO_STORE, *answer.headers
    lines = [b"HTTP/1.1 %d %b" % (answer.status, HTTPStatus(answer.status).phrase.encode())]
    head = b"\r\n".join([*lines, *(b"%b: %b" % header for header in headers), b""])
    _heads[answer.status, answer.media_type, answer.headers] = head
    return head
