"""What a request's head must say before anything of it is believed (RFC 9112, 3): its target and its Host.

Also how HEAD is answered wherever GET is, and OPTIONS for the server as a whole. Knows no route.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

WHOLE_SERVER = b"*"  # the target of OPTIONS that asks about no resource
VERSIONS = ("1.1", "1.0")
_HOST = re.compile(
    rb"(?:\[[0-9A-Fa-f:.]{2,45}\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2}){1,253})(?::[0-9]{0,5})?", re.ASCII
)
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)([^#]*)", re.I)


def is_host(value: bytes) -> bool:
    """Whether this is a host with or without a port (RFC 3986, 3.2.2); an empty one names nobody."""
    return _HOST.fullmatch(value) is not None


def absolute(target: bytes) -> tuple[bytes, bytes] | None:
    """The authority and the origin-form of an absolute-form target, as proxies are sent it; None if it is not one."""
    found = _ABSOLUTE.fullmatch(target)
    if found is None or not is_host(found[1]):
        return None
    return found[1], found[2] if found[2].startswith(b"/") else b"/" + found[2]


def is_whole_server(target: bytes) -> bool:
    """Whether OPTIONS asks about no resource: `*`, or as proxies are sent it (RFC 9112, 3.2.4), no path or query."""
    found = absolute(target)
    return target == WHOLE_SERVER or (found is not None and target.partition(b"//")[2] == found[0])


def without_upgrade(method: bytes, target: bytes, version: str, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The head again as bytes, but for its Upgrade: every other field, those that frame the body too, is kept as it is.

    Values are as a parser gave them, so they hold no line break.
    """
    lines = [b"%b %b HTTP/%b" % (method, target, version.encode())]
    lines += [b"%b: %b" % field for field in headers if field[0] != b"upgrade"]
    return b"\r\n".join([*lines, b"", b""])


def as_get(app: App) -> App:
    """The application for HEAD: it is asked with GET, and nothing is sent after the headers (RFC 9110, 9.3.2)."""

    async def head(scope: Message, receive: Receive, send: Send) -> None:
        started = False

        async def headers_only(message: Message) -> None:
            nonlocal started
            if started:
                return
            started = True
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        await app({**scope, "method": "GET"}, receive, headers_only)

    return head


async def options_of_server(scope: Message, receive: Receive, send: Send) -> None:
    """Answers `OPTIONS *` (RFC 9110, 9.3.7): the server is there."""
    headers = [(b"allow", b"GET, HEAD, POST, OPTIONS"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
