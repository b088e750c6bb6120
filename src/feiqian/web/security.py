"""What protects the pages: headers on every answer, and a guard on every request.

The demo's pages sign nobody in, so a foreign site must be unable to use a visitor's browser against them: requests that
change something must come from a page of this origin, and the name of the host must be one of our own (a foreign name
that was made to resolve to this machine is refused).
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "media-src blob:",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'self'",  # the page with phone, till and bank side by side frames the three
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def own_pages_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Litestar's guard of all page routes. Raises PermissionDeniedException."""
    host = connection.headers.get("host", "")
    if not own_host(urlsplit(f"//{host}").hostname or ""):
        raise PermissionDeniedException("unknown host name")
    if connection.scope.get("method") not in ("GET", "HEAD") and not _same_origin(connection, host):
        raise PermissionDeniedException("not from a page of this bank")


def own_host(name: str) -> bool:
    """localhost, or an address: only a name can be made to resolve to somewhere else."""
    if name == "localhost":
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _same_origin(connection: ASGIConnection[Any, Any, Any, Any], host: str) -> bool:
    """Browsers always send one of the two headers with a request that changes something; without either, refuse."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = connection.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == host
