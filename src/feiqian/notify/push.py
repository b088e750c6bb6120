"""Web Push (RFC 8030, encrypted by RFC 8291, signed by RFC 8292): to the browsers of people who asked for it.

Where to send is said by the browser, so by anybody: only public addresses are connected to, checked at the moment of
connecting (not at an earlier look-up), never by way of a proxy, and a redirection is not followed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import aiohttp
import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid, VapidException  # type: ignore[import-untyped]
from pywebpush import WebPusher, WebPushException  # type: ignore[import-untyped]

from feiqian.clock import MICROSECONDS, Clock
from feiqian.notify.addresses import ForbiddenAddress, guarded_socket, is_public
from feiqian.notify.errors import AddressGone, SendingFailed, SendingRefused
from feiqian.notify.model import Outgoing
from feiqian.notify.push_subscription import SubscriptionInvalid, read_subscription
from feiqian.notify.resolver import CheckedResolver
from feiqian.notify.sender import AT_ONCE

TIMEOUT = aiohttp.ClientTimeout(total=10.0)
TEXT_LENGTH = 800  # characters: at least 4096 bytes are taken, encrypted (RFC 8030, 7.2)
TOKEN_SECONDS = 12 * 3600  # RFC 8292, section 2: at most 24 hours
_URGENT = frozenset({"payment_waiting", "frozen", "locked", "locked_device"})
_GONE = frozenset({404, 410})
_LATER = frozenset({408, 425, 429})
_OF_ONE_THING = frozenset({"payment_waiting"})  # several messages of one page are one notification

Wanted = Callable[[Outgoing], Awaitable[bool]]


class ContactInvalid(ValueError):
    """Push services could not reach who answers for the messages (RFC 8292, 2.1)."""


class Push:
    """An adapter for push messages; an address is the JSON of a PushSubscription. `private`: also to this machine.
    `wanted` says of a message, as it is about to be sent, whether its browser still asks for the customer's.

    Raises ContactInvalid.
    """

    def __init__(
        self, key: Vapid, contact: str, clock: Clock, *, private: bool = False, wanted: Wanted | None = None
    ) -> None:
        self._key, self._contact, self._clock, self._private = key, contact, clock, private
        self._wanted = wanted
        self._http: aiohttp.ClientSession | None = None
        try:
            key.sign({"aud": "https://localhost", "sub": contact})
        except VapidException:
            raise ContactInvalid("write mailto:somebody@bank.example, or https://bank.example") from None

    @property
    def public_key(self) -> str:
        """base64url, as a browser subscribes with it."""
        point = self._key.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()

    async def send(self, outgoing: Outgoing) -> None:
        endpoint, headers, body = self._request(outgoing)
        if self._wanted is not None and not await self._wanted(outgoing):
            raise AddressGone("signed out")
        try:
            async with self._session().post(endpoint, data=body, headers=headers, allow_redirects=False) as answer:
                _check(answer.status, answer.headers.get("Retry-After", ""))
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, ForbiddenAddress):
                raise SendingRefused("not a public address") from None
            raise SendingFailed("not connected") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SendingFailed(type(error).__name__) from None

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
            await self._resolver.close()
            self._http = None

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            factory = None if self._private else guarded_socket
            self._resolver = CheckedResolver(AT_ONCE, (lambda _: True) if self._private else is_public)
            connector = aiohttp.TCPConnector(resolver=self._resolver, socket_factory=factory, limit_per_host=AT_ONCE)
            self._http = aiohttp.ClientSession(
                connector=connector, timeout=TIMEOUT, trust_env=False, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._http

    def _request(self, outgoing: Outgoing) -> tuple[str, dict[str, str], bytes]:
        """Where to, the headers, and the message, which only that browser can open."""
        said = {
            "title": outgoing.subject,
            "body": outgoing.text[:TEXT_LENGTH],
            "language": outgoing.language,
            "path": outgoing.path,
            "tag": outgoing.path if outgoing.kind in _OF_ONE_THING else outgoing.id,
        }
        try:
            subscription = read_subscription(outgoing.address, private=self._private)
            sealed = WebPusher(msgspec.to_builtins(subscription)).encode(json.dumps(said, ensure_ascii=False).encode())
            endpoint = subscription.endpoint
            return endpoint, self._headers(endpoint, outgoing), bytes(sealed["body"])
        except (SubscriptionInvalid, WebPushException, VapidException):
            raise SendingRefused("not a subscription") from None

    def _headers(self, endpoint: str, outgoing: Outgoing) -> dict[str, str]:
        parts = urlsplit(endpoint)
        expires = self._clock.now() // MICROSECONDS + TOKEN_SECONDS
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "sub": self._contact, "exp": expires}
        signed: dict[str, str] = self._key.sign(claims)
        urgency = "high" if outgoing.kind in _URGENT else "normal"
        sealed = {"Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream"}
        return {**signed, **sealed, "TTL": str(outgoing.seconds_left), "Urgency": urgency}


def _check(status: int, retry_after: str) -> None:
    if 200 <= status < 300:
        return
    if status in _GONE:
        raise AddressGone(f"HTTP {status}")
    if status in _LATER or status >= 500:
        raise SendingFailed(f"HTTP {status}", int(retry_after) if retry_after.isdecimal() else 0)
    raise SendingRefused(f"HTTP {status}")
