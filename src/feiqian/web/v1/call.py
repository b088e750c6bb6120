"""What a handler is given and what it gives back, and the table of routes: the one description of the API.

The OpenAPI document, the routing, the metrics' labels and the checks of bodies and queries all come from `Route`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from feiqian.ids import CustomerNumber

from .answers import Answer as Answer
from .problems import Kind

if TYPE_CHECKING:
    from feiqian.auth.sessions.model import Session
    from feiqian.merchants.registry import Merchant
    from feiqian.services import Services

Who = Literal["merchant", "customer", "anyone"]


@dataclass(slots=True, eq=False)
class Call:
    """A merchant's request. `id` is the path's `{id}`; `body` and `query` are of the route's types."""

    services: Services
    merchant: Merchant
    id: str
    body: Any
    query: Any


class Visitor(NamedTuple):
    """Who sends a customer's request: the app or browser by its own account, and the session if one is signed in."""

    session: Session | None
    user_agent: str
    language: str


@dataclass(slots=True, eq=False)
class CustomerCall:
    """A customer's request, or of somebody who may become one: authenticated where the route asks for it."""

    services: Services
    visitor: Visitor
    id: str
    body: Any
    query: Any

    @property
    def session(self) -> Session:
        """Of a route that customers alone may call."""
        assert self.visitor.session is not None, "the route is open to anyone"
        return self.visitor.session

    @property
    def customer(self) -> CustomerNumber:
        """The customer's number."""
        return self.session.subject.customer


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. Merchants' `writes` pass admission control, all else a token bucket for each caller."""

    name: str
    method: Literal["GET", "POST"]
    path: str
    summary: str
    handler: Callable[[Any], Coroutine[Any, Any, Answer]]  # is given a Call, or of customers' routes a CustomerCall
    answer: type
    body: type | None = None
    query: type | None = None
    problems: tuple[Kind, ...] = ()
    description: str = ""
    who: Who = "merchant"
    body_limit: int = 16 * 1024  # bytes
    pictures: bool = False  # the body is `{"images": [...]}`, may be large, and is parsed by a worker process then

    @property
    def writes(self) -> bool:
        return self.method == "POST"


@dataclass(slots=True)
class Found:
    """A route for a path and method, or which methods the path has."""

    route: Route | None
    id: str = ""
    allowed: tuple[str, ...] = ()


class Router:
    """Finds the route: by the whole path where it is fixed, else by its parts around `{id}`."""

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self.routes = routes
        self._fixed: dict[str, dict[str, Route]] = {}
        self._with_id: dict[tuple[str, str], dict[str, Route]] = {}
        for route in routes:
            before, _, after = route.path.partition("{id}")
            where = self._with_id.setdefault((before, after), {}) if "{id}" in route.path else None
            (self._fixed.setdefault(route.path, {}) if where is None else where)[route.method] = route

    def find(self, method: str, path: str) -> Found | None:
        """None if there is nothing at this path."""
        methods, id = self._fixed.get(path), ""
        if methods is None:
            for (before, after), candidates in self._with_id.items():
                id = path[len(before) : len(path) - len(after)]
                if path.startswith(before) and path.endswith(after) and id and "/" not in id:
                    methods = candidates
                    break
            else:
                return None
        route = methods.get(method)
        return Found(route, id, _allowed(methods) if route is None else ())


def _allowed(methods: Collection[str]) -> tuple[str, ...]:
    """HEAD is there wherever GET is: the server asks for it with GET (`heads.as_get`)."""
    return tuple(sorted({*methods, "HEAD"} if "GET" in methods else methods))
