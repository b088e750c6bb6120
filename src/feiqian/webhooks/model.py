"""Endpoints, events, and what became of deliveries. Times are Unix microseconds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from feiqian.ids import MerchantNumber
from feiqian.outbox.model import State

TOPIC = "webhooks"
TEST, PROBE = "webhook.test", "webhook.probe"  # which are sent to one endpoint, whatever it asks for


class Checks(StrEnum):
    """Whether an endpoint looks at signatures, as far as probes show. The values are on disk."""

    YES = "yes"
    NO = "no"  # it took a false one


class Why(StrEnum):
    """Why an endpoint is disabled. The values are on disk."""

    MERCHANT = "merchant"  # who asked for it
    GONE = "gone"  # it answered 410


class Endpoint(NamedTuple):
    """Where a merchant's system takes webhooks. `events`: names, or families as `payment.*`."""

    id: str
    merchant: MerchantNumber
    url: str
    events: tuple[str, ...]
    description: str
    email: str  # who is told when it fails; "": nobody
    language: str  # of those messages
    disabled: Why | None
    checks: Checks | None
    failing_since: int  # 0: what was sent last arrived
    failure: str  # what went wrong last
    delivered_at: int  # when something last arrived; 0: never
    created_at: int
    old_secret_until: int  # older secrets sign so long, too; 0: there is only one

    @property
    def enabled(self) -> bool:
        return self.disabled is None


class MerchantEvent(NamedTuple):
    """Something that a merchant is told. `object` is the id of what it happened to: what is of one object arrives in
    order. `data` is that object as the API shows it, `at` when it happened."""

    type: str
    merchant: MerchantNumber
    object: str
    data: msgspec.Struct
    at: int


class Attempt(NamedTuple):
    """One request. `status` is that of HTTP, 0 without an answer; `answer` the beginning of its body."""

    at: int
    milliseconds: int
    status: int
    why: str  # "": it was taken
    answer: str
    false_signature: bool = False


class Delivery(NamedTuple):
    """What became of an event at an endpoint. `replaces`: of so many older ones, which were not sent."""

    id: str
    endpoint: str
    event: str
    type: str
    object: str
    state: State
    attempts: int
    replaces: int
    created_at: int
    next_at: int  # 0: it is not tried again
    done_at: int  # 0: not yet
    why: str


class Told(NamedTuple):
    """A delivery with all that was said. `body` is that of each request."""

    delivery: Delivery
    body: bytes
    attempts: Sequence[Attempt]


def wants(events: Collection[str], type: str) -> bool:
    """Whether an endpoint that asks for these is told of this."""
    return type in events or f"{type.partition('.')[0]}.*" in events or "*" in events
