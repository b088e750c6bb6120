"""The synchronous client and the other. Both send what `operations` describes, as often as `calls` says."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from . import operations
from .calls import Answer, Call, NoAnswer, Retries, attempts

P = ParamSpec("P")
T = TypeVar("T")
TIMEOUT_SECONDS = 10.0
NOT_SENT = httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout
HERE = {"localhost", "127.0.0.1", "::1"}


class _Sync(Generic[P, T]):
    """An operation as a method of the synchronous client."""

    def __init__(self, operation: Callable[P, Call[T]]) -> None:
        self._operation = operation
        self.__doc__ = operation.__doc__

    def __get__(self, group: _SyncGroup, owner: type) -> Callable[P, T]:
        @functools.wraps(self._operation)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            return group.run(self._operation(*args, **kwargs))

        return call


class _Async(Generic[P, T]):
    """An operation as a method of the asynchronous client."""

    def __init__(self, operation: Callable[P, Call[T]]) -> None:
        self._operation = operation
        self.__doc__ = operation.__doc__

    def __get__(self, group: _AsyncGroup, owner: type) -> Callable[P, Awaitable[T]]:
        @functools.wraps(self._operation)
        def call(*args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
            return group.run(self._operation(*args, **kwargs))

        return call


class _SyncGroup:
    def __init__(self, client: Client) -> None:
        self.run = client.run


class _AsyncGroup:
    def __init__(self, client: AsyncClient) -> None:
        self.run = client.run


class Orders(_SyncGroup):
    """Orders: what is to be paid once, on the bank's page, in the wallet, or at a till."""

    create = _Sync(operations.create_order)
    get = _Sync(operations.get_order)
    find = _Sync(operations.find_order)
    find_by_key = _Sync(operations.find_order_by_key)
    list = _Sync(operations.list_orders)
    export = _Sync(operations.export_orders)
    settle = _Sync(operations.settle_order)
    returned = _Sync(operations.returned_order)
    return_secret = _Sync(operations.return_secret)
    close = _Sync(operations.close_order)
    capture = _Sync(operations.capture_order)
    void = _Sync(operations.void_order)


class AsyncOrders(_AsyncGroup):
    """As `Orders`."""

    create = _Async(operations.create_order)
    get = _Async(operations.get_order)
    find = _Async(operations.find_order)
    find_by_key = _Async(operations.find_order_by_key)
    list = _Async(operations.list_orders)
    export = _Async(operations.export_orders)
    settle = _Async(operations.settle_order)
    returned = _Async(operations.returned_order)
    return_secret = _Async(operations.return_secret)
    close = _Async(operations.close_order)
    capture = _Async(operations.capture_order)
    void = _Async(operations.void_order)


class Payments(_SyncGroup):
    """Payments with the code on a customer's phone, and your balance."""

    create = _Sync(operations.create_payment)
    get = _Sync(operations.get_payment)
    find = _Sync(operations.find_payment)
    list = _Sync(operations.list_payments)
    cancel = _Sync(operations.cancel_payment)
    balance = _Sync(operations.get_balance)


class AsyncPayments(_AsyncGroup):
    """As `Payments`."""

    create = _Async(operations.create_payment)
    get = _Async(operations.get_payment)
    find = _Async(operations.find_payment)
    list = _Async(operations.list_payments)
    cancel = _Async(operations.cancel_payment)
    balance = _Async(operations.get_balance)


class Refunds(_SyncGroup):
    """Refunds of orders, and of payments that were made without one."""

    create = _Sync(operations.refund_order)
    list = _Sync(operations.order_refunds)
    create_of_payment = _Sync(operations.refund_payment)
    list_of_payment = _Sync(operations.payment_refunds)


class AsyncRefunds(_AsyncGroup):
    """As `Refunds`."""

    create = _Async(operations.refund_order)
    list = _Async(operations.order_refunds)
    create_of_payment = _Async(operations.refund_payment)
    list_of_payment = _Async(operations.payment_refunds)


class WebhookEndpoints(_SyncGroup):
    """Where the bank tells your systems of orders, payments and refunds."""

    create = _Sync(operations.create_endpoint)
    list = _Sync(operations.list_endpoints)
    get = _Sync(operations.get_endpoint)
    change = _Sync(operations.change_endpoint)
    delete = _Sync(operations.delete_endpoint)
    rotate = _Sync(operations.rotate_secret)
    test = _Sync(operations.send_test)
    deliveries = _Sync(operations.list_deliveries)
    replay = _Sync(operations.replay)
    events = _Sync(operations.list_events)


class AsyncWebhookEndpoints(_AsyncGroup):
    """As `WebhookEndpoints`."""

    create = _Async(operations.create_endpoint)
    list = _Async(operations.list_endpoints)
    get = _Async(operations.get_endpoint)
    change = _Async(operations.change_endpoint)
    delete = _Async(operations.delete_endpoint)
    rotate = _Async(operations.rotate_secret)
    test = _Async(operations.send_test)
    deliveries = _Async(operations.list_deliveries)
    replay = _Async(operations.replay)
    events = _Async(operations.list_events)


class Client:
    """A bank's interface, with your key. Threads may share one. `timeout`: seconds for one attempt; `retries`: how
    often, and how far apart."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = TIMEOUT_SECONDS,
        retries: Retries = Retries(),  # noqa: B008
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._http = httpx.Client(**_settings(url, key), transport=transport)
        self._timeout, self._retries, self._sleep = timeout, retries, sleep
        self.orders, self.payments, self.refunds = Orders(self), Payments(self), Refunds(self)
        self.webhook_endpoints = WebhookEndpoints(self)

    def run(self, call: Call[T]) -> T:
        """Sends a request until it is known what came of it, or the attempts are used up."""
        steps = attempts(call, self._retries)
        pause = next(steps)
        while True:
            if pause:
                self._sleep(pause)
            try:
                pause = steps.send(self._sent(call))
            except StopIteration as ended:
                result: T = ended.value
                return result

    def _sent(self, call: Call[Any]) -> Answer | NoAnswer:
        try:
            return _answer(self._http.request(**_request(call, self._timeout)))
        except httpx.RequestError as error:
            return _no_answer(error)

    def close(self) -> None:
        """Closes its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient:
    """As `Client`, for asyncio."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = TIMEOUT_SECONDS,
        retries: Retries = Retries(),  # noqa: B008
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._http = httpx.AsyncClient(**_settings(url, key), transport=transport)
        self._timeout, self._retries, self._sleep = timeout, retries, sleep
        self.orders, self.payments, self.refunds = AsyncOrders(self), AsyncPayments(self), AsyncRefunds(self)
        self.webhook_endpoints = AsyncWebhookEndpoints(self)

    async def run(self, call: Call[T]) -> T:
        """Sends a request until it is known what came of it, or the attempts are used up."""
        steps = attempts(call, self._retries)
        pause = next(steps)
        while True:
            if pause:
                await self._sleep(pause)
            reply = await self._sent(call)
            try:
                pause = steps.send(reply)
            except StopIteration as ended:
                result: T = ended.value
                return result

    async def _sent(self, call: Call[Any]) -> Answer | NoAnswer:
        try:
            return _answer(await self._http.request(**_request(call, self._timeout)))
        except httpx.RequestError as error:
            return _no_answer(error)

    async def close(self) -> None:
        """Closes its connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _settings(url: str, key: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in HERE):
        raise ValueError("the bank's address begins with https:// (http:// for this machine alone)")
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("an API key is needed, as the bank has given it")
    headers = {"authorization": f"Bearer {key}", "user-agent": "feiqian-client/0.1.0"}
    return {"base_url": url, "headers": headers, "follow_redirects": False}


def _request(call: Call[Any], timeout: float) -> dict[str, Any]:
    content = {"content-type": "application/json"} if call.changes else {}
    return {
        "method": call.method,
        "url": call.path,
        "params": dict(call.query) or None,
        "content": call.body or None,
        "headers": {**call.headers, **content},
        "timeout": httpx.Timeout(timeout, read=timeout + call.wait),
    }


def _answer(response: httpx.Response) -> Answer:
    headers = response.headers
    return Answer(
        response.status_code, headers.get("content-type", ""), headers.get("retry-after", ""), response.content
    )


def _no_answer(error: httpx.RequestError) -> NoAnswer:
    return NoAnswer(not isinstance(error, NOT_SENT), type(error).__name__)
