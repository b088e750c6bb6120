"""Fair shares of what there is only so much of: places under way, places that are held, requests a second.

Shares are work-conserving: whoever is alone may use everything; while others ask too, nobody gets more than an equal
share. Decides, does not answer, and knows nothing of who its keys stand for: a merchant, a person, a network.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from feiqian.errors import FeiqianError

CALLERS_KEPT = 10_000  # buckets of a `Throttle`

K = TypeVar("K", bound=Hashable)
H = TypeVar("H", bound=Hashable)


class Shares(Generic[K]):
    """Places that are taken for a short time. Whoever was admitted must `leave`.

    `limit` is where sharing begins: up to it everybody is admitted. Above it those are who hold less than the limit
    divided by all who hold something, so that one who came first and took everything keeps nobody out. In all there are
    at most 2 × `limit` places, and one more for each key that holds nothing else.
    """

    __slots__ = ("held", "limit", "refused", "total")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.total = 0
        self.held: dict[K, int] = {}
        self.refused = 0

    @property
    def full(self) -> bool:
        """Whether sharing has begun."""
        return self.total >= self.limit

    def admits(self, key: K) -> bool:
        """Whether there is a place for `key` now. Takes none."""
        if self.total < self.limit:
            return True
        mine = self.held.get(key, 0)
        share = self.limit // (len(self.held) + (not mine)) if self.total < 2 * self.limit else 0
        return mine < max(share, min(self.limit, 1))

    def enter(self, key: K) -> bool:
        """Takes a place if there is one; counts a refusal otherwise."""
        if self.total >= self.limit and not self.admits(key):
            self.refused += 1
            return False
        self.total += 1
        held = self.held
        held[key] = held.get(key, 0) + 1
        return True

    def leave(self, key: K) -> None:
        self.total -= 1
        held = self.held
        mine = held[key] - 1
        if mine:
            held[key] = mine
        else:
            del held[key]


class Overloaded(FeiqianError):
    """As many payments are being decided as can be. Nothing was done; try again shortly."""


class Admission(Shares[int]):
    """Payments, refunds and cancellations under way, by merchant: from when one is whole until it is durable.

    `whose` names the merchant of an API key, so that the protocol can refuse before it parses; None: nobody's. Nobody
    stands at a till for those that are `patient`.
    """

    __slots__ = ("patient", "whose")

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.whose: Callable[[bytes], int | None] = lambda _: None
        self.patient = 0

    @property
    def hurried(self) -> int:
        """How many are under way for which somebody stands at a till."""
        return self.total - self.patient

    @contextmanager
    def place(self, merchant: int, *, patient: bool = False) -> Iterator[None]:
        """A place in between. Raises Overloaded."""
        self.begin(merchant)
        self.patient += patient
        try:
            yield
        finally:
            self.patient -= patient
            self.leave(merchant)

    def begin(self, merchant: int) -> None:
        """As `enter`. Raises Overloaded."""
        if not self.enter(merchant):
            raise Overloaded("as many payments are under way as can be")


class Places(Generic[K, H]):
    """Places that are held for long (a stream, a request that waits). When all are taken, whoever holds most gives way.

    `of_one` bounds what one key holds, whoever else is there.
    """

    def __init__(self, limit: int, of_one: int | None = None) -> None:
        self.limit, self.of_one = limit, of_one
        self.total = 0
        self.held: dict[K, dict[H, None]] = {}  # oldest first
        self.refused = 0

    @property
    def full(self) -> bool:
        return self.total >= self.limit

    def room_for(self, key: K) -> bool:
        """Whether there is a place for `key` without anybody giving way."""
        return self.total < self.limit and (self.of_one is None or len(self.held.get(key, ())) < self.of_one)

    def giving_way(self, key: K) -> tuple[K, list[H]] | None:
        """Who has to go for one more of `key`: the one who holds most, and what it holds, oldest first. None: nobody.

        The one who holds most has at least two more than `key`, or the two would take turns without end. Only one who
        holds nothing is given a place by anybody.
        """
        mine = len(self.held.get(key, ()))
        if self.of_one is not None and mine >= self.of_one:
            return None
        most = max(self.held, key=lambda key: len(self.held[key]), default=None)
        if most is None:
            return None
        holds = len(self.held[most])
        return (most, list(self.held[most])) if holds > mine + 1 or not mine else None

    def add(self, key: K, holder: H) -> None:
        self.held.setdefault(key, {})[holder] = None
        self.total += 1

    def remove(self, key: K, holder: H) -> bool:
        """Whether it held a place."""
        holders = self.held.get(key)
        if holders is None or holder not in holders:
            return False
        del holders[holder]
        if not holders:
            del self.held[key]
        self.total -= 1
        return True


class Throttle(Generic[K]):
    """A token bucket for each caller: `rate` a second sustained, `burst` at once.

    Kept for a bounded number of callers; the one that asked longest ago is forgotten, whose bucket is full.
    """

    def __init__(self, rate: float, burst: float, now: Callable[[], float]) -> None:
        self._rate, self._burst, self._now = rate, burst, now
        self._buckets: OrderedDict[K, tuple[float, float]] = OrderedDict()  # tokens, when; oldest first
        self.refused = 0

    def allow(self, key: K) -> bool:
        now = self._now()
        tokens, at = self._buckets.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._rate)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > CALLERS_KEPT:
            self._buckets.popitem(last=False)
        if not allowed:
            self.refused += 1
        return allowed
