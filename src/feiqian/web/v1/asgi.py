"""The ASGI application of /v1: the one way that every API request goes, from its first byte to its last.

route → authenticate (merchants by key, customers by session) → throttle → read and parse → handler → answer. It is
plain ASGI because payments go through it and a framework's share of the time would be larger than ours.
"""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import Any

from feiqian import features
from feiqian.auth.sessions.model import Session
from feiqian.merchants.registry import Merchant
from feiqian.runtime.network import client
from feiqian.runtime.shares import Admission, Overloaded, Throttle
from feiqian.services import Services
from feiqian.web.server.turns import Turns

from . import problems
from .answers import Answer, Message, Receive, Send, answer_to, exchange_of, send_answer
from .authenticate import Authenticator, Visitors
from .call import Call, CustomerCall, Found, Route, Router
from .parse import BodyParser, Disconnected, check_media_type, headers_of, parse_query, read_whole
from .pictures import with_pictures
from .plain import Plain
from .problems import ProblemError

UNROUTED = "unrouted"
CUSTOMER_RATE, CUSTOMER_BURST = 20, 60  # requests of one customer a second, and at once
STRANGER_RATE, STRANGER_BURST = 50, 200  # of all who are not signed in behind one address: a carrier's may be thousands
PATHS = ("/v1", "/problems/", "/healthz", "/readyz", "/metrics")  # what is ours; everything else is pages


class Api:
    """The application. `admission` is shared with the server's protocol, which refuses before it parses."""

    def __init__(self, services: Services, admission: Admission, authenticate: Authenticator) -> None:
        self._services = services
        self.turns = Turns(admission, lambda: services.live.count)
        routes = features.routes()
        self._plain = Plain(services, routes, version("feiqian"))
        self._router = Router(routes)
        self._admission = admission
        self._merchants = services.merchants
        self._authenticate = authenticate
        self._metrics = services.metrics
        settings = services.settings
        self._reads: Throttle[int] = Throttle(settings.polls_per_second, settings.polls_burst, time.monotonic)
        self._visitors = Visitors(services)
        self._customers: Throttle[int] = Throttle(CUSTOMER_RATE, CUSTOMER_BURST, time.monotonic)
        self._strangers: Throttle[str] = Throttle(STRANGER_RATE, STRANGER_BURST, time.monotonic)
        services.metrics.counter("feiqian_throttled", "Requests above a caller's rate", self._throttled)
        self._parsers = {route.name: BodyParser(route.body) for route in routes if route.body is not None}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        plain = self._plain.find(scope["method"], scope["path"])
        if plain is not None:
            return await send_answer(scope, send, plain())
        found = self._router.find(scope["method"], scope["path"])
        name = found.route.name if found is not None and found.route is not None else UNROUTED
        try:
            answer = await self._answer(scope, receive, found)
        except Disconnected:
            return
        except Exception as error:
            answer = answer_to(error, name)
        await send_answer(scope, send, answer)
        seconds = time.perf_counter() - start
        self._metrics.observe(name, answer.status, seconds)

    async def _answer(self, scope: Message, receive: Receive, found: Found | None) -> Answer:
        if found is None:
            raise ProblemError(problems.NOT_FOUND)
        route = found.route
        if route is None:
            allow = ", ".join(found.allowed).encode()
            raise ProblemError(problems.METHOD_NOT_ALLOWED, headers=((b"allow", allow),))
        content_type, content_length, authorization = headers_of(scope["headers"])
        if route.who != "merchant":
            return await self._in_turn(scope, receive, route, found.id, authorization)
        if self._merchants.stale:
            await self._merchants.fresh()
        merchant = self._authenticate(authorization)
        query = parse_query(scope["query_string"], route.query)
        if not route.writes:
            return await self._read(route, merchant, found.id, query)
        admission, data = self._admission, b""
        if route.body is not None:
            check_media_type(content_type)
            data = await read_whole(exchange_of(scope), receive, content_length)
        if admission.total >= admission.limit and not admission.admits(merchant.number):
            admission.refused += 1
            raise Overloaded
        body = self._parsers[route.name].parse(data) if route.body is not None else None
        answer = route.handler(Call(self._services, merchant, found.id, body, query))
        return await self.turns.begun(f"merchant {merchant.number}", answer)

    async def _in_turn(self, scope: Message, receive: Receive, route: Route, id: str, authorization: bytes) -> Answer:
        """Apart from `_answer`, in which each name that a closure holds costs every payment an allocation."""
        return await self.turns.run(lambda _: self._of_customer(scope, receive, route, id, authorization))

    async def _of_customer(
        self, scope: Message, receive: Receive, route: Route, id: str, authorization: bytes
    ) -> Answer:
        """A request of a customer's app. Password hashes and databases are slow, so it never counts as a payment."""
        try:
            visitor = await self._visitors(scope["headers"], authorization, needed=route.who == "customer")
        except ProblemError:
            self._allow(None)
            raise
        self._allow(visitor.session)
        query, body = parse_query(scope["query_string"], route.query), None
        if route.pictures:
            return await with_pictures(self._services, scope, receive, route, self._parsers[route.name], visitor)
        if route.body is not None:
            content_type, content_length, _ = headers_of(scope["headers"])
            check_media_type(content_type)
            whole = await read_whole(exchange_of(scope), receive, content_length, route.body_limit)
            body = self._parsers[route.name].parse(whole)
        return await route.handler(CustomerCall(self._services, visitor, id, body, query))

    def _allow(self, session: Session | None) -> None:
        """Counts a request for the customer, else for the network that it comes from. Raises ProblemError."""
        allowed = (
            self._strangers.allow(client.get()) if session is None else self._customers.allow(session.subject.number)
        )
        if not allowed:
            raise ProblemError(problems.TOO_MANY_REQUESTS)

    def _throttled(self) -> int:
        return self._reads.refused + self._customers.refused + self._strangers.refused

    async def _read(self, route: Route, merchant: Merchant, id: str, query: Any) -> Answer:
        if not self._reads.allow(merchant.number):
            raise ProblemError(problems.TOO_MANY_REQUESTS)
        return await route.handler(Call(self._services, merchant, id, None, query))
