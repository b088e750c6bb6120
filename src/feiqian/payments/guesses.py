"""Wrong payment codes, counted by API key and till, so that codes cannot be guessed. In memory, bounded.

A till (store and terminal, as the request names them) counts for itself once a right code was scanned there, of each
key at most COUNTS of them; others share the count of their store if the merchant has registered it, or else one count.
So wrong codes at one till stop that till, and what a guesser can try is bounded whatever they call their tills. Beyond
FREE wrong codes within the window the till pauses, longer after each; at LIMIT it is refused until the oldest is over.
A success forgives nothing. A code that is not of our shape, has just expired, or was counted already is no guess.

How LIMIT comes about (decision 15): a guess is right with a chance of SLOTS * customers / CODES. With as many customers
as CUSTOMERS, and all counts of a key used up all year, fewer than SUCCESSES_A_YEAR are to be expected of one key.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from feiqian.merchants.registry import Merchant
from feiqian.runtime.alarms import Alarm
from feiqian.runtime.metrics import Metrics

WINDOW_SECONDS = 600
COUNTS = 64  # of one key
SUCCESSES_A_YEAR = 1
CUSTOMERS, SLOTS, CODES = 10**8, 6, 10**17  # supposed, whose codes hold at one moment, that there are
_WINDOWS_A_YEAR = 365 * 86_400 // WINDOW_SECONDS
LIMIT = SUCCESSES_A_YEAR * CODES // (SLOTS * CUSTOMERS * _WINDOWS_A_YEAR * COUNTS)
FREE = LIMIT * 2 // 3
LONGEST_PAUSE_SECONDS = 30

_Place: TypeAlias = tuple[int, bytes, str | None, str | None]


class Till:
    """One count. `until`: no code is read before this Unix second. `shared`: of tills that are not known."""

    __slots__ = ("_wrong", "shared", "until")

    def __init__(self, shared: bool, like: Till | None = None) -> None:
        self.shared = shared
        self._wrong: dict[str, int] = dict(like._wrong) if like else {}  # codes and when, the oldest first
        self.until: int = like.until if like else 0

    def wrong(self, code: str, now: int) -> None:
        """One more, unless it was counted already."""
        self._wrong = {other: at for other, at in self._wrong.items() if now - at < WINDOW_SECONDS}
        if code in self._wrong or len(self._wrong) >= LIMIT:
            return
        self._wrong[code] = now
        if self.full:
            self.until = next(iter(self._wrong.values())) + WINDOW_SECONDS
        elif len(self._wrong) > FREE:
            self.until = now + min(2 ** (len(self._wrong) - FREE - 1), LONGEST_PAUSE_SECONDS)

    @property
    def full(self) -> bool:
        return len(self._wrong) >= LIMIT


_FRESH = Till(shared=True)  # never written to


class Guesses:
    """The counts of all keys."""

    def __init__(self) -> None:
        self._tills: dict[_Place, Till] = {}
        self._counts: dict[tuple[int, bytes], int] = {}
        self._full: set[_Place] = set()
        self.wrong_codes = 0
        self.alarm = Alarm("wrong_codes")

    def till(self, merchant: Merchant, store: str, terminal: str) -> Till:
        """The count of a till: one look-up for one that is known."""
        till = self._tills.get((merchant.number, merchant.key, store, terminal))
        return till if till is not None else self._tills.get(_shared(merchant, store), _FRESH)

    def learn(self, merchant: Merchant, store: str, terminal: str) -> None:
        """A right code was scanned: the till counts for itself from now on, but keeps what was counted."""
        if self._room(merchant):
            like = self.till(merchant, store, terminal)
            self._tills[merchant.number, merchant.key, store, terminal] = Till(shared=False, like=like)

    def wrong(self, merchant: Merchant, store: str, terminal: str, code: str, now: int) -> None:
        """One more wrong code. `now` in Unix seconds."""
        self.wrong_codes += 1
        place: _Place = (merchant.number, merchant.key, store, terminal)
        if place not in self._tills:
            place = _shared(merchant, store)
            if place not in self._tills and place[2] is not None and not self._room(merchant):
                place = (merchant.number, merchant.key, None, None)
        till = self._tills.setdefault(place, Till(shared=True))
        till.wrong(code, now)
        if till.full:
            self._full.add(place)
        self._look(now)

    def full(self, now: int) -> int:
        """How many tills are refused."""
        self._look(now)
        return len(self._full)

    def measure(self, metrics: Metrics, now: Callable[[], int]) -> None:
        """What /metrics shows; `now` in Unix seconds."""
        metrics.counter("feiqian_wrong_codes", "Payment codes of nobody", lambda: self.wrong_codes)
        help = "Tills that are refused for too many wrong codes"
        metrics.gauge("feiqian_tills_refused", help, lambda: self.full(now()))
        self.alarm.measure(metrics, "1 while a till is refused for too many wrong codes")

    def _look(self, now: int) -> None:
        self._full = {place for place in self._full if now < self._tills[place].until}
        self.alarm.set(bool(self._full), merchants=sorted({place[0] for place in self._full}))

    def _room(self, merchant: Merchant) -> bool:
        """Takes one of the key's counts; whether there was one. The count of all other tills is the last of them."""
        key = merchant.number, merchant.key
        counts = self._counts.get(key, 1)
        if counts >= COUNTS:
            return False
        self._counts[key] = counts + 1
        return True


def _shared(merchant: Merchant, store: str) -> _Place:
    registered = any(known.code == store for known in merchant.stores)
    return (merchant.number, merchant.key, store if registered else None, None)
