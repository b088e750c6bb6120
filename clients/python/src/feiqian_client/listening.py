"""Forwards a shop's webhooks to a developer's machine, which no webhook reaches: asks the bank, signs, posts, says what
was answered. What was told while the connection was lost comes when it is there again; nothing is skipped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

import httpx

from . import webhooks
from .client import Client
from .errors import AnswerInvalid, TooManyRequests, Unavailable
from .model import Event, Events

WAIT_SECONDS = 25  # for one question; the bank answers as soon as something happens
PAUSE_SECONDS = 1.0
ANSWER_SECONDS = 20.0  # that the bank gives a receiver, too
SHOWN = 200  # characters of what a receiver answers


class Tools(NamedTuple):
    """What a listener does the world with."""

    say: Callable[[str], object] = lambda text: print(text, flush=True)
    sleep: Callable[[float], object] = time.sleep
    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


class Listener:
    """`wanted`: names of events, or patterns as `order.*`. `secret` signs what is forwarded."""

    def __init__(
        self,
        bank: Client,
        forward: str,
        secret: str,
        wanted: Sequence[str] = ("*",),
        *,
        receiver: httpx.Client | None = None,
        tools: Tools = Tools(),  # noqa: B008
    ) -> None:
        self._bank, self._forward, self._secret, self._wanted = bank, forward, secret, tuple(wanted)
        self._receiver = receiver or httpx.Client(timeout=ANSWER_SECONDS, follow_redirects=False, trust_env=False)
        self._tools = tools

    def begin(self) -> str:
        """The place from which on events are forwarded: now. Raises what the bank refuses."""
        return self._bank.webhook_endpoints.events().next

    def run(self, place: str) -> None:
        """Forwards what happens after a place, until it is interrupted."""
        while True:
            place = self.step(place)

    def step(self, place: str) -> str:
        """Asks once, forwards what there is; the place where it goes on. Raises what the bank refuses."""
        begun = self._tools.monotonic()
        events = self._ask(place)
        if events.missed:
            self._tools.say("some events are missing here: the bank keeps them for seven days")
        for event in events.data:
            if any(fnmatchcase(event.type, pattern) for pattern in self._wanted):
                self._deliver(event)
        if not events.data and self._tools.monotonic() - begun < PAUSE_SECONDS:
            self._tools.sleep(PAUSE_SECONDS)  # too many wait already: the bank answers at once
        return events.next

    def _ask(self, place: str) -> Events:
        """Until the bank answers."""
        lost = False
        while True:
            try:
                events = self._bank.webhook_endpoints.events(after=place, wait=WAIT_SECONDS)
            except (Unavailable, AnswerInvalid, TooManyRequests) as error:
                if not lost:
                    self._tools.say(f"the bank is lost ({error}); trying again, and then going on from here")
                lost = True
                self._tools.sleep(PAUSE_SECONDS)
            else:
                if lost:
                    self._tools.say("the bank is there again")
                return events

    def _deliver(self, event: Event) -> None:
        """Posts it, once something listens there, and says what was answered."""
        body, waiting = event.body.encode(), False
        while True:
            headers = webhooks.signed(self._secret, event.id, body, int(self._tools.now()))
            begun = self._tools.monotonic()
            try:
                answer = self._receiver.post(
                    self._forward, content=body, headers={"content-type": "application/json", **headers}
                )
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if not waiting:
                    self._tools.say(f"{_named(event)}  nothing listens at {self._forward}; waiting for it")
                waiting = True
                self._tools.sleep(PAUSE_SECONDS)
                continue
            except httpx.HTTPError as error:
                self._tools.say(f"{_named(event)}  no answer: {type(error).__name__}")
                return
            milliseconds = round((self._tools.monotonic() - begun) * 1_000)
            said = "" if answer.is_success else f"  {_line(answer.text)}"
            self._tools.say(f"{_named(event)}  {answer.status_code} in {milliseconds} ms{said}")
            return


def _named(event: Event) -> str:
    return f"{event.timestamp:%Y-%m-%d %H:%M:%S}  {event.type}  {event.id}"


def _line(text: str) -> str:
    """The beginning of what a receiver says, on one line, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:SHOWN])
