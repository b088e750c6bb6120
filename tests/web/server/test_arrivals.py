"""New connections are read a few in a turn of the loop: counted in turns, and on a real server."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from contextlib import ExitStack

from feiqian.testing.raw import statuses
from feiqian.testing.served import Served
from feiqian.web.server import arrivals as module
from feiqian.web.server.arrivals import PER_TURN, Arrivals

CROWD = 40 * PER_TURN


async def _all_read(crowd: list[str]) -> list[tuple[int, str]]:
    """For each that arrived, in the order in which they were read: the turn of the loop, and the network."""
    arrivals, read, turn = Arrivals(), list[tuple[int, str]](), 0
    for network in crowd:
        if arrivals.enter():
            read.append((turn, network))
        else:
            arrivals.wait(network, lambda network=network: read.append((turn, network)))  # type: ignore[misc]
    while len(read) < len(crowd):
        turn += 1
        await asyncio.sleep(0)
    return read


def test_abuse_71_of_a_crowd_of_new_connections_a_few_are_read_in_a_turn_of_the_loop() -> None:
    read = asyncio.run(_all_read(["crowd"] * CROWD))
    assert max(Counter(turn for turn, _ in read).values()) == PER_TURN
    assert read[-1][0] <= CROWD // PER_TURN + 2  # and no turn is left out


def test_abuse_71_a_network_of_few_is_read_before_the_rest_of_a_crowd() -> None:
    read = asyncio.run(_all_read(["crowd"] * CROWD + ["few"] * 3))
    assert [network for _, network in read[: PER_TURN + 6]].count("few") == 3


def test_who_comes_later_does_not_overtake_those_who_wait() -> None:
    async def scene() -> None:
        arrivals, read = Arrivals(), list[str]()
        for name in "ab" * PER_TURN:
            if not arrivals.enter():
                arrivals.wait("one", lambda name=name: read.append(name))  # type: ignore[misc]
        await asyncio.sleep(0)
        assert not arrivals.enter()  # the places of this turn are theirs
        arrivals.wait("one", lambda: read.append("late"))
        for _ in range(4):
            await asyncio.sleep(0)
        assert read[-1] == "late"

    asyncio.run(scene())


def test_every_connection_of_a_crowd_is_answered(served: Served) -> None:
    with ExitStack() as stack:
        crowd = []
        for _ in range(5 * module.PER_TURN):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", served.server.port), 10))
            one.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n")  # the rest comes while it waits, or later
            crowd.append(one)
        for one in crowd:
            one.sendall(b"connection: close\r\n\r\n")
        for one in crowd:
            said = b""
            while some := one.recv(65536):
                said += some
            assert statuses(said) == [200]
