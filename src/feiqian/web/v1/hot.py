"""Taking a payment, the one operation that is hot: plain ASGI from its first byte to its last, with no framework.

The framework has the same operation (`payments.api`), which describes it; both answer from the same function.
"""

from __future__ import annotations

import time

import msgspec

from feiqian.payments.requests import PaymentRequest
from feiqian.runtime.shares import Admission, Overloaded
from feiqian.services import Services

from .answers import Answer, Message, Receive, Send, answer_to, exchange_of, send_answer
from .authenticate import Authenticator
from .parse import BodyParser, Disconnected, check_media_type, headers_of, parse_query, read_whole

PATH, OPERATION = "/v1/payments", "createPayment"
_encode = msgspec.json.encode


class TakingPayments:
    """The ASGI application of `POST /v1/payments`."""

    def __init__(self, services: Services, admission: Admission, authenticate: Authenticator) -> None:
        self._payments, self._merchants = services.payments, services.merchants
        self._admission, self._authenticate = admission, authenticate
        self._metrics, self._live = services.metrics, services.live
        self._parse = BodyParser(PaymentRequest).parse

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        try:
            answer = await self._answer(scope, receive)
        except Disconnected:
            return
        except Exception as error:
            answer = answer_to(error, OPERATION)
        await send_answer(scope, send, answer)
        seconds = time.perf_counter() - start
        self._metrics.observe(OPERATION, answer.status, seconds)
        self._live.observe(seconds)

    async def _answer(self, scope: Message, receive: Receive) -> Answer:
        content_type, content_length, authorization = headers_of(scope["headers"])
        if self._merchants.stale:
            await self._merchants.fresh()
        merchant = self._authenticate(authorization)
        if scope["query_string"]:
            parse_query(scope["query_string"], None)  # refuses: there is no parameter
        check_media_type(content_type)
        body = await read_whole(exchange_of(scope), receive, content_length)
        admission = self._admission
        if admission.total >= admission.limit and not admission.admits(merchant.number):
            admission.refused += 1
            raise Overloaded
        view = await self._payments.pay(merchant, self._parse(body))
        return Answer(200, _encode(view))
