"""What protects the pages: headers on every answer, and a guard on every request.

A foreign site must be unable to use a visitor's browser against us: requests that change something must come from a
page of this origin, and the name of the host must be one of our own (a foreign name that was made to resolve to this
machine is refused). Session cookies are SameSite besides.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from feiqian.strings.hosts import host_of, web_origin

from .assets import hash_of, names

Connection = ASGIConnection[Any, Any, Any, Any]
SAFE = ("GET", "HEAD", "OPTIONS")  # RFC 9110, 9.2.1
HSTS = "max-age=63072000"  # two years, as browsers' preload lists advise


INLINED = tuple(name for name in names() if name.startswith("css/inlined"))  # styles that pages may hold


def content_security_policy(*, framed: bool) -> str:
    """`framed`: our own pages may frame each other, as the demo's three side by side do."""
    ancestors = "'self'" if framed else "'none'"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            " ".join(("style-src 'self'", *map(hash_of, INLINED))),
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "media-src blob:",
            "manifest-src 'self'",
            f"frame-src {ancestors}",
            "form-action 'self'",
            "base-uri 'none'",
            f"frame-ancestors {ancestors}",
        )
    )


def headers(origin: str, *, framed: bool) -> dict[str, str]:
    """The headers of every answer."""
    always = {
        "Content-Security-Policy": content_security_policy(framed=framed),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=(),"
        " publickey-credentials-get=(self), publickey-credentials-create=(self)",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return always | ({"Strict-Transport-Security": HSTS} if origin.startswith("https:") else {})


def own_pages_only(origin: str) -> Callable[[Connection, BaseRouteHandler], None]:
    """Litestar's guard of all page routes, which raises PermissionDeniedException. `origin` is how we are reached."""
    own = host_of(origin)

    def guard(connection: Connection, _: BaseRouteHandler) -> None:
        host = connection.headers.get("host", "")
        if not own_host(_name(host), own):
            raise PermissionDeniedException("unknown host name")
        if connection.scope.get("method") not in SAFE and not _same_origin(connection, host, origin):
            raise PermissionDeniedException("not from a page of this bank")

    return guard


def own_host(name: str, own: str = "localhost") -> bool:
    """Our own name, localhost, or an address: only a name can be made to resolve to somewhere else."""
    if name in ("localhost", own) and name:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # brackets that hold no address
        return ""


def _same_origin(connection: Connection, host: str, own: str) -> bool:
    """Browsers always send one of the two headers with a request that changes something; without either, refuse.

    A bank behind TLS has one origin. The demo on this computer has several names, so there the host's is compared.
    """
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    asked = _origin(connection.headers.get("origin", ""))
    ours = (own,) if own.startswith("https:") else (f"http://{host}", f"https://{host}")
    return asked is not None and asked in map(_origin, ours)


def _origin(text: str) -> str | None:
    """The origin as `web_origin` writes it; None for anything else, an address with a slash behind it too."""
    try:
        return None if text.endswith("/") else web_origin(text)
    except ValueError:
        return None
