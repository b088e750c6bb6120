"""Blocking work has bounds: what does not fit is refused at once, and who went away still holds their place."""

from __future__ import annotations

import asyncio
import threading

import pytest

from feiqian import work
from feiqian.work import TooBusy, Work, WorkOverdue


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


def test_abuse_79_waits_for_a_database_end_and_what_had_not_begun_is_not_done() -> None:
    async def scene() -> None:
        pools, gate, done = Work(0.05), threading.Event(), []
        stuck = [asyncio.create_task(pools.db(gate.wait, 30)) for _ in range(work.DATABASE_THREADS)]
        queued = [asyncio.create_task(pools.db(done.append, n)) for n in range(3)]
        outcomes = await asyncio.gather(*stuck, *queued, return_exceptions=True)
        assert [type(one) for one in outcomes] == [WorkOverdue] * len(stuck) + [TooBusy] * len(queued)
        assert pools.database.stuck
        refused = pools.database.refused
        with pytest.raises(TooBusy):  # at once
            await pools.db(done.append, 9)
        assert pools.database.refused == refused + 1
        assert await pools.heavy(pow, 2, 2) == 4  # the other pool goes on
        gate.set()
        while pools.database.stuck:
            await asyncio.sleep(0)
        assert await pools.db(pow, 2, 2) == 4
        assert done == []
        assert pools.close()

    asyncio.run(scene())


def test_closing_does_not_wait_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "CLOSE_SECONDS", 0.05)
    gate = threading.Event()

    async def scene() -> Work:
        pools = Work(0.05)
        calls = [asyncio.create_task(pools.db(gate.wait, 30)) for _ in range(work.DATABASE_THREADS + 1)]
        await asyncio.gather(*calls, return_exceptions=True)
        return pools

    pools = asyncio.run(scene())
    assert not pools.close()
    gate.set()
