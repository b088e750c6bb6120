"""Blocking work has bounds: what does not fit is refused at once; slow work is done in turn, by address and account."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from feiqian.runtime import network, work
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.work import TooBusy, Work, WorkOverdue


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


class Scene:
    """Slow work that is held until `go`, and in which order it was done."""

    def __init__(self) -> None:
        self.work, self._gate, self.done = Work(), threading.Event(), list[str]()
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def block(self) -> None:
        for n in range(work.HEAVY_THREADS):
            self.tasks[f"blocked {n}"] = asyncio.create_task(self.work.heavy(lambda: self._gate.wait() and None))
        await asyncio.sleep(0)

    async def ask(self, address: str, account: str, name: str) -> None:
        network.client.set(address)
        self.tasks[name] = asyncio.create_task(self.work.heavy_for(account, self.done.append, name))
        await asyncio.sleep(0)

    async def go(self) -> dict[str, BaseException | None]:
        self._gate.set()
        outcomes = await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        self.work.close()
        return dict(zip(self.tasks, outcomes, strict=True))

    def refused(self, outcomes: dict[str, BaseException | None]) -> list[str]:
        return [name for name, outcome in outcomes.items() if isinstance(outcome, TooBusy)]


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "HEAVY_THREADS", 1)


@pytest.mark.usefixtures("one_thread")
def test_addresses_take_turns_and_so_do_the_accounts_of_one() -> None:
    async def scene() -> list[str]:
        it = Scene()
        await it.block()
        for name in ("a1", "a2", "a3", "b1", "b2"):
            await it.ask("192.0.2.1", name[0], name)
        for name in ("c1", "c2"):
            await it.ask("192.0.2.2", "c", name)
        await it.ask("192.0.2.3", "a", "d1")
        assert not it.refused(await it.go())
        return it.done

    assert asyncio.run(scene()) == ["a1", "c1", "d1", "b1", "c2", "a2", "b2", "a3"]


@pytest.mark.usefixtures("one_thread")
def test_abuse_76_forty_who_guess_from_one_address_cost_another_address_one_turn() -> None:
    async def scene() -> None:
        it = Scene()
        await it.block()
        for n in range(40):
            await it.ask("192.0.2.1", f"victim {n}", f"wrong {n}")
        await it.ask("192.0.2.2", "owner", "right")
        assert it.refused(await it.go()) == [f"wrong {n}" for n in range(work.HEAVY_PER_ADDRESS, 40)]
        assert it.done.index("right") == 1

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


@pytest.mark.usefixtures("one_thread")
def test_in_one_address_an_account_that_asks_for_much_makes_room_for_the_others() -> None:
    async def scene() -> None:
        it = Scene()
        await it.block()
        for n in range(work.HEAVY_PER_ADDRESS):
            await it.ask("192.0.2.1", "loud", f"loud {n}")
        await it.ask("192.0.2.1", "quiet", "quiet")
        assert it.refused(await it.go()) == [f"loud {work.HEAVY_PER_ADDRESS - 1}"]
        assert it.done.index("quiet") == 1

    asyncio.run(scene())


@pytest.mark.usefixtures("one_thread")
def test_when_all_is_full_the_address_that_holds_most_makes_room() -> None:
    async def scene() -> None:
        it = Scene()
        await it.block()
        addresses = work.HEAVY_QUEUE // work.HEAVY_PER_ADDRESS
        for n in range(work.HEAVY_QUEUE):
            await it.ask(f"192.0.2.{n % addresses}", "x", f"{n}")
        await it.ask("198.51.100.1", "y", "newcomer")
        outcomes = await it.go()
        assert len(it.refused(outcomes)) == 1
        assert outcomes["newcomer"] is None

    asyncio.run(scene())


@pytest.mark.usefixtures("one_thread")
def test_when_each_address_holds_one_the_newcomer_is_refused() -> None:
    async def scene() -> None:
        it = Scene()
        await it.block()
        for n in range(work.HEAVY_QUEUE):
            await it.ask(f"2001:db8:0:{n:x}::/64", "x", f"{n}")
        await it.ask("198.51.100.1", "y", "newcomer")
        assert it.refused(await it.go()) == ["newcomer"]

    asyncio.run(scene())


@pytest.mark.usefixtures("one_thread")
def test_who_leaves_before_their_turn_makes_room_and_their_work_is_not_begun() -> None:
    async def scene() -> None:
        it = Scene()
        await it.block()
        for n in range(work.HEAVY_PER_ADDRESS):
            await it.ask("192.0.2.1", "x", f"{n}")
        it.tasks["3"].cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await it.ask("192.0.2.1", "x", "later")
        assert not it.refused(await it.go())
        assert it.done == [f"{n}" for n in range(work.HEAVY_PER_ADDRESS) if n != 3] + ["later"]

    asyncio.run(scene())


@pytest.mark.usefixtures("one_thread")
def test_a_full_queue_is_an_alarm_once_until_it_is_half_empty(alarms_told: list[dict[str, Any]]) -> None:
    async def scene() -> None:
        it, metrics = Scene(), Metrics()
        it.work.measure(metrics)
        await it.block()
        for n in range(work.HEAVY_QUEUE + 3):
            await it.ask(network.UNKNOWN, f"{n}", f"{n}")
        assert b"feiqian_alarm_heavy_work_full 1.0" in metrics.render()
        assert b"feiqian_heavy_refused_total 3.0" in metrics.render()
        await it.go()
        assert b"feiqian_alarm_heavy_work_full 0.0" in metrics.render()
        assert b"feiqian_heavy_waiting 0.0" in metrics.render()

    asyncio.run(scene())
    assert [entry["event"] for entry in alarms_told] == ["alarm_began", "alarm_ended"]


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
