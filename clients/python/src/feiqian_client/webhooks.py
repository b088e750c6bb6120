"""Webhooks as they arrive: whether the bank has sent them (Standard Webhooks 1.0), and what they tell."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias, TypeVar

import msgspec

from .errors import WebhookInvalid
from .model import Order, Payment, Refund
from .signatures import is_signed, signature

TOLERANCE_SECONDS = 300
T = TypeVar("T")
Shape: TypeAlias = type[T]  # inside `Event`, `type` is a field
LONGEST_TIME = 12


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What has happened. `id` is the same whenever it is sent again. `data` is the object as it was then, in JSON; of
    the same object `superseded` older events were not sent, because this one was newer."""

    type: str
    timestamp: datetime
    data: msgspec.Raw
    superseded: int = 0
    id: str = ""

    @property
    def object(self) -> str:
        """The id of what it happened to; "" if it has none, as a test event."""
        return _read(self.data, _WithId).id

    @property
    def order(self) -> Order:
        """Of an event `order.*`: the order."""
        return self._as("order", Order)

    @property
    def payment(self) -> Payment:
        """Of an event `payment.*`: the payment."""
        return self._as("payment", Payment)

    @property
    def refund(self) -> Refund:
        """Of an event `refund.*`: the refund."""
        return self._as("refund", Refund)

    def _as(self, family: str, shape: Shape[T]) -> T:
        if not self.type.startswith(f"{family}."):
            raise ValueError(f"{self.type} is not of {family}s: look at `type` first")
        return _read(self.data, shape)


class _WithId(msgspec.Struct, frozen=True):
    id: str = ""


class Headers(Protocol):
    """Of any framework: names in any case, each with its value."""

    def items(self) -> Iterable[tuple[str, str]]: ...


def signed(secret: str, id: str, body: bytes, seconds: int) -> dict[str, str]:
    """The headers with which the bank would send this at that time (Unix seconds)."""
    right = signature(secret, id, str(seconds), body)
    return {"webhook-id": id, "webhook-timestamp": str(seconds), "webhook-signature": f"v1,{right}"}


def verify(headers: Headers, body: bytes, secrets: str | Sequence[str], now: float | None = None) -> Event:
    """The event, if it is signed by one of the secrets within five minutes of `now` (Unix seconds; None: the clock's).

    `headers` of the request, `body` as it came, byte for byte. Raises WebhookInvalid: answer 400.
    """
    sent = {name.lower(): value for name, value in headers.items()}
    id, at, signatures = (sent.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    legible = (id + at + signatures).isascii() and at.isdigit() and len(at) <= LONGEST_TIME
    if not (legible and id and signatures):
        raise WebhookInvalid("webhook-id, webhook-timestamp or webhook-signature is missing or malformed")
    if abs((time.time() if now is None else now) - int(at)) > TOLERANCE_SECONDS:
        raise WebhookInvalid("webhook-timestamp is more than five minutes away: an old one, or a clock is wrong")
    if not is_signed([secrets] if isinstance(secrets, str) else secrets, signatures, id, at, body):
        raise WebhookInvalid("no signature is right")
    return msgspec.structs.replace(_read(body, Event), id=id)


def _read(body: bytes | msgspec.Raw, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.DecodeError as error:
        raise WebhookInvalid(f"the body is not what an event has: {error}") from error
