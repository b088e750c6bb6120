"""What the ledger has counted, and the events that count more. Asking changes nothing.

A counter is opened in the chain of the first payment that it counts, and its cap follows in the chain, so that the
ledger refuses by itself what would exceed it.
"""

from __future__ import annotations

from feiqian.ledger import chart
from feiqian.ledger.engine import EVENT, LINKED, NO_ID, Period, Type, period_number
from feiqian.ledger.ledger import Ledger

_USE = int(Type.USE)
_pack = EVENT.pack
_SLOT_SECONDS, _MOST_SLOTS = 900, 2**16  # days begin at quarters of an hour; of these there are fewer in a year
_FOREVER = period_number(Period.EVER, 0)


class Counting:
    """The allowances of one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._engine, self._day = ledger.engine, ledger.clock.day

    def used(self, allowance: bytes, period: Period, now_seconds: int) -> tuple[int, int] | None:
        """How much of it is used in this period, and its cap; None if there is none."""
        found = self._engine.used(allowance)
        return (0, found[1]) if found is not None and self._over(period, now_seconds) else found

    def exceeds(self, allowance: bytes, amount: int, cap: int | None, now_seconds: int) -> bool:
        """Whether so much more would exceed `cap` (None: the allowance's own) in what is used of it in a day.

        Of an allowance that is missing nothing is said: the ledger refuses what would use it.
        """
        found = self._engine.used(allowance)
        if found is None:
            return False
        used, own = found
        if cap is None:
            cap = own
        return used + amount > cap and (amount > cap or not self._over(Period.DAY, now_seconds))

    def use(self, allowance: bytes, period: Period, cap: int, amount: int, now_seconds: int) -> bytes | None:
        """The events, each linked to what follows, that count so much more against this cap; None if it is too much."""
        found = self._engine.used(allowance)
        counting = _pack(_USE, LINKED, 0, 0, amount, allowance, NO_ID, NO_ID, NO_ID)
        if found is not None and found[1] == cap and found[0] + amount <= cap:
            return counting
        used = 0 if found is None or self._over(period, now_seconds) else found[0]
        if used + amount > cap:
            return None
        # A counter that is as it should be is not told so again.
        opened = found is not None and found[1] == cap
        return counting if opened else linked(chart.allowance(allowance, cap, period)) + counting

    def begin_row_again(self, allowance: bytes) -> bytes:
        """The event, linked, after which nothing is used of what no calendar resets; none where nothing is."""
        found = self._engine.used(allowance)
        if found is None or not found[0]:
            return b""
        return linked(chart.restore(allowance, amount=found[0], period_number=_FOREVER))

    def resets_at(self, period: Period, now_seconds: int) -> int:
        """The Unix second from which a period of the bank's calendar is fresh; 0: never."""
        if period is Period.EVER:
            return 0
        begin, here = now_seconds // _SLOT_SECONDS, period_number(period, self._day(now_seconds))
        low, high = 0, _MOST_SLOTS
        while high - low > 1:
            middle = (low + high) // 2
            if period_number(period, self._day((begin + middle) * _SLOT_SECONDS)) == here:
                low = middle
            else:
                high = middle
        return (begin + high) * _SLOT_SECONDS

    def _over(self, period: Period, now_seconds: int) -> bool:
        """Whether the period that the engine counts in is over: it goes by the day that it saw last."""
        seen, day = self._engine.moment.day, self._day(now_seconds)
        return period_number(period, seen) < period_number(period, day)


def linked(*events: bytes) -> bytes:
    """These events, each linked to what follows."""
    return b"".join(event[:1] + b"\x01" + event[2:] for event in events)
