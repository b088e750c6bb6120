"""Those who wait for the end of a payment (a till that asks "has it been confirmed?"), bounded; in the event loop.

Every end of a waiting payment is made in this process, so nobody reads rows for them: whoever makes an end says so.
"""

from __future__ import annotations

import asyncio
import contextlib

MAX_WAITS, MAX_WAITS_OF_MERCHANT = 512, 64


class Waits:
    """By payment. Whoever finds no room is not refused, but told at once how things stand."""

    def __init__(self, at_most: int = MAX_WAITS, of_merchant: int = MAX_WAITS_OF_MERCHANT) -> None:
        self._at_most, self._of_merchant = at_most, of_merchant
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self._open: dict[int, int] = {}  # merchant → how many
        self._closed = False

    @property
    def open(self) -> int:
        """How many wait now."""
        return sum(self._open.values())

    async def ended(
        self,
        payment: str,
        merchant: int,
        seconds: float,  # not money: a time
    ) -> None:
        """Returns when the payment may have ended, after so many seconds, or at once where too many wait."""
        mine = self._open.get(merchant, 0)
        if self._closed or mine >= self._of_merchant or self.open >= self._at_most:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._open[merchant] = mine + 1
        self._waiting.setdefault(payment, set()).add(future)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(future, seconds)
        finally:
            self._leave(payment, merchant, future)

    def _leave(self, payment: str, merchant: int, future: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(payment, set())
        waiting.discard(future)
        if not waiting:
            self._waiting.pop(payment, None)
        self._open[merchant] -= 1
        if not self._open[merchant]:
            del self._open[merchant]

    def tell(self, payment: str) -> None:
        """The payment has just ended (it may not be durable yet)."""
        for future in self._waiting.get(payment, ()):
            if not future.done():
                future.set_result(None)

    def close(self) -> None:
        """The server stops: nobody waits any longer."""
        self._closed = True
        for payment in tuple(self._waiting):
            self.tell(payment)
