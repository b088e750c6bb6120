"""Bounds of what comes in a request's head, checked before the framework takes it apart in the event loop."""

from __future__ import annotations

from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send

# Characters: more than any path with ids that are given out. The framework remembers the newest paths that it has
# looked for, before it knows who asks, so that longer ones are not looked for.
LONGEST_PATH = 256
QUERY_BYTES, QUERY_FIELDS = 4_096, 64
COOKIE_BYTES, COOKIES = 8_192, 128  # of our origin and of others on the same host


def bounded(app: ASGIApp) -> ASGIApp:
    """Middleware: raises HTTPException for a query (414) or cookies (431) that are long or many."""

    async def check(scope: Scope, receive: Receive, send: Send) -> None:
        query = scope["query_string"]
        if len(query) > QUERY_BYTES or query.count(b"&") >= QUERY_FIELDS:
            raise HTTPException("the address is too long", status_code=414)
        cookies = b";".join(value for name, value in scope["headers"] if name == b"cookie")
        if len(cookies) > COOKIE_BYTES or cookies.count(b";") >= COOKIES:
            scope["headers"] = [
                header for header in scope["headers"] if header[0] != b"cookie"
            ]  # the answer needs none
            raise HTTPException("the cookies are too long", status_code=431)
        await app(scope, receive, send)

    return check
