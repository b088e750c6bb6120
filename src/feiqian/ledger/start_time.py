"""At a start: compares the machine's clock with the journal's newest moment, and sets that back if an operator says so.

Whatever the ledger decides moves its time on and never back, so one event under a wrong clock would make every payment
code invalid until the clock is there. `docs/decisions/0019-a-clock-that-jumps-is-not-followed.md`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from feiqian.clock import MICROSECONDS, Clock
from feiqian.errors import ClockRefused

from .engine import EVENT, NO_ID, Engine, Type

DAY_SECONDS = 86_400
_log = logging.getLogger(__name__)
_LARGEST_SECONDS = 253_402_300_799  # the end of the year 9999


class StartTime(NamedTuple):
    """How far the clock may be from the journal's newest moment.

    `accept`: an operator says that the clock is right. `going_back` is called before the journal's time is set back;
    it has to see to it that nothing that was used up after the clock's time can be used a second time.
    """

    back_seconds: int
    ahead_seconds: int
    accept: bool = False
    going_back: Callable[[], object] = lambda: None


def settle_time(engine: Engine, clock: Clock, start: StartTime) -> bytes:
    """Returns records that set the time back, applied and to be committed first; mostly none. Raises ClockRefused."""
    now, newest = clock.now() // MICROSECONDS, engine.moment.seconds
    if not 0 < now < _LARGEST_SECONDS - DAY_SECONDS:
        raise ClockRefused(f"the machine's clock says {_said(now)}: set it right and start again")
    if newest == 0 or newest - start.back_seconds <= now <= newest + start.ahead_seconds:
        return b""
    if not start.accept:
        raise ClockRefused(_refusal(now, newest, start))
    _log.warning("the time %s is accepted; the journal's newest moment is %s", _said(now), _said(newest))
    if now >= newest:
        return b""
    start.going_back()
    record = EVENT.pack(Type.TIME, 0, 0, clock.day(now), now, NO_ID, NO_ID, NO_ID, NO_ID)
    engine.replay(record)
    return record


def _refusal(now: int, newest: int, start: StartTime) -> str:
    side, bound = ("before", start.back_seconds) if now < newest else ("after", start.ahead_seconds)
    return (
        f"the machine's clock says {_said(now)}, which is {abs(now - newest)} s {side} the newest moment in the "
        f"journal, {_said(newest)}; {bound} s are taken without asking. If the clock is wrong, set it right and start "
        "again. If it is right, start once with --accept-time"
    )


def _said(seconds: int) -> str:
    if not 0 <= seconds <= _LARGEST_SECONDS:
        return f"second {seconds}"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
