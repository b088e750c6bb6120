"""Lanes: each has its places, those that are slow or fail have few, and none keeps another waiting."""

from __future__ import annotations

import asyncio

from sending import BOTH, Bank, Scripted

from feiqian.outbox import store
from feiqian.outbox.errors import NotSent
from feiqian.outbox.lanes import SLOW_SECONDS, Lanes
from feiqian.outbox.model import Claimed, State


def test_a_lane_has_so_many_places_and_all_have_so_many() -> None:
    lanes = Lanes(at_once=8, each=3)
    assert lanes.room(()).take("a") == 3
    assert lanes.room(["a", "a"]).take("a") == 1
    assert lanes.room(["a"] * 3).take("a") == 0
    assert lanes.room(["a", "b", "c"] * 2 + ["d"]).take("e") == 1
    assert lanes.room(["a", "b", "c", "d"] * 2).take("e") == 0


def test_slow_and_failing_lanes_have_one_place_each_and_half_of_all() -> None:
    lanes = Lanes(at_once=4, each=3)
    for lane in "abc":
        lanes.ended(lane, 0.1, sent=False)
    lanes.ended("d", SLOW_SECONDS + 1, sent=True)
    room = lanes.room(())
    taken = []
    for lane in "abcde":
        taken.append(room.take(lane))
        if taken[-1]:
            room.used(lane)
    assert taken == [1, 1, 0, 0, 2]
    lanes.ended("a", 0.1, sent=True)
    assert lanes.room(()).take("a") == 3


@BOTH
def test_a_lane_that_hangs_keeps_only_its_own_waiting(bank: Bank) -> None:
    class Hangs(Scripted):
        async def send(self, what: Claimed) -> None:
            if what.lane == "slow":
                await asyncio.Event().wait()
            await super().send(what)
            if len(self.taken) == 20:
                everything.set()

    everything = asyncio.Event()
    sender = Hangs()
    bank.build(sender, at_once=6, lane_places=2)
    for n in range(20):
        bank.add("s", f"slow/{n}", lane="slow")
    for n in range(20):
        bank.add("f", f"fast/{n}", lane="fast")

    async def run() -> None:
        task = asyncio.create_task(bank.outbox.run())
        await asyncio.wait_for(everything.wait(), 60)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
    assert {one.lane for one in sender.taken} == {"fast"}
    under_way = [attempts for lane, attempts in bank.rows("lane, attempts") if lane == "slow"]
    assert sum(under_way) == 2


@BOTH
def test_a_claim_that_a_crash_has_left_is_sent_again_and_the_newest_goes(bank: Bank) -> None:
    bank.build(lane_places=2)
    bank.add("a1", lane="shop")
    with bank.db.write() as connection:
        room = Lanes(8, 2).room(())
        [lost] = store.claim_in_lanes(connection, bank.cipher, "hook", room, bank.clock.now(), keep_done=1)
    bank.add("a2", lane="shop")
    assert bank.deliver() == 0, "what is under way is waited for"
    bank.clock.advance(store.LEASE / 1_000_000)
    assert bank.deliver() == 1
    assert bank.kinds() == ["a2"]
    assert bank.sender.taken[0].headers == {"replaces": "1"}
    with bank.db.write() as connection:
        store.again(connection, lost, bank.clock.now(), "late")
    assert bank.rows("kind, state") == [("a1", "replaced"), ("a2", "sent")]


def test_ending_a_lane_gives_up_what_waits_there_and_nothing_else(bank: Bank) -> None:
    bank.build(lane_places=2)
    bank.sender.script["a"] = [None, NotSent("HTTP 500")]
    bank.add("a1", lane="shop")
    bank.deliver()
    bank.add("a2", lane="shop")
    bank.add("b1", "b", lane="other")
    with bank.db.write() as connection:
        assert store.end_lane(connection, "hook", "shop", "over", 1, bank.clock.now()) == 1
    assert bank.deliver() == 1
    assert bank.rows("kind, state") == [("a1", State.SENT), ("a2", State.DEAD), ("b1", State.SENT)]
