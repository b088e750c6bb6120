"""ASGI middleware around the pages: they take turns with each other after payments; too many at once are refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from feiqian.runtime.shares import Overloaded
from feiqian.texts import LANGUAGES, texts_in

from .turns import Slot, Turns

Asgi = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]
_KEYS = ("problem.busy", "problem.busy.text")
_TEXT = "\n\n".join("\n".join(texts_in(language)(key) for key in _KEYS) for language in LANGUAGES).encode()
_HEADERS = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"content-length", b"%d" % len(_TEXT)),
    (b"cache-control", b"no-store"),
    (b"retry-after", b"5"),
]


class Paced:
    """The application, each request of which takes `turns`. An answer that has begun may last: it holds no place."""

    def __init__(self, app: Asgi, turns: Turns) -> None:
        self._app, self._turns = app, turns

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        async def answer(place: Slot) -> None:
            async def sending(message: MutableMapping[str, Any]) -> None:
                place.leave()
                await send(message)

            await self._app(scope, receive, sending)

        try:
            await self._turns.run(answer)
        except Overloaded:
            await send({"type": "http.response.start", "status": 503, "headers": _HEADERS})
            await send({"type": "http.response.body", "body": _TEXT})
