"""Deliveries, what sends them, and what turns facts of the journal into some. Reprs show nothing of what is sent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, NamedTuple, Protocol

from sqlalchemy import Connection

from feiqian.clock import DAY, MICROSECONDS
from feiqian.events import Fact
from feiqian.outbox.errors import NotSent

REPLACES = "replaces"  # a header


class State(StrEnum):
    """Of a delivery. The values are on disk."""

    QUEUED = "queued"
    SENT = "sent"
    EXPIRED = "expired"  # nobody needs it any more
    DEAD = "dead"  # refused for good, or tried as often as its topic says
    REPLACED = "replaced"  # it failed, and a newer one of its receiver went instead


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to send to one receiver.

    `topic` names who sends it. Deliveries of one `receiver` (at most 80 characters, nothing personal) arrive in the
    order in which they were added; "" is a receiver of its own: nothing waits for it, and it waits for nothing.
    `about` is whom or what it concerns ("customer:17"), `headers` what may stand in the clear, `payload` what is
    sealed. `expires_at` in Unix microseconds. `once` names what it is derived from: it is added at most once. `lane`
    (at most 40 characters) is whose place it takes, in a topic that has lanes. Before `not_before` it is not tried;
    what comes after it for the same receiver waits so long, too.
    """

    id: str
    topic: str
    kind: str
    receiver: str
    about: str
    payload: bytes = field(repr=False)
    expires_at: int
    headers: Mapping[str, str] = field(default_factory=dict)
    once: str = ""
    lane: str = ""
    not_before: int = 0


class Claimed(NamedTuple):
    """A delivery that is ours to send. `attempts` counts this one. One that went instead of older ones, in a topic with
    lanes, says in its header REPLACES how many those are."""

    id: str
    topic: str
    kind: str
    receiver: str
    about: str
    headers: Mapping[str, str]
    payload: bytes
    attempts: int
    created_at: int
    expires_at: int
    lane: str = ""

    def __repr__(self) -> str:
        return f"Claimed({self.id}, {self.topic}, attempts={self.attempts})"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Seconds between attempts. After the last one it is dead, unless the last is `repeated` until it expires.

    By chance up to `jitter` of the time (0 to 1) is taken off, so that what failed together is not tried together.
    """

    seconds: tuple[int, ...]
    repeated: bool = False
    jitter: float = 0.5  # not money: a share of a time

    def wait(self, attempts: int, chance: float, after_seconds: int = 0) -> int | None:  # not money: from 0 to 1
        """Microseconds until the next attempt, after so many; at least what the other side asks for, within the
        longest time of the schedule. None if there is no next one."""
        if attempts > len(self.seconds) and not self.repeated:
            return None
        seconds: int = self.seconds[min(attempts, len(self.seconds)) - 1]
        jittered = seconds * (1 - self.jitter * (1 - chance))
        return round(max(jittered, min(after_seconds, max(self.seconds))) * MICROSECONDS)


class Sender(Protocol):
    """Sends what is of one topic. Must be safe to call many times at once."""

    async def send(self, claimed: Claimed) -> object:
        """Returns once the other side has taken it, with what its topic's `noted` is to know of it. Raises NotSent,
        RefusedForGood.

        Anything else that it raises counts as not sent now, and is tried again.
        """
        ...

    async def close(self) -> None:
        """Ends what is open."""
        ...


class Ended(NamedTuple):
    """How one sending ended: `error` is why it failed, `told` what the sender says of it. QUEUED is tried again."""

    state: State
    error: NotSent | None
    told: object
    at: int  # Unix microseconds
    next_at: int = 0  # when it is tried again


@dataclass(frozen=True, slots=True)
class Topic:
    """What one sender sends, `at_once` at a time. The name is on disk, at most 20 characters.

    A dead letter's payload is kept until it expires, its row for `keep_dead` microseconds; others, once they are done,
    for `keep_done`. `noted` hears of each sending in the transaction that notes how it ended.

    With `lane_places` each lane (such as an endpoint) has so many sendings under way at most, so that a slow one keeps
    waiting only what is its own. What fails there is not waited for: what comes for the same receiver goes at once, and
    only the newest of it.
    """

    name: str
    sender: Sender
    schedule: Schedule
    at_once: int = 8
    keep_dead: int = 30 * DAY
    keep_done: int = 7 * DAY
    lane_places: int = 0  # 0: it has no lanes
    noted: Callable[[Connection, Claimed, Ended], None] | None = None


class Origin(NamedTuple):
    """Where in the journal a fact stands. A fact's deliveries name it in `once`, so that they are added once."""

    position: int
    number: int  # among the facts of the row, from 0

    def __str__(self) -> str:
        return f"journal/{self.position}/{self.number}"


class Outbound(ABC):
    """What a feature tells the world of the journal's facts: declared in its `outbound.OUTBOUND`, made with the bank's
    `Services`. The name is on disk, at most 20 characters."""

    name: ClassVar[str]
    kinds: ClassVar[tuple[type[Fact], ...]]  # of facts that may have to be told
    together: ClassVar[bool] = False  # whether `tell_all` is given many facts in one go

    def concerns(self, fact: bytes) -> bool:
        """Whether one of these kinds may have to be told. Called in the event loop for every such fact: costs next to
        nothing, may say yes too often, and never raises."""
        return True

    @abstractmethod
    def tell(self, connection: Connection, fact: Fact, origin: Origin, now: int) -> None:
        """Adds the fact's deliveries, if there are any to add."""

    def tell_all(self, connection: Connection, facts: Sequence[tuple[Fact, Origin]], now: int) -> None:
        """`tell` for each, in order. Where one of many fails all are told again, each alone."""
        for fact, origin in facts:
            self.tell(connection, fact, origin, now)


class Kept(NamedTuple):
    """What an engineer sees of a delivery: nothing of what it says."""

    id: str
    topic: str
    kind: str
    receiver: str
    about: str
    state: State
    attempts: int
    created_at: int
    next_at: int
    expires_at: int
    done_at: int
    why: str
    lane: str
    headers: Mapping[str, str]
    payload_kept: bool  # so that it can be sent again


class Waiting(NamedTuple):
    """Of one topic: how many are queued, and when the oldest of them was added (Unix microseconds; 0 for none)."""

    queued: int
    since: int
