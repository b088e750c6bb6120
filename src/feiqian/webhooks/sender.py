"""Sends webhooks: one signed POST an attempt, to a public address, without following where an answer leads.

The merchant says where to, so it is anybody's word: each address is checked when it is connected to, no proxy is asked,
little of an answer is read, and nothing of it is believed but its status and Retry-After.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

import aiohttp
import msgspec
from sqlalchemy import Connection, bindparam, select

from feiqian.clock import MICROSECONDS, Clock, microseconds, moment
from feiqian.ids import EVENT, new_id
from feiqian.notify.addresses import ForbiddenAddress, guarded_socket, is_public
from feiqian.notify.resolver import CheckedResolver
from feiqian.outbox.errors import NotSent, RefusedForGood
from feiqian.outbox.model import REPLACES, Claimed
from feiqian.runtime.transactions import Transactions
from feiqian.webhooks import signing
from feiqian.webhooks.endpoints import ENDED, SECRETS, Endpoints
from feiqian.webhooks.model import PROBE, Attempt
from feiqian.webhooks.tables import endpoints, events
from feiqian.webhooks.targets import is_public_or_loopback, socket_to_loopback_too

AT_ONCE = 128  # requests under way
TIMEOUT_SECONDS = 20.0  # not money: for a whole request and its answer
ANSWER_BYTES = 2_048  # of an answer that are kept
GONE = 410
USER_AGENT = "Feiqian-Webhooks"
_REASONS = {  # by errors of the library
    aiohttp.ClientConnectorDNSError: "name not found",
    aiohttp.ClientSSLError: "certificate refused",
    aiohttp.ClientConnectorError: "not connected",
    TimeoutError: "no answer in time",
}

_TARGET = (
    select(*SECRETS, endpoints.c.url, endpoints.c.disabled, events.c.type, events.c.at, events.c.data)
    .select_from(endpoints.outerjoin(events, events.c.id == bindparam("event")))
    .where(endpoints.c.id == bindparam("endpoint"))
)


class Envelope(msgspec.Struct, omit_defaults=True):
    """The body of a webhook. `superseded`: so many events of the same object were not sent, as this one is newer."""

    type: str
    timestamp: datetime
    data: msgspec.Raw
    superseded: int = 0


class Target(NamedTuple):
    """What an attempt needs. `secrets` sign."""

    url: str
    secrets: list[str]
    id: str
    body: bytes

    def __repr__(self) -> str:
        return f"Target({self.id})"


@dataclass(kw_only=True, eq=False, repr=False)
class WebhookSender:
    """The sender of the topic. `results` counts attempts by how they ended, since the start. `receivers_clock` is what
    `webhook-timestamp` says: receivers compare it with their own."""

    transactions: Transactions
    clock: Clock
    endpoints: Endpoints
    loopback: bool
    receivers_clock: Clock = field(init=False)
    results: Counter[str] = field(default_factory=Counter, init=False)
    _http: aiohttp.ClientSession | None = field(default=None, init=False)
    _resolver: CheckedResolver = field(init=False)

    def __post_init__(self) -> None:
        self.receivers_clock = self.clock

    async def send(self, claimed: Claimed) -> tuple[Attempt, ...]:
        target = await self.transactions.read(self._target, claimed)
        if claimed.kind == PROBE:
            return await self._probe(target)
        attempt, after_seconds = await self._post(target, self._headers(target))
        if not attempt.why:
            return (attempt,)
        raise (RefusedForGood if attempt.status == GONE else NotSent)(attempt.why, after_seconds, (attempt,))

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
            await self._resolver.close()
            self._http = None

    async def _probe(self, target: Target) -> tuple[Attempt, ...]:
        """The same twice: first with a signature that is false, then with the right one."""
        false = target._replace(id=new_id(EVENT, self.clock.now()))
        headers = self._headers(false) | {"webhook-signature": "v1," + base64.b64encode(os.urandom(32)).decode()}
        first, _ = await self._post(false, headers)
        second, _ = await self._post(target, self._headers(target))
        return first._replace(false_signature=True), second

    def _target(self, connection: Connection, claimed: Claimed) -> Target:
        event = claimed.about.partition(":")[2]
        row = connection.execute(_TARGET, {"endpoint": claimed.lane, "event": event}).first()
        if row is None or row.disabled is not None:
            raise RefusedForGood(ENDED)
        if row.type is None:
            raise RefusedForGood("the event is no longer kept")
        body = body_of(row.type, row.at, row.data, int(claimed.headers.get(REPLACES, 0)))
        return Target(row.url, self.endpoints.secrets_of(row, self.clock.now()), event, body)

    def _headers(self, target: Target) -> dict[str, str]:
        seconds = self.receivers_clock.now() // MICROSECONDS
        signed = signing.headers(target.secrets, target.id, seconds, target.body)
        return {"content-type": "application/json", "user-agent": USER_AGENT, **signed}

    async def _post(self, target: Target, headers: dict[str, str]) -> tuple[Attempt, int]:
        """How it went, and in how many seconds the receiver wants to be asked again."""
        at, clock = self.clock.now(), asyncio.get_running_loop().time
        begun, status, after_seconds, answer, why = clock(), 0, 0, b"", ""
        try:
            posted = self._session().post(target.url, data=target.body, headers=headers, allow_redirects=False)
            async with posted as response:
                status, after_seconds = response.status, _retry_after(response.headers.get("Retry-After", ""), at)
                answer = await response.content.read(ANSWER_BYTES)
                if not response.content.at_eof():
                    response.close()  # what else comes is not waited for
        except Exception as error:  # the library's own, and whatever it does not foresee of what strangers send
            why = _reason(error)
        if status:  # what came after the status changes nothing
            why = "" if 200 <= status < 300 else f"HTTP {status}"
        self.results[f"{status // 100}xx" if status else why] += 1
        milliseconds = round((clock() - begun) * 1_000)
        return Attempt(at, milliseconds, status, why, answer.decode("utf-8", "replace")), after_seconds

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._resolver = CheckedResolver(AT_ONCE, is_public_or_loopback if self.loopback else is_public)
            connector = aiohttp.TCPConnector(
                resolver=self._resolver,
                socket_factory=socket_to_loopback_too if self.loopback else guarded_socket,
                limit=0,  # the outbox has the places
            )
            self._http = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._http


def body_of(type: str, at: int, data: bytes, superseded: int) -> bytes:
    """The body of an event: the same at each attempt. `at` in Unix microseconds, `data` is JSON."""
    return msgspec.json.encode(Envelope(type, moment(at), msgspec.Raw(data), superseded))


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, ForbiddenAddress):
        return "not a public address"
    return next((why for kind, why in _REASONS.items() if isinstance(error, kind)), "no answer")


def _retry_after(text: str, now: int) -> int:
    """Seconds (RFC 9110, 10.2.3); 0 for what is neither a number nor a date."""
    if text.isascii() and text.isdecimal():
        return int(text[:9])
    try:
        return max(0, (microseconds(parsedate_to_datetime(text)) - now) // MICROSECONDS)
    except (ValueError, TypeError, OverflowError):
        return 0
