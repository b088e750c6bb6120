"""Refusing payments unread when the server is at its capacity.

A refusal must cost next to nothing, or refusing would use up what serving needs. Only requests that are plain and whole
are refused so; anything else is parsed, and refused by the application if it must be.
"""

from __future__ import annotations

import msgspec

from . import problems

GUARDED = b"POST /v1/payments"  # new payments, refunds, cancellations

_BODY = msgspec.json.encode(problems.ProblemError(problems.OVERLOADED).problem)
REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n"
    b"cache-control: no-store\r\ncontent-length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)


def whole_requests(data: bytes) -> int:
    """How many HTTP/1.1 requests to guarded routes `data` is made of, to the byte; 0 if it is anything else."""
    count, at, end = 0, 0, len(data)
    while at < end:
        head_end = data.find(b"\r\n\r\n", at)
        if head_end < 0 or not data.startswith(GUARDED, at):
            return 0
        length = _content_length(data[at:head_end].lower())
        if length is None:
            return 0
        at = head_end + 4 + length
        count += 1
    return count if at == end else 0


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
    digits = rest.partition(b"\r\n")[0].strip()
    if not found:
        return 0
    return int(digits) if digits.isdigit() and len(digits) < 6 else None
