"""Listening: what is forwarded is what a webhook would be, nothing is skipped, and nobody is asked without a pause."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from feiqian.testing.served import Served
from feiqian_client import Client, Retries, Unauthenticated, webhooks
from feiqian_client.__main__ import main
from feiqian_client.listening import Listener, Tools
from feiqian_client.signatures import new_secret

SECRET = new_secret()


class World:
    """A receiver and a bank as scripted, and a clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.said, self.got = 1_800_000_000.0, list[str](), list[webhooks.Event]()
        self.receives: list[int | Exception] = []
        self.tools = Tools(self.said.append, self.sleep, lambda: self.now, lambda: self.now)
        self.receiver = httpx.Client(transport=httpx.MockTransport(self.receive))

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def receive(self, request: httpx.Request) -> httpx.Response:
        answer = self.receives.pop(0) if self.receives else 204
        if isinstance(answer, Exception):
            raise answer
        self.got.append(webhooks.verify(request.headers, request.content, SECRET, self.now))
        return httpx.Response(answer, text="out of order\x1b[2J")

    def listener(self, bank: Client, *wanted: str) -> Listener:
        return Listener(
            bank, "http://localhost:3000/", SECRET, wanted or ("*",), receiver=self.receiver, tools=self.tools
        )


def test_what_is_forwarded_is_signed_as_a_webhook_and_goes_on_where_it_was(
    bank: Client, wanted: Callable[..., dict[str, Any]]
) -> None:
    world = World()
    listener = world.listener(bank)
    place = listener.begin()
    orders = [bank.orders.create(**wanted()) for _ in range(2)]
    while len(world.got) < 2:
        place = listener.step(place)
    assert [event.type for event in world.got] == ["order.created"] * 2
    assert [event.order for event in world.got] == orders
    assert world.said[0].endswith("204 in 0 ms")
    later = world.listener(bank)  # somebody else, or the same after a break, at that place
    closed = bank.orders.close(orders[0].id)
    later.step(place)
    assert (world.got[-1].type, world.got[-1].order) == ("order.closed", closed)


def test_a_receiver_that_is_down_is_waited_for_and_one_that_refuses_is_shown(
    bank: Client, wanted: Callable[..., dict[str, Any]]
) -> None:
    world = World()
    listener = world.listener(bank)
    place = listener.begin()
    world.receives = [httpx.ConnectError("down"), httpx.ConnectError("down"), 204, 500, httpx.ReadTimeout("late")]
    orders = [bank.orders.create(**wanted()) for _ in range(3)]
    while len(world.said) < 4:
        place = listener.step(place)
    assert [event.order for event in world.got] == orders[:2]
    down, taken, refused, late = world.said
    assert "nothing listens at" in down
    assert "204" in taken
    assert refused.endswith("out of order [2J")  # nothing that a terminal would obey
    assert "no answer: ReadTimeout" in late


def test_two_listeners_hear_the_same(bank: Client, wanted: Callable[..., dict[str, Any]]) -> None:
    worlds = [World(), World()]
    places = [world.listener(bank).begin() for world in worlds]
    order = bank.orders.create(**wanted())
    for world, place in zip(worlds, places, strict=True):
        world.listener(bank).step(place)
    assert [[event.order for event in world.got] for world in worlds] == [[order], [order]]
    assert worlds[0].got[0].id == worlds[1].got[0].id


def test_only_what_is_wanted_is_forwarded(bank: Client, wanted: Callable[..., dict[str, Any]]) -> None:
    world = World()
    place = world.listener(bank).begin()
    bank.orders.close(bank.orders.create(**wanted()).id)
    listener = world.listener(bank, "order.closed", "refund.*")
    while not world.got:
        place = listener.step(place)
    assert [event.type for event in world.got] == ["order.closed"]


def asks(*answers: httpx.Response | Exception) -> Client:
    """A bank that answers so."""
    left = list(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        found = left.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    retries = Retries(attempts=1)
    return Client("https://bank.example", "fq_test_1", transport=httpx.MockTransport(answer), retries=retries)


def page(*data: dict[str, str], missed: bool = False) -> httpx.Response:
    return httpx.Response(200, json={"data": data, "next": "evt_1", "missed": missed})


def test_a_bank_that_is_lost_is_asked_again_from_the_same_place() -> None:
    world = World()
    bank = asks(httpx.ConnectError("down"), httpx.Response(502), httpx.ConnectError("down"), page())
    assert world.listener(bank).step("start") == "evt_1"
    assert [said.split(" (")[0] for said in world.said] == ["the bank is lost", "the bank is there again"]
    assert world.now == 1_800_000_000 + 3


def test_a_bank_that_does_not_wait_is_asked_with_a_pause() -> None:
    world = World()
    listener = world.listener(asks(page(), page(missed=True)))
    listener.step("start")
    listener.step("start")
    assert world.now == 1_800_000_000 + 2
    assert world.said == ["some events are missing here: the bank keeps them for seven days"]


def test_a_bank_that_refuses_the_key_ends_it() -> None:
    with pytest.raises(Unauthenticated):
        World().listener(asks(httpx.Response(401))).step("start")


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--url", "http://elsewhere.example"], 2), (["--secret", "whsec_AAAA"], 2)]
)
def test_wrong_usage_is_told(arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["listen", "--forward", "http://localhost:3000/", "--key", "k", *arguments]) == code
    assert capsys.readouterr().err.startswith("feiqian_client: ")


def test_the_command_prints_its_secret_and_not_the_key(served: Served) -> None:
    key = served.merchants[1].key
    command = [
        sys.executable,
        "-m",
        "feiqian_client",
        "listen",
        "--url",
        served.url,
        "--forward",
        "http://localhost:9/",
    ]
    environment = os.environ | {"FEIQIAN_KEY": key, "PYTHONPATH": str(Path(webhooks.__file__).parents[1])}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        assert child.stdout is not None
        said = child.stdout.readline() + child.stdout.readline()
        while child.poll() is None:  # Python drops an interruption that comes while something is being freed
            child.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                child.wait(5)
        said += child.stdout.read()
    assert child.returncode == 0, said
    assert "\nwhsec_" in said
    assert key not in said
