"""What is hot: making an order and taking a payment. In the protocol's callback if it can be, else in a task of ASGI.

The framework has the same operations (`payments.api`, `orders.api`), which describe them; both answer from the same
functions.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import msgspec

from feiqian.merchants.registry import Merchant
from feiqian.merchants.scopes import Scope
from feiqian.orders.model import Order
from feiqian.orders.requests import OrderRequest
from feiqian.payments.requests import PaymentRequest
from feiqian.payments.views import PaymentView
from feiqian.runtime.shares import Admission, Overloaded
from feiqian.services import Services

from .answers import Answer, Message, Receive, Send, answer_to, exchange_of, give, send_answer
from .authenticate import Authenticator
from .parse import (
    BODY_LIMIT_BYTES,
    BodyParser,
    Disconnected,
    check_media_type,
    headers_of,
    idempotency_key,
    parse_query,
    read_whole,
)

PATH = "/v1/payments"
ORDERS_PATH = "/v1/orders"
_encode = msgspec.json.Encoder().encode
Headers = list[tuple[bytes, bytes]]
Tell = Callable[[msgspec.Struct | Exception], object]


class Taking(ABC):
    """The ASGI application of one operation, which merchants wait for while their customers do; and what our own server
    asks first (`server.AtOnce`)."""

    operation: ClassVar[str]
    path: bytes
    needed: ClassVar[Scope]

    def __init__(self, services: Services, admission: Admission, authenticate: Authenticator) -> None:
        self._merchants, self._admission, self._authenticate = services.merchants, admission, authenticate
        self._metrics, self._scope = services.metrics, self.needed.bit

    # --- in the protocol's callback ----------------------------------------------------------------------------

    def begin(self, exchange: Any, headers: Headers, body: bytes) -> bool:
        """Decides a whole request now, and answers when that is durable. False: nothing was done, ask with a task."""
        if self._merchants.stale or len(body) > BODY_LIMIT_BYTES:
            return False
        tell = partial(self._tell, exchange, time.perf_counter())
        try:
            content_type, content_length, authorization = headers_of(headers)
            if not content_length:
                return False  # in chunks: fields may have come after it, which are not of the head
            merchant = self._authenticate(authorization, self.needed)
            check_media_type(content_type)
            key = self._key_of(headers)
        except Exception as error:
            tell(error)
            return True
        exchange.known = b"" if key else merchant.hash  # what has a key of its own does not come again
        return self._begin(merchant, key, body, tell)

    def begin_again(self, exchange: Any, known: bytes, body: bytes) -> bool:
        """As `begin`, of a head that it has taken before, which announces as long a body; `known` is the hash of the
        API key in it."""
        if self._merchants.stale:
            return False
        merchant = self._merchants.by_hash(known)
        if merchant is None or not merchant.scopes & self._scope:
            return False
        return self._begin(merchant, "", body, partial(self._tell, exchange, time.perf_counter()))

    def _begin(self, merchant: Merchant, key: str, body: bytes, tell: Tell) -> bool:
        try:
            self._check_room(merchant)
            return self._take_at_once(merchant, key, body, tell)
        except Exception as error:
            tell(error)
            return True

    @abstractmethod
    def _take_at_once(self, merchant: Merchant, key: str, body: bytes, tell: Tell) -> bool:
        """As `_take`, without a task: calls `tell` once, with what `_take` returns or raises. False: as `begin`."""

    def _tell(self, exchange: Any, start: float, told: msgspec.Struct | Exception) -> None:  # not money: a time
        try:
            answer = answer_to(told, self.operation) if isinstance(told, Exception) else Answer(200, _encode(told))
        except Exception as error:  # nobody else would answer
            answer = answer_to(error, self.operation)
        give(exchange, answer)
        self._observe(start, answer)

    # --- in a task ---------------------------------------------------------------------------------------------

    @abstractmethod
    async def _take(self, merchant: Merchant, key: str, body: bytes) -> msgspec.Struct:
        """What is answered. `key`: of `_key_of`."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        try:
            answer = await self._answer(scope, receive)
        except Disconnected:
            return
        except Exception as error:
            answer = answer_to(error, self.operation)
        await send_answer(scope, send, answer)
        self._observe(start, answer)

    async def _answer(self, scope: Message, receive: Receive) -> Answer:
        headers = scope["headers"]
        content_type, content_length, authorization = headers_of(headers)
        if self._merchants.stale:
            await self._merchants.fresh()
        merchant = self._authenticate(authorization, self.needed)
        if scope["query_string"]:
            parse_query(scope["query_string"], None)  # refuses: there is no parameter
        check_media_type(content_type)
        body = await read_whole(exchange_of(scope), receive, content_length)
        key = self._key_of(headers)
        self._check_room(merchant)
        return Answer(200, _encode(await self._take(merchant, key, body)))

    # --- either way --------------------------------------------------------------------------------------------

    def _key_of(self, headers: Headers) -> str:
        """The request's `Idempotency-Key`, where the operation has one, or "". Raises ProblemError."""
        return ""

    def _check_room(self, merchant: Merchant) -> None:
        """Before the body is parsed. Raises Overloaded."""
        admission = self._admission
        if admission.total >= admission.limit and not admission.admits(merchant.number):
            admission.refused += 1
            raise Overloaded

    def _observe(self, start: float, answer: Answer) -> None:  # not money: a time
        self._metrics.observe(self.operation, answer.status, time.perf_counter() - start)


class MakingOrders(Taking):
    """`POST /v1/orders`: the first half of a payment, which does not wait for others' payments."""

    operation, path, needed = "createOrder", ORDERS_PATH.encode(), Scope.ORDERS_WRITE

    def __init__(self, services: Services, admission: Admission, authenticate: Authenticator) -> None:
        super().__init__(services, admission, authenticate)
        self._orders, self._parse = services.orders, BodyParser(OrderRequest).parse

    def _key_of(self, headers: Headers) -> str:
        return idempotency_key([value.decode("latin-1") for name, value in headers if name == b"idempotency-key"])

    def _take_at_once(self, merchant: Merchant, key: str, body: bytes, tell: Tell) -> bool:
        return self._orders.create_at_once(merchant, self._parse(body), key, tell)

    async def _take(self, merchant: Merchant, key: str, body: bytes) -> Order:
        return await self._orders.create(merchant, self._parse(body), key)


class TakingPayments(Taking):
    """`POST /v1/payments`, of an order or of none."""

    operation, path, needed = "createPayment", PATH.encode(), Scope.PAYMENTS_WRITE

    def __init__(self, services: Services, admission: Admission, authenticate: Authenticator) -> None:
        super().__init__(services, admission, authenticate)
        self._payments, self._live = services.payments, services.live
        self._parse = BodyParser(PaymentRequest).parse

    def _take_at_once(self, merchant: Merchant, key: str, body: bytes, tell: Tell) -> bool:
        return self._payments.pay_at_once(merchant, self._parse(body), tell)

    async def _take(self, merchant: Merchant, key: str, body: bytes) -> PaymentView:
        return await self._payments.pay(merchant, self._parse(body))

    def _observe(self, start: float, answer: Answer) -> None:  # not money: a time
        seconds = time.perf_counter() - start
        self._metrics.observe(self.operation, answer.status, seconds)
        self._live.observe(seconds)
