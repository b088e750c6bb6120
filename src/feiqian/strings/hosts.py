"""Names of hosts and origins in the one form in which they are compared (RFC 6454, 6.2; IDNA2008). Asks no network."""

from __future__ import annotations

import base64
import re
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna

LONGEST_NAME = 253
PORTS = {"http": 80, "https": 443}
ANDROID = "android:apk-key-hash:"
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)*(?=[a-z0-9-]*[a-z]){_LABEL}")
_SHA256_BYTES = 32


def ascii_name(name: str) -> str:
    """A domain name in small letters, each label in another script as an A-label (IDNA2008). Raises ValueError."""
    if not name.isascii() or "xn--" in name.lower():
        name = idna.encode(name, uts46=True, std3_rules=True).decode()  # its IDNAError is a ValueError
    name = name.lower()
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise ValueError("not the name of a host")
    return name


def web_origin(text: str) -> str:
    """The origin as browsers write it: small letters, an ASCII host, no port that the scheme implies, no slash behind.

    Raises ValueError for whatever has a path, a query or a user, or is not http or https.
    """
    parts = urlsplit(text.strip())
    host, port = parts.hostname, parts.port
    if parts.scheme not in PORTS or not host or parts.path not in ("", "/") or "@" in parts.netloc:
        raise ValueError("an origin is https:// and the name of a host, such as https://pay.bank.example")
    if parts.query or parts.fragment or any(sign in text for sign in "?#\\"):
        raise ValueError("an origin has no query")
    return f"{parts.scheme}://{_host(host)}" + (f":{port}" if port and port != PORTS[parts.scheme] else "")


def host_of(origin: str) -> str:
    """The host of an origin of the web, as `web_origin` writes it; "" for an app's."""
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def is_within(host: str, domain: str) -> bool:
    """Whether a host is that of the domain, or below it."""
    return host == domain or host.endswith(f".{domain}")


def is_android(origin: str) -> bool:
    """Whether this is what Android says for an app: the SHA-256 of the certificate that it is signed with."""
    hashed = origin.removeprefix(ANDROID)
    if hashed == origin or not re.fullmatch("[A-Za-z0-9_-]{43}", hashed):
        return False
    written = base64.urlsafe_b64decode(hashed + "=")
    return len(written) == _SHA256_BYTES and base64.urlsafe_b64encode(written).decode().rstrip("=") == hashed


def passkey_origins(text: str, own: str) -> tuple[str, ...]:
    """The further origins whose passkeys are taken, separated by commas, beside `own`. Raises ValueError.

    An Android app, or a page of https at our host or below it: what is signed there is of our domain, as evidence says.
    An iOS app signs as https:// and the domain that it is associated with.
    """
    found = []
    for one in filter(None, (part.strip() for part in text.split(","))):
        origin = one if one.startswith("android:") else web_origin(one)
        if not is_android(origin) and not origin.startswith("https:"):
            raise ValueError(f"{one}: write https://… or {ANDROID} and the certificate's SHA-256 in base64url")
        if not is_android(origin) and not is_within(host_of(origin), host_of(own)):
            raise ValueError(f"{one}: passkeys belong to {host_of(own)}, the host of `origin`")
        found.append(origin)
    return tuple(dict.fromkeys(found))


def _host(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return ascii_name(host)
    return f"[{address}]" if address.version == 6 else str(address)
