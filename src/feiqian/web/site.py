"""What all handlers share: the bank's port, the open streams, the renderer, the shoppers' switch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from litestar import Response
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.response import Stream

from .model import Bank, Code, Person, Shop
from .render import Renderer
from .streams import Hub
from .symbols import Symbol, code128, qr

Level = Literal["off", "gentle", "rush"]
T = TypeVar("T")


class Traffic(Protocol):
    """The simulated shoppers."""

    @property
    def level(self) -> Level: ...

    async def change(self, level: Level) -> None: ...


@dataclass(slots=True)
class Site:
    """One bank's pages."""

    bank: Bank
    hub: Hub
    render: Renderer
    traffic: Traffic

    def page(self, template: str, scripts: tuple[str, ...] = (), **values: object) -> Response[str]:
        """A whole page; `scripts` names the texts that its script needs."""
        texts = self.render.texts.for_scripts("link.", *scripts)
        return Response(self.render(template, texts=texts, **values), media_type="text/html; charset=utf-8")

    async def person(self, id: str) -> Person:
        return _found(await self.bank.person(id))

    async def shop(self, id: str) -> Shop:
        return _found(await self.bank.shop(id))


TheSite = NamedDependency[Site]  # as handlers are given it


def _found(thing: T | None) -> T:
    if thing is None:
        raise NotFoundException
    return thing


def pictures(code: Code) -> dict[str, Symbol]:
    """A payment code's two pictures, by the ids that they have on the page."""
    return {"qr": qr(code.digits), "bars": code128(code.digits)}


def stream(events: AsyncIterator[bytes]) -> Stream:
    """Server-sent events; no proxy may hold them back."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(events, media_type="text/event-stream", headers=headers)
