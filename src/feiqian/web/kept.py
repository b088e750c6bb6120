"""What a browser keeps of something under way before anybody is signed in: which challenge it answers, for 30 minutes.

The cookie holds ids that cannot be guessed, and addresses and notes that its own user has typed; never a secret,
and it is never in an address, where it would stay in histories and logs.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import Cookie, State

from .session import Connection
from .site import Site

SECONDS = 30 * 60
LONGEST = 3_500  # of the cookie; browsers keep 4,096 bytes
Asking = Request[Any, Any, State]


def keep(site: Site, kind: str, *parts: str) -> Cookie:
    """For the answer that leads to the next step. One thing at a time is under way in a browser."""
    value = urlsafe_b64encode(msgspec.json.encode([kind, *parts])).decode()
    return site.cookies.make(_name(site), value, SECONDS)


def kept(site: Site, request: Asking, kind: str, count: int) -> list[str] | None:
    """The `count` parts that were kept of this kind; None if something else is under way, or nothing."""
    parts = _parts(request.cookies.get(_name(site), ""))
    return parts[1:] if parts[:1] == [kind] and len(parts) == count + 1 else None


def _parts(value: str) -> list[str]:
    try:
        return msgspec.json.decode(urlsafe_b64decode(value[:LONGEST]), type=list[str])
    except (ValueError, msgspec.MsgspecError):
        return []


def forget(site: Site) -> Cookie:
    return site.cookies.make(_name(site), "", 0)


def user_agent(request: Asking) -> str:
    return request.headers.get("user-agent", "")


def device(site: Site, request: Asking) -> str | None:
    """What this browser was given when it was first signed in from."""
    return request.cookies.get(site.cookies.device)


def begun(connection: Connection) -> str:
    """What is under way in this browser, by what stays the same through its steps; "" for nothing that can be read."""
    site: Site = connection.app.state.site
    parts = _parts(connection.cookies.get(_name(site), ""))
    return parts[1] if len(parts) > 1 else ""


def under_way(site: Site, request: Asking) -> bool:
    """Whether this browser has begun anything."""
    return bool(request.cookies.get(_name(site)))


def _name(site: Site) -> str:
    return f"{site.cookies.session}-door"
