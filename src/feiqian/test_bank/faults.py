"""Amounts with which answers are lost or late: what nothing about a payer can do. The request itself is carried out.

The first answer about a number is lost or late; the same request again is answered as it should be.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any

import msgspec

from feiqian.web.v1 import problems
from feiqian.web.v1.answers import EXCHANGE, Message, Receive, Send, render, send_answer
from feiqian.web.v1.problems import ProblemError

LOST, SLOW = 503_03, 504_04  # minor units
SLOW_SECONDS = 15.0  # longer than the library for Python waits
BODY_BYTES, KEPT = 20_000, 1_000
_PATHS = ("/v1/payments", "/v1/orders")


class _Asked(msgspec.Struct):
    """What a request is known by, whatever else is in it."""

    amount: int = 0
    merchant_order: str = ""
    merchant_refund: str = ""
    merchant_capture: str = ""

    @property
    def number(self) -> tuple[str, str, str]:
        return self.merchant_order, self.merchant_refund, self.merchant_capture


_decode = msgspec.json.Decoder(_Asked).decode


class Faults:
    """ASGI middleware around all that is served."""

    def __init__(self, app: Any, slow_seconds: float = SLOW_SECONDS) -> None:  # not money: a time
        self._app, self.slow_seconds = app, slow_seconds
        self._seen: OrderedDict[tuple[object, ...], None] = OrderedDict()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST" or not scope["path"].startswith(_PATHS):
            await self._app(scope, receive, send)
            return
        messages = await _read(receive)
        amount = self._fault(scope, b"".join(message.get("body", b"") for message in messages))
        again, plain = _replayed(messages, receive), _without_exchange(scope)
        if amount == LOST:
            await self._app(plain, again, _nowhere)
            await send_answer(plain, send, render(ProblemError(problems.OUTCOME_UNKNOWN)))
        elif amount == SLOW:
            held: list[Message] = []

            async def hold(message: Message) -> None:
                held.append(message)

            await self._app(plain, again, hold)
            await asyncio.sleep(self.slow_seconds)
            for message in held:
                await send(message)
        else:
            await self._app(plain, again, send)

    def _fault(self, scope: Message, body: bytes) -> int:
        """The amount, if this request is the first about its number with one of those; else 0."""
        try:
            asked = _decode(body)
        except msgspec.DecodeError:
            return 0
        if asked.amount not in (LOST, SLOW):
            return 0
        key = scope["path"], dict(scope["headers"]).get(b"authorization"), asked.number
        if key in self._seen:
            return 0
        self._seen[key] = None
        if len(self._seen) > KEPT:
            self._seen.popitem(last=False)
        return asked.amount


async def _read(receive: Receive) -> list[Message]:
    """A request's body, up to more than an operation takes."""
    messages, size = [], 0
    while size <= BODY_BYTES:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    return messages


def _replayed(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def replay() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return replay


def _without_exchange(scope: Message) -> Message:
    """So that an answer comes as messages, which can be held, and not in one write of our server's."""
    extensions = {name: value for name, value in scope.get("extensions", {}).items() if name != EXCHANGE}
    return {**scope, "extensions": extensions}


async def _nowhere(message: Message) -> None:
    """Where an answer is lost."""
