"""Asking for an order, beside the framework as taking a payment is: a shop does both for each sale.

The framework has the same operation (`orders.api`), which describes it; both answer from the same function.
"""

from __future__ import annotations

import time

import msgspec

from feiqian.orders.requests import OrderRequest
from feiqian.runtime.shares import Admission, Overloaded
from feiqian.services import Services

from .answers import Answer, Message, Receive, Send, answer_to, exchange_of, send_answer
from .authenticate import Authenticator
from .keys import idempotency_key
from .parse import BodyParser, Disconnected, check_media_type, headers_of, parse_query, read_whole

PATH, OPERATION = "/v1/orders", "createOrder"
_encode = msgspec.json.encode


class TakingOrders:
    """The ASGI application of `POST /v1/orders`."""

    def __init__(self, services: Services, admission: Admission, authenticate: Authenticator) -> None:
        self._orders, self._merchants = services.orders, services.merchants
        self._admission, self._authenticate = admission, authenticate
        self._metrics = services.metrics
        self._parse = BodyParser(OrderRequest).parse

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        try:
            answer = await self._answer(scope, receive)
        except Disconnected:
            return
        except Exception as error:
            answer = answer_to(error, OPERATION)
        await send_answer(scope, send, answer)
        self._metrics.observe(OPERATION, answer.status, time.perf_counter() - start)

    async def _answer(self, scope: Message, receive: Receive) -> Answer:
        content_type, content_length, authorization = headers_of(scope["headers"])
        if self._merchants.stale:
            await self._merchants.fresh()
        merchant = self._authenticate(authorization)
        if scope["query_string"]:
            parse_query(scope["query_string"], None)  # refuses: there is no parameter
        check_media_type(content_type)
        key = idempotency_key(scope["headers"])
        body = await read_whole(exchange_of(scope), receive, content_length)
        admission = self._admission
        if admission.total >= admission.limit and not admission.admits(merchant.number):
            admission.refused += 1
            raise Overloaded
        return Answer(200, _encode(await self._orders.create(merchant, self._parse(body), key)))
