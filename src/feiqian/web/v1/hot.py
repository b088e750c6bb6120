"""Taking a payment, the one operation that is hot: in the protocol's callback, else plain ASGI, with no framework.

The framework has the same operation (`payments.api`), which describes it; both answer from the same function.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import msgspec

from feiqian.merchants.registry import Merchant
from feiqian.payments.requests import PaymentRequest
from feiqian.payments.views import PaymentView
from feiqian.runtime.shares import Admission, Overloaded
from feiqian.services import Services

from .answers import Answer, Message, Receive, Send, answer_to, exchange_of, give, send_answer
from .authenticate import Authenticator
from .parse import BODY_LIMIT_BYTES, BodyParser, Disconnected, check_media_type, headers_of, parse_query, read_whole

PATH, OPERATION = "/v1/payments", "createPayment"
_encode = msgspec.json.Encoder().encode


class TakingPayments:
    """The ASGI application of `POST /v1/payments`; and what our own server asks first (`server.AtOnce`)."""

    path = PATH.encode()

    def __init__(self, services: Services, admission: Admission, authenticate: Authenticator) -> None:
        self._payments, self._merchants = services.payments, services.merchants
        self._admission, self._authenticate = admission, authenticate
        self._metrics, self._live = services.metrics, services.live
        self._parse = BodyParser(PaymentRequest).parse

    # --- in the protocol's callback ----------------------------------------------------------------------------

    def begin(self, exchange: Any, headers: list[tuple[bytes, bytes]], body: bytes) -> bool:
        """Decides a whole request now, and answers when that is durable. False: nothing was done, ask with a task."""
        if self._merchants.stale or len(body) > BODY_LIMIT_BYTES:
            return False
        tell = partial(self._tell, exchange, time.perf_counter())
        try:
            content_type, content_length, authorization = headers_of(headers)
            if not content_length:
                return False  # in chunks: fields may have come after it, which are not of the head
            merchant = self._authenticate(authorization)
            check_media_type(content_type)
            self._check_room(merchant)
            return self._payments.pay_at_once(merchant, self._parse(body), tell)
        except Exception as error:
            tell(error)
            return True

    def _tell(self, exchange: Any, start: float, told: PaymentView | Exception) -> None:  # not money: a time
        try:
            answer = answer_to(told, OPERATION) if isinstance(told, Exception) else Answer(200, _encode(told))
        except Exception as error:  # nobody else would answer
            answer = answer_to(error, OPERATION)
        give(exchange, answer)
        self._observe(start, answer)

    # --- in a task ---------------------------------------------------------------------------------------------

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        try:
            answer = await self._answer(scope, receive)
        except Disconnected:
            return
        except Exception as error:
            answer = answer_to(error, OPERATION)
        await send_answer(scope, send, answer)
        self._observe(start, answer)

    async def _answer(self, scope: Message, receive: Receive) -> Answer:
        content_type, content_length, authorization = headers_of(scope["headers"])
        if self._merchants.stale:
            await self._merchants.fresh()
        merchant = self._authenticate(authorization)
        if scope["query_string"]:
            parse_query(scope["query_string"], None)  # refuses: there is no parameter
        check_media_type(content_type)
        body = await read_whole(exchange_of(scope), receive, content_length)
        self._check_room(merchant)
        view = await self._payments.pay(merchant, self._parse(body))
        return Answer(200, _encode(view))

    # --- in both -----------------------------------------------------------------------------------------------

    def _check_room(self, merchant: Merchant) -> None:
        """Before the body is parsed. Raises Overloaded."""
        admission = self._admission
        if admission.total >= admission.limit and not admission.admits(merchant.number):
            admission.refused += 1
            raise Overloaded

    def _observe(self, start: float, answer: Answer) -> None:  # not money: a time
        seconds = time.perf_counter() - start
        self._metrics.observe(OPERATION, answer.status, seconds)
        self._live.observe(seconds)
