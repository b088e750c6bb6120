"""A browser's push subscription: where its push service takes messages, and the keys that only that browser can open
them with. It is said by a browser, so by anybody: whatever is not one is refused here, before it is kept or sent to.
"""

from __future__ import annotations

import base64
import binascii
import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from feiqian.errors import FeiqianError
from feiqian.notify.addresses import is_public

LONGEST = 2_000  # characters of one, as JSON: the longest that a browser is known to give have 900
LONGEST_ENDPOINT = 1_024
_SEEN = re.compile(r"[!-~]+")  # ASCII, without spaces
AUTH_BYTES = 16  # RFC 8291, section 3.2


class SubscriptionInvalid(FeiqianError):
    """It is no push subscription, or not at a service that is pushed to. Says nothing of what it holds."""


class Keys(msgspec.Struct, frozen=True):
    """base64url: a point of P-256, and a secret of 16 bytes (RFC 8291)."""

    p256dh: str
    auth: str


class PushSubscription(msgspec.Struct, frozen=True):
    """As the browser's PushSubscription. `device`: of the customer's, who asked for it there; "" before it is kept."""

    endpoint: str
    keys: Keys
    device: str = ""

    def __repr__(self) -> str:
        return "PushSubscription(…)"

    def text(self) -> str:
        """Its JSON, as it is kept and as messages name where they go."""
        return msgspec.json.encode(self).decode()


def read_subscription(text: str, *, private: bool = False) -> PushSubscription:
    """The subscription of this JSON. `private`: its service may be on this machine or in its network, without TLS.

    Raises SubscriptionInvalid.
    """
    try:
        if len(text) > LONGEST:
            raise ValueError("too long")
        found = msgspec.json.decode(text, type=PushSubscription)
        _check_keys(found.keys)
        _check_endpoint(found.endpoint, private=private)
    except (ValueError, msgspec.MsgspecError):
        raise SubscriptionInvalid("this is no push subscription that can be used") from None
    return found


def _check_keys(keys: Keys) -> None:
    EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _bytes(keys.p256dh))
    if len(_bytes(keys.auth)) != AUTH_BYTES:
        raise ValueError("not a secret of a subscription")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("not base64url") from None


def _check_endpoint(url: str, *, private: bool) -> None:
    parts = urlsplit(url)
    if len(url) > LONGEST_ENDPOINT or not _SEEN.fullmatch(url) or parts.username is not None:
        raise ValueError("not an address of a push service")
    if private:
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    else:
        usable = parts.scheme == "https" and parts.port in (None, 443) and _may_be_public(parts)
    if not usable:
        raise ValueError("push services are reached by https, under a public name")


def _may_be_public(parts: SplitResult) -> bool:
    """What a name leads to is judged when it is connected to; addresses and local names are judged here."""
    host = (parts.hostname or "").rstrip(".")
    try:
        ip_address(host)
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".internal"))
    return is_public(host)
