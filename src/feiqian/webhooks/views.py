"""Endpoints and deliveries as merchants send and see them, and how they are made of what is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from feiqian.clock import moment
from feiqian.outbox.model import State
from feiqian.runtime.paging import LONGEST_CURSOR
from feiqian.strings.patterns import LINE, matching
from feiqian.webhooks.endpoints import LONGEST_OVERLAP_HOURS, MOST_EVENTS
from feiqian.webhooks.listening import Heard
from feiqian.webhooks.model import Attempt, Delivery, Endpoint, Told
from feiqian.webhooks.sender import body_of
from feiqian.webhooks.targets import LONGEST_URL

_STATUS_OF = {
    State.QUEUED: "waiting",
    State.SENT: "delivered",
    State.DEAD: "failed",
    State.EXPIRED: "failed",
    State.REPLACED: "superseded",
}
STATUSES = {"waiting": State.QUEUED, "delivered": State.SENT, "failed": State.DEAD, "superseded": State.REPLACED}

DeliveryStatus = Literal["waiting", "delivered", "failed", "superseded"]
Url = Annotated[
    str, msgspec.Meta(min_length=1, max_length=LONGEST_URL, examples=["https://shop.example/webhooks/feiqian"])
]
EventName = Annotated[str, matching(r"(\*|[a-z_]{1,20}\.(\*|[a-z_]{1,30}))", examples=["payment.*"])]
EventNames = Annotated[list[EventName], msgspec.Meta(min_length=1, max_length=MOST_EVENTS)]
Line = Annotated[str, matching(LINE, max_length=100, examples=["Orders of the web shop"])]
Email = Annotated[str, matching(LINE, max_length=254, examples=["ops@shop.example"])]
Language = Literal["en", "zh", "es"]
Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]
Cursor = Annotated[str, matching("[a-z0-9_]+", max_length=LONGEST_CURSOR)]
Hours = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_OVERLAP_HOURS, description="Hours.")]
Moment = Annotated[datetime, msgspec.Meta(tz=True, examples=["2026-11-27T08:00:00Z"])]


class NewEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where to send what. `email` is told when the endpoint fails for long, in this language."""

    url: Url
    events: EventNames
    description: Line = ""
    email: Email = ""
    language: Language = "en"


class EndpointChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays."""

    url: Url | None = None
    events: EventNames | None = None
    description: Line | None = None
    email: Email | None = None
    language: Language | None = None
    enabled: bool | None = None


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how many hours the secrets before sign, too."""

    overlap_hours: Hours = 24


class ReplayRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of which time; with `undelivered_only`, only what has not arrived at this endpoint."""

    since: Moment
    until: Moment
    undelivered_only: bool = True


class EndpointView(msgspec.Struct, frozen=True):
    """An endpoint. `checks_signatures` is null until a probe has shown it."""

    id: str
    url: str
    events: list[str]
    description: str
    email: str
    language: str
    enabled: bool
    disabled_because: Literal["merchant", "gone"] | None
    checks_signatures: bool | None
    failing_since: datetime | None
    failure: str
    last_delivered_at: datetime | None
    old_secret_until: datetime | None
    created_at: datetime


class EndpointWithSecret(EndpointView, frozen=True):
    """With its secret, which is shown this once."""

    secret: str


class EndpointList(msgspec.Struct, frozen=True):
    """All of the merchant's, the oldest first, and the names that `events` may have."""

    data: list[EndpointView]
    event_names: list[str]


class DeliveryView(msgspec.Struct, frozen=True):
    """What became of an event at an endpoint. `event` is its webhook-id. `superseded`: so many of the same
    object were not sent, because this one was newer."""

    id: str
    endpoint: str
    event: str
    type: str
    object: str
    status: DeliveryStatus
    attempts: int
    superseded: int
    failure: str
    created_at: datetime
    next_attempt_at: datetime | None
    ended_at: datetime | None


class AttemptView(msgspec.Struct, frozen=True):
    """One request. `http_status` is null without an answer; `answer` is the beginning of its body."""

    at: datetime
    milliseconds: int
    http_status: int | None
    failure: str
    answer: str
    false_signature: bool


class DeliveryWithAttempts(DeliveryView, frozen=True):
    """With what was sent, and each answer."""

    body: str
    tries: list[AttemptView]


class DeliveryPage(msgspec.Struct, frozen=True):
    """Some of an endpoint's deliveries, the newest first; `next` is the cursor of the page after it."""

    data: list[DeliveryView]
    next: str | None


class EventView(msgspec.Struct, frozen=True):
    """What a webhook would have said: `id` is its `webhook-id`, `body` its body, as it is signed."""

    id: str
    type: str
    timestamp: datetime
    body: str


class EventPage(msgspec.Struct, frozen=True):
    """Some events, the oldest first; `next` is where the next request goes on. `missed`: events may be missing before
    these, because the place that was asked for is no longer kept."""

    data: list[EventView]
    next: str
    missed: bool


class Queued(msgspec.Struct, frozen=True):
    """The id of the new delivery."""

    delivery: str


class QueuedRange(msgspec.Struct, frozen=True):
    """How many are sent again; `since` is where the next request goes on, null if that was all."""

    queued: int
    since: datetime | None


class Deleted(msgspec.Struct, frozen=True):
    """It is no more."""

    id: str
    deleted: bool = True


def view(endpoint: Endpoint) -> EndpointView:
    """As merchants see it."""
    return EndpointView(
        id=endpoint.id,
        url=endpoint.url,
        events=list(endpoint.events),
        description=endpoint.description,
        email=endpoint.email,
        language=endpoint.language,
        enabled=endpoint.enabled,
        disabled_because=endpoint.disabled.value if endpoint.disabled else None,
        checks_signatures=None if endpoint.checks is None else endpoint.checks == "yes",
        failing_since=at_or_none(endpoint.failing_since),
        failure=endpoint.failure,
        last_delivered_at=at_or_none(endpoint.delivered_at),
        old_secret_until=at_or_none(endpoint.old_secret_until),
        created_at=moment(endpoint.created_at),
    )


def delivery_view(delivery: Delivery) -> DeliveryView:
    """As merchants see it."""
    return DeliveryView(
        id=delivery.id,
        endpoint=delivery.endpoint,
        event=delivery.event,
        type=delivery.type,
        object=delivery.object,
        status=_STATUS_OF[delivery.state],  # type: ignore[arg-type]
        attempts=delivery.attempts,
        superseded=delivery.replaces,
        failure=delivery.why,
        created_at=moment(delivery.created_at),
        next_attempt_at=at_or_none(delivery.next_at),
        ended_at=at_or_none(delivery.done_at),
    )


def told_view(told: Told) -> DeliveryWithAttempts:
    """With all that was said."""
    shown = msgspec.structs.asdict(delivery_view(told.delivery))
    return DeliveryWithAttempts(**shown, body=told.body.decode(), tries=[_attempt_view(one) for one in told.attempts])


def heard_view(found: Heard) -> EventPage:
    """For a listener."""
    shown = [EventView(one.id, one.type, moment(one.at), body_of(*one[1:], 0).decode()) for one in found.events]
    return EventPage(shown, found.place, found.missed)


def _attempt_view(attempt: Attempt) -> AttemptView:
    status = attempt.status or None
    said = attempt.why, attempt.answer, attempt.false_signature
    return AttemptView(moment(attempt.at), attempt.milliseconds, status, *said)


def with_secret(endpoint: Endpoint, secret: str) -> EndpointWithSecret:
    """As they see it once."""
    return EndpointWithSecret(**msgspec.structs.asdict(view(endpoint)), secret=secret)


def at_or_none(at: int) -> datetime | None:
    """None for a time that there was not."""
    return moment(at) if at else None
