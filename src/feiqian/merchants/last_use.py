"""When API keys were last used: remembered in memory as requests come, and written down at most once a minute.

After a crash the last minute of it is not known. Nothing is decided by it.
"""

from __future__ import annotations

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from feiqian.clock import Clock
from feiqian.merchants import api_keys
from feiqian.merchants.registry import Merchants
from feiqian.runtime import logs
from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import TooBusy, WorkOverdue

EVERY_SECONDS = 60
_log = logs.get("feiqian.merchants")


class LastUse:
    """Of the keys of one bank's merchants."""

    def __init__(self, merchants: Merchants, transactions: Transactions, clock: Clock) -> None:
        self._merchants, self._transactions, self._clock = merchants, transactions, clock

    async def run(self) -> None:
        """Ends when cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.write()
            except (TooBusy, WorkOverdue, SQLAlchemyError) as error:
                _log.warning("last_use_not_written", why=str(error))

    async def write(self) -> None:
        """Writes down what was used since the last time, in one transaction."""
        if used := self._merchants.taken_use(self._clock.now()):
            await self._transactions.write(api_keys.used, used)
