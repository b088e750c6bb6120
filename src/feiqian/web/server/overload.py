"""Refusing requests unread: payments when the server is at its capacity, and what is no proper request.

A refusal must cost next to nothing, or refusing would use up what serving needs. Only requests that are plain and whole
are refused over capacity; anything else is parsed, and refused by the application if it must be.
"""

from __future__ import annotations

import re

import msgspec

from feiqian.web.v1 import problems

GUARDED = b"POST /v1/payments"  # new payments, refunds, cancellations

_BODY = msgspec.json.encode(problems.ProblemError(problems.OVERLOADED).problem)
REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n"
    b"cache-control: no-store\r\ncontent-length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)
LAST_REFUSAL = REFUSAL.replace(b"retry-after", b"connection: close\r\nretry-after")


def _closing(status: bytes, detail: str) -> bytes:
    """An answer to what is no proper request, after which the connection is closed."""
    body = msgspec.json.encode(problems.ProblemError(problems.MALFORMED_REQUEST, detail).problem)
    return (
        b"HTTP/1.1 %b\r\ncontent-type: application/problem+json\r\nconnection: close\r\n"
        b"cache-control: no-store\r\ncontent-length: %d\r\n\r\n%b" % (status, len(body), body)
    )


BAD_REQUEST = _closing(
    b"400 Bad Request",
    "Send UTF-8, and the path as it is described: nothing percent-encoded, no empty or dot segments.",
)
BAD_HOST = _closing(b"400 Bad Request", "Send one Host header, with the name of this server (RFC 9112, 3.2).")
NO_TUNNELS = b"HTTP/1.1 501 Not Implemented\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
OTHER_VERSION = b"HTTP/1.1 505 HTTP Version Not Supported\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
HEAD_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_PROPER = re.compile(rb"[A-Z]+ [!-~]+ HTTP/1\.1(?:\r\n[!#-'*+.0-9A-Z^-z|~-]+:[^\r\n\0]*)*")
_KEY = re.compile(rb"\r\nauthorization:[ \t]*bearer +([!-~]+)", re.I)


def plain_requests(data: bytes) -> list[bytes]:
    """The API key of each request (empty: none) if `data` is made of whole HTTP/1.1 requests to guarded routes.

    To the byte; an empty list if it is anything else.
    """
    keys, at, end = [], 0, len(data)
    while at < end:
        head_end = data.find(b"\r\n\r\n", at)
        if head_end < 0 or not data.startswith(GUARDED, at) or not _PROPER.fullmatch(data, at, head_end):
            return []
        head = data[at:head_end]
        length = _content_length(head.lower())
        if length is None:
            return []
        key = _KEY.search(head)
        keys.append(key[1] if key else b"")
        at = head_end + 4 + length
    return keys if at == end else []


def _content_length(head: bytes) -> int | None:
    """The announced length of the body, or None where the request is not plain enough to be refused unparsed."""
    if (
        b" http/1.1\r\n" not in head
        or b"\nconnection:" in head
        or b"\ntransfer-encoding:" in head
        or b"\nexpect:" in head
    ):
        return None
    _, found, rest = head.partition(b"\r\ncontent-length:")
    if b"\r\ncontent-length:" in rest:
        return None
    digits = rest.partition(b"\r\n")[0].strip()
    if not found:
        return 0
    return int(digits) if digits.isdigit() and len(digits) < 6 else None
