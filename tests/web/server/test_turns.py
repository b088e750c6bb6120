"""Pages come after payments: counted in steps and turns of the loop, with a clock that moves when a step says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from feiqian.runtime import network
from feiqian.runtime.shares import Admission, Overloaded
from feiqian.web.server import turns as module
from feiqian.web.server.pace import Paced
from feiqian.web.server.turns import PATIENCE_SECONDS, Slot, Turns

MERCHANT = 1


class Loop:
    """A running loop with turns; `done` says which page did each step."""

    def __init__(self) -> None:
        self.now, self.paid = 0.0, 0
        self.admission = Admission(256)
        self.turns = Turns(self.admission, lambda: self.paid, lambda: self.now)
        self.done: list[str] = []

    def page(self, name: str, steps: int, seconds: float = 0.0) -> asyncio.Task[str]:
        """A page of the network `name`; each of its steps takes so long."""

        async def work(_: Slot) -> str:
            for _step in range(steps):
                self.done.append(name)
                self.now += seconds
                await asyncio.sleep(0)
            return name

        async def ask() -> str:
            network.client.set(name)
            return await self.turns.run(work)

        return asyncio.create_task(ask())

    async def turn(self, count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(0)


def run(scenario: Callable[[Loop], Coroutine[Any, Any, None]]) -> None:
    async def inside() -> None:
        await scenario(Loop())

    asyncio.run(inside())


def test_one_step_of_all_pages_in_a_turn_of_the_loop() -> None:
    async def scenario(loop: Loop) -> None:
        pages = [loop.page("a", 5) for _ in range(24)]
        before = 0
        while not all(page.done() for page in pages):
            await loop.turn(1)
            assert len(loop.done) - before <= 1
            before = len(loop.done)
        assert len(loop.done) == 24 * 5

    run(scenario)


def test_what_waits_for_its_commit_after_its_turn_keeps_no_other_waiting() -> None:
    """A merchant's refunds: without this each would wait for the commit of the one before, or for 5 ms."""

    async def scenario(loop: Loop) -> None:
        durable = asyncio.Event()

        async def refund(name: str) -> None:
            with loop.admission.place(MERCHANT, patient=True):
                loop.done.append(name)
                await durable.wait()

        refunds = [asyncio.create_task(loop.turns.begun("merchant 1", refund(name))) for name in "abc"]
        await loop.turn(50)
        assert loop.done == ["a", "b", "c"]
        loop.admission.begin(MERCHANT)
        late = asyncio.create_task(loop.turns.begun("merchant 1", refund("d")))
        await loop.turn(50)
        assert loop.done == ["a", "b", "c"], "a payment goes first"
        loop.admission.leave(MERCHANT)
        durable.set()
        await asyncio.gather(*refunds, late)
        assert (loop.admission.total, loop.admission.patient) == (0, 0)

    run(scenario)


def test_no_step_begins_while_a_payment_is_under_way_unless_that_lasts_too_long() -> None:
    async def scenario(loop: Loop) -> None:
        loop.admission.begin(MERCHANT)
        page = loop.page("a", 3)
        await loop.turn(50)
        assert loop.done == []
        loop.admission.leave(MERCHANT)
        await page
        loop.admission.begin(MERCHANT)
        loop.done.clear()
        late = loop.page("a", 2)
        await loop.turn(50)
        assert loop.done == []
        loop.now += PATIENCE_SECONDS
        while not loop.done:
            await asyncio.sleep(0.001)
        assert loop.done == ["a"]
        loop.admission.leave(MERCHANT)
        await late

    run(scenario)


def test_while_payments_are_made_pages_pause_for_twice_as_long_as_they_took(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(loop: Loop) -> None:
        pauses: list[float] = []
        here = asyncio.get_running_loop()
        later = here.call_later

        def call_later(delay: float, callback: Callable[..., Any], *args: Any) -> asyncio.TimerHandle:
            pauses.append(delay)
            return later(0, callback, *args)

        monkeypatch.setattr(here, "call_later", call_later)
        await loop.page("a", 4, seconds=0.010)
        assert pauses == []  # nobody pays
        page = loop.page("a", 4, seconds=0.010)
        while not page.done():
            loop.paid += 1
            await loop.turn(1)
        assert sum(pauses) == pytest.approx(2 * 0.010 * 4, rel=0.3)

    run(scenario)


def test_abuse_72_networks_take_turns_however_many_pages_each_asks_for() -> None:
    async def scenario(loop: Loop) -> None:
        greedy = [loop.page("greedy", 10) for _ in range(40)]
        await loop.turn(20)
        one = loop.page("one", 10)
        before = len(loop.done)
        await one
        assert len(loop.done) - before <= 2 * 10 + 2
        await asyncio.gather(*greedy)

    run(scenario)


def test_abuse_72_places_under_way_are_shared_by_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUESTS_UNDER_WAY", 4)

    async def scenario(loop: Loop) -> None:
        never = asyncio.Event()

        async def stand(_: Slot) -> None:
            await never.wait()

        async def ask(name: str) -> None:
            network.client.set(name)
            await loop.turns.run(stand)

        tasks = [asyncio.create_task(ask("greedy")) for _ in range(4)]
        await loop.turn(60)
        with pytest.raises(Overloaded):
            await asyncio.create_task(ask("greedy"))
        assert await loop.page("other", 1) == "other"
        never.set()
        await asyncio.gather(*tasks)
        assert loop.turns.places.held == {}

    run(scenario)


def test_who_goes_away_while_waiting_keeps_nobody_waiting() -> None:
    async def scenario(loop: Loop) -> None:
        loop.admission.begin(MERCHANT)
        gone, stays = [loop.page("a", 2) for _ in range(5)], loop.page("b", 2)
        await loop.turn(5)
        for page in gone:
            page.cancel()
        loop.admission.leave(MERCHANT)
        assert await stays == "b"
        assert all(page.cancelled() for page in await _ended(gone))
        later = [loop.page("c", 3) for _ in range(3)]
        await loop.turn(4)
        later[0].cancel()
        later[1].cancel()
        assert await later[2] == "c"
        assert await loop.page("d", 1) == "d"
        assert loop.turns.places.total == 0

    run(scenario)


async def _ended(tasks: list[asyncio.Task[str]]) -> list[asyncio.Task[str]]:
    await asyncio.wait(tasks)
    return tasks


def test_what_a_page_raises_and_what_is_thrown_into_it_arrive() -> None:
    async def scenario(loop: Loop) -> None:
        async def wrong(_: Slot) -> None:
            await asyncio.sleep(0)
            raise KeyError("x")

        async def patient(_: Slot) -> str:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.001)
            return "went on"

        with pytest.raises(KeyError):
            await loop.turns.run(wrong)
        assert await loop.turns.run(patient) == "went on"
        assert await loop.page("a", 1) == "a"

    run(scenario)


def test_a_page_that_finds_no_room_is_told_so_in_every_language_and_a_stream_holds_no_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "REQUESTS_UNDER_WAY", 1)

    async def scenario(loop: Loop) -> None:
        end = asyncio.Event()
        sent: list[dict[str, Any]] = []

        async def stream(scope: Any, _receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
            if scope["streams"]:
                await send({"type": "http.response.start", "status": 200})
            await end.wait()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        paced = Paced(stream, loop.turns)
        streaming = asyncio.create_task(paced({"streams": True}, None, send))
        await loop.turn(20)
        assert loop.turns.places.total == 0
        slow = asyncio.create_task(paced({"streams": False}, None, send))
        await loop.turn(20)
        await paced({"streams": False}, None, send)
        assert [message.get("status") for message in sent] == [200, 503, None]
        assert all(word in sent[2]["body"].decode() for word in ("Try again", "重试", "Inténtelo"))
        end.set()
        await asyncio.gather(streaming, slow)
        assert loop.turns.places.total == 0

    run(scenario)


def test_abuse_71_refunds_begin_one_in_a_turn_of_the_loop_and_then_wait_for_nobody() -> None:
    async def scenario(loop: Loop) -> None:
        async def refund(name: str) -> None:
            loop.admission.begin(MERCHANT)
            for _step in range(3):
                loop.done.append(name)
                await asyncio.sleep(0)
            loop.admission.leave(MERCHANT)

        refunds = [asyncio.create_task(loop.turns.begun(f"merchant {n}", refund(str(n)))) for n in range(8)]
        firsts = 0
        while not all(one.done() for one in refunds):
            before = set(loop.done)
            await loop.turn(1)
            begun = set(loop.done) - before
            assert len(begun) <= 1
            firsts += len(begun)
            loop.now += PATIENCE_SECONDS  # however long the one before is under way
        assert firsts == 8
        assert loop.done[:3] == ["0", "0", "0"]

    run(scenario)
