"""Blocking work has bounds: what does not fit is refused at once, and who went away still holds their place."""

from __future__ import annotations

import asyncio
import threading

import pytest

from feiqian import work
from feiqian.work import TooBusy, Work


def test_results_and_errors_come_back() -> None:
    async def scene() -> None:
        pools = Work()
        assert await pools.db(pow, 2, 10) == 1024
        with pytest.raises(ZeroDivisionError):
            await pools.heavy(divmod, 1, 0)
        pools.close()

    asyncio.run(scene())


def test_too_much_at_once_is_refused_and_who_leaves_makes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "HEAVY_QUEUE", 1)

    async def scene() -> None:
        pools, gate = Work(), threading.Event()
        places = work.HEAVY_THREADS + 1
        waiting = [asyncio.create_task(pools.heavy(gate.wait)) for _ in range(places)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        await asyncio.sleep(0)
        with pytest.raises(TooBusy):
            await pools.heavy(pow, 2, 2)
        assert await pools.db(pow, 2, 2) == 4  # the other pool is not touched by it
        gate.set()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert await pools.heavy(pow, 2, 2) == 4
        pools.close()

    asyncio.run(scene())
