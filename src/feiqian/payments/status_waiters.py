"""Those who wait for the end of a payment (a till that asks "has it been confirmed?"), bounded; in the event loop.

Every end of a waiting payment is made in this process, so nobody reads rows for them: whoever makes an end says so.
"""

from __future__ import annotations

import asyncio
import contextlib

from feiqian.ids import MerchantNumber
from feiqian.runtime.shares import Places

MAX_WAITS, MAX_WAITS_OF_MERCHANT = 512, 64


class StatusWaiters:
    """By payment. Whoever finds no room is not refused, but told at once how things stand.

    When all places are taken, the merchant who holds most gives one up: the oldest is told at once instead.
    """

    def __init__(self, at_most: int = MAX_WAITS, of_merchant: int = MAX_WAITS_OF_MERCHANT) -> None:
        self.places: Places[int, asyncio.Future[None]] = Places(at_most, of_merchant)
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self._closed = False

    async def ended(
        self,
        payment: str,
        merchant: MerchantNumber,
        seconds: float,  # not money: a time
    ) -> None:
        """Returns when the payment may have ended, after so many seconds, or at once where too many wait."""
        if self._closed or not self._has_room(merchant):
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.places.add(merchant, future)
        self._waiting.setdefault(payment, set()).add(future)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await future
        finally:
            self._leave(payment, merchant, future)

    def _has_room(self, merchant: MerchantNumber) -> bool:
        places = self.places
        if places.room_for(merchant):
            return True
        giving_way = places.giving_way(merchant)
        if giving_way is None:
            places.refused += 1
            return False
        most, (oldest, *_) = giving_way
        places.remove(most, oldest)
        if not oldest.done():
            oldest.set_result(None)
        return True

    def _leave(self, payment: str, merchant: MerchantNumber, future: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(payment, set())
        waiting.discard(future)
        if not waiting:
            self._waiting.pop(payment, None)
        self.places.remove(merchant, future)

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
