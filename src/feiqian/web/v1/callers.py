"""Who asks, whether it is their turn, and what they have sent: the middleware around every operation.

Merchants by key, customers by session, systems of the bank by keys of their own. What is beyond their share is refused
here, and bodies are parsed here, strictly: a handler is given what has passed.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from feiqian.auth.sessions.model import Session
from feiqian.runtime.network import client
from feiqian.runtime.shares import Admission, Overloaded, Throttle
from feiqian.services import Services
from feiqian.web.server.turns import Turns

from . import problems
from .answers import Message, Receive, Send, exchange_of
from .authenticate import Authenticator, BankSystems, Visitors
from .operations import Operation, operation_of
from .parse import check_media_type, headers_of, parse_query, read_whole
from .pictures import sent_pictures
from .problems import ProblemError

CUSTOMER_RATE, CUSTOMER_BURST = 20, 60  # requests of one customer a second, and at once
STRANGER_RATE, STRANGER_BURST = 50, 200  # of all who are not signed in behind one address: a carrier's may be thousands
BANK_RATE, BANK_BURST = 50, 100  # of all systems of the bank together
CALLER, BODY = "user", "feiqian.body"  # of the ASGI scope
Asgi = Callable[[Any, Any, Any], Awaitable[None]]


class Callers:
    """Of one server. `admission` is shared with its protocol, which refuses before it parses."""

    def __init__(self, services: Services, admission: Admission, authenticate: Authenticator) -> None:
        self._services, self._merchants, self._authenticate = services, services.merchants, authenticate
        self._admission, self.turns = admission, Turns(admission, lambda: services.live.count)
        settings = services.settings
        self._visitors, self._bank_systems = Visitors(services), BankSystems(services)
        self._reads: Throttle[int] = Throttle(settings.polls_per_second, settings.polls_burst, time.monotonic)
        self._customers: Throttle[int] = Throttle(CUSTOMER_RATE, CUSTOMER_BURST, time.monotonic)
        self._strangers: Throttle[str] = Throttle(STRANGER_RATE, STRANGER_BURST, time.monotonic)
        self._banks: Throttle[None] = Throttle(BANK_RATE, BANK_BURST, time.monotonic)
        services.metrics.counter("feiqian_throttled", "Requests above a caller's rate", self._throttled)

    def around(self, app: Asgi) -> Asgi:
        """The framework's middleware. Raises ProblemError, Overloaded, Disconnected."""

        async def called(scope: Message, receive: Receive, send: Send) -> None:
            operation = operation_of(scope["route_handler"])
            if operation is None:  # anyone may look, and it costs nothing
                await app(scope, receive, send)
            elif operation.who == "merchant":
                await self._of_merchant(operation, app, scope, receive, send)
            elif operation.who == "bank":
                await self.turns.run(lambda _: self._of_bank(operation, app, scope, receive, send))
            else:
                await self.turns.run(lambda _: self._of_customer(operation, app, scope, receive, send))

        return called

    async def _of_merchant(self, operation: Operation, app: Asgi, scope: Message, receive: Receive, send: Send) -> None:
        _, _, authorization = headers_of(scope["headers"])
        if self._merchants.stale:
            await self._merchants.fresh()
        assert operation.scope is not None, "operations of merchants have one"
        merchant = scope[CALLER] = self._authenticate(authorization, operation.scope)
        parse_query(scope["query_string"], operation.query)
        if not operation.writes:
            if not self._reads.allow(merchant.number):
                raise ProblemError(problems.TOO_MANY_REQUESTS)
            return await app(scope, receive, send)
        whole, admission = await _whole(operation, scope, receive), self._admission
        if admission.total >= admission.limit and not admission.admits(merchant.number):
            admission.refused += 1
            raise Overloaded

        async def write() -> None:
            scope[BODY] = operation.parse(whole) if operation.parse else None
            await app(scope, receive, send)

        await self.turns.begun(f"merchant {merchant.number}", write())

    async def _of_bank(self, operation: Operation, app: Asgi, scope: Message, receive: Receive, send: Send) -> None:
        """A request of a system of the bank: all of them share one rate; who has no key counts as a stranger."""
        _, _, authorization = headers_of(scope["headers"])
        try:
            await self._bank_systems(authorization)
        except ProblemError:
            self._allow(None)
            raise
        if not self._banks.allow(None):
            raise ProblemError(problems.TOO_MANY_REQUESTS)
        parse_query(scope["query_string"], operation.query)
        whole = await _whole(operation, scope, receive)
        scope[BODY] = operation.parse(whole) if operation.parse else None
        await app(scope, receive, send)

    async def _of_customer(self, operation: Operation, app: Asgi, scope: Message, receive: Receive, send: Send) -> None:
        """A request of a customer's app. Password hashes and databases are slow, so it never counts as a payment."""
        _, _, authorization = headers_of(scope["headers"])
        try:
            visitor = await self._visitors(scope["headers"], authorization, needed=operation.who == "customer")
        except ProblemError:
            self._allow(None)
            raise
        self._allow(visitor.session)
        scope[CALLER] = visitor
        parse_query(scope["query_string"], operation.query)
        if operation.pictures:
            async with sent_pictures(self._services, operation, visitor, scope, receive) as scope[BODY]:
                return await app(scope, receive, send)
        whole = await _whole(operation, scope, receive)
        scope[BODY] = operation.parse(whole) if operation.parse else None
        await app(scope, receive, send)

    def _allow(self, session: Session | None) -> None:
        """Counts a request for the customer, else for the network that it comes from. Raises ProblemError."""
        allowed = (
            self._strangers.allow(client.get()) if session is None else self._customers.allow(session.subject.number)
        )
        if not allowed:
            raise ProblemError(problems.TOO_MANY_REQUESTS)

    def _throttled(self) -> int:
        return self._reads.refused + self._customers.refused + self._strangers.refused + self._banks.refused


async def _whole(operation: Operation, scope: Message, receive: Receive) -> bytes:
    """The body, if the operation takes one; else what is sent is not read."""
    if operation.parse is None:
        return b""
    content_type, content_length, _ = headers_of(scope["headers"])
    check_media_type(content_type)
    return await read_whole(exchange_of(scope), receive, content_length, operation.body_limit)
