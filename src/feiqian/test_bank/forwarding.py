"""Moves the test bank's clock on, and sees to it that all that time decides happens, one after the other.

The clock stops at each moment at which something is due: an order's end, a payment's, the next attempt of a webhook.
What is due there is done, and told, before it goes on; so one long way shows the same as many short ones.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from feiqian.clock import MICROSECONDS
from feiqian.errors import FeiqianError, NotDeciding
from feiqian.serving import Bank
from feiqian.test_bank.clock import ForwardClock

MOST_SECONDS = 400 * 86_400  # in one go
MOST_STOPS = 500  # beyond which the rest of the way is gone at once
MOST_AHEAD = 10 * 366 * 86_400 * MICROSECONDS  # of the machine's clock


class TooFar(FeiqianError):
    """The clock is not moved so far."""


class Forwarding:
    """Of one bank. `keep` writes down how far ahead the clock will be, before it is."""

    def __init__(self, bank: Bank, clock: ForwardClock, keep: Callable[[int], None]) -> None:
        self._bank, self._clock, self._keep = bank, clock, keep
        self._turn = asyncio.Lock()

    async def forward(self, seconds: int) -> int:
        """Moves on by so many seconds; the bank's time then, in Unix microseconds. Raises TooFar."""
        return await self.forward_to(self._clock.now() + seconds * MICROSECONDS)

    async def forward_to(self, at: int) -> int:
        """Moves on to this time; one that is past changes nothing. Raises TooFar."""
        async with self._turn:
            way = max(0, at - self._clock.now())
            if self._clock.ahead + way > MOST_AHEAD:
                raise TooFar("the bank's clock is ten years ahead at most: throw the data folder away and begin anew")
            self._keep(self._clock.ahead + way)
            for _ in range(MOST_STOPS):
                await self._settle()
                due = await self._next_at()
                if due is None or due >= at:
                    break
                self._clock.move_to(due)
            self._clock.move_to(at)
            await self._settle()
            await self._look()
            return self._clock.now()

    def jump_to(self, at: int) -> None:
        """Moves on to this time at once; what is due there is done as it is when time passes by itself."""
        self._keep(self._clock.ahead + max(0, at - self._clock.now()))
        self._clock.move_to(at)

    async def _next_at(self) -> int | None:
        services = self._bank.services
        due = services.payments.expiry.next_at, services.orders.due.next_at, await services.outbox.next_at()
        return min((at for at in due if at is not None), default=None)

    async def _settle(self) -> None:
        """What is due now is done, and told."""
        services = self._bank.services
        with contextlib.suppress(NotDeciding):
            services.payments.expiry.settle()
            services.orders.due.settle()
        await services.ledger.durable(services.ledger.position)
        await services.follower.caught_up()
        await services.outbox.quiet()

    async def _look(self) -> None:
        """Whatever else looks at the time now and then looks now."""
        services = self._bank.services
        await services.intents.sweep()
        await services.locks.open_due()
        await services.own_limits.raise_due()
        await services.webhooks.look()
        await self._bank.sweeper.sweep()
        await services.outbox.quiet()
