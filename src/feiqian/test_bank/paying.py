"""Pays as one of the payers would, from the wallet or with a code; and what their phones do by themselves."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

from feiqian.auth.challenges.model import Passed
from feiqian.clock import MICROSECONDS, MINUTE, microseconds
from feiqian.errors import FeiqianError
from feiqian.events import PaymentDecided, PaymentStatus, decode_fact
from feiqian.ids import CustomerNumber
from feiqian.ledger.engine import EVENT, NO_ID, Type
from feiqian.merchants.registry import Merchant
from feiqian.money import BY_CODE
from feiqian.orders.methods import ProvedPayment, WalletMethod
from feiqian.orders.model import Method, Order, OrderStatus
from feiqian.payments.code_keys import KeyRing
from feiqian.payments.codes import CodeIssuer, claim_of
from feiqian.payments.permutation import DEVICES
from feiqian.payments.requests import PaymentRequest
from feiqian.payments.views import PaymentView
from feiqian.policy.factors import Factor, Purpose
from feiqian.runtime import logs
from feiqian.services import Services
from feiqian.subjects import customer
from feiqian.test_bank.forwarding import Forwarding
from feiqian.test_bank.payers import BY_NAME, PAYERS, Answer, Code, Payer, When

EXPIRED_SECONDS = 120  # ago an expired code was shown
USED_SECONDS = 3_600  # for which a used one stays so
PHONE_SECONDS = 30  # at most until a phone has answered
_ANSWERS = {payer.number: payer.answer for payer in PAYERS if payer.answer is not Answer.NOTHING}
_log = logs.get("feiqian.test_bank")


class NotPayable(FeiqianError):
    """The order takes neither a code nor a wallet: pay it on its page."""


class Codes:
    """Payment codes of payers, in whichever state."""

    def __init__(self, services: Services, keys: KeyRing) -> None:
        self._services, self._issuer = services, CodeIssuer(keys)

    def of(self, payer: Payer) -> str:
        """The 20 digits that this payer shows now."""
        services, ledger = self._services, self._services.ledger
        if payer.code is Code.FRESH:
            return services.payments.code_for(payer.number).digits
        seconds = ledger.clock.now() // MICROSECONDS
        if payer.code is Code.UNKNOWN:
            return self._issuer.issue(DEVICES - 1 - secrets.randbelow(1_000), seconds).digits
        device = services.customers.issuing.device_of(payer.number)
        if payer.code is Code.EXPIRED:
            return self._issuer.issue(device, seconds - EXPIRED_SECONDS).digits
        code = self._issuer.issue(device, seconds).digits
        until = seconds + USED_SECONDS
        ledger.post(EVENT.pack(Type.CLAIM, 0, 0, 0, until, claim_of(code), NO_ID, NO_ID, NO_ID))
        return code


class Paying:
    """Of one bank."""

    def __init__(self, services: Services, codes: Codes, forwarding: Forwarding) -> None:
        self._services, self.codes, self._forwarding = services, codes, forwarding

    async def pay(self, merchant: Merchant, id: str, payer: Payer) -> list[PaymentView]:
        """Each attempt, the last one as it is once the payer's phone has answered. Raises OrderNotFound, NotPayable,
        and what paying an order raises."""
        orders = self._services.orders
        order = await orders.get(merchant, id)
        before = [await self._attempt(merchant, order, BY_NAME[payer.before])] if payer.before else []
        if payer.when is not When.NOW and order.status is OrderStatus.OPEN:
            await self._move_to_the_end(microseconds(order.expires_at), payer.when)
        return [*before, await self._attempt(merchant, order, payer)]

    async def _move_to_the_end(self, expires_at: int, when: When) -> None:
        """Before the last second, all that is due earlier is done first; from there nothing awaits until it is paid."""
        if when is When.TOO_LATE:
            await self._forwarding.forward_to(expires_at + MICROSECONDS)
        else:
            await self._forwarding.forward_to(expires_at - MINUTE)
            self._forwarding.jump_to(expires_at - MICROSECONDS)

    async def _attempt(self, merchant: Merchant, order: Order, payer: Payer) -> PaymentView:
        number = f"test-{secrets.token_hex(8)}"
        if _by_code(payer) and Method.CODE in order.methods:
            request = PaymentRequest(
                payment_code=self.codes.of(payer),
                amount=order.amount,
                currency=order.currency,
                merchant_order=number,
                order=order.id,
            )
            view = await self._services.payments.pay(merchant, request)
            return await self._answered(merchant, view, payer)
        if Method.WALLET not in order.methods or _by_code(payer):
            raise NotPayable("this order takes no payment as this payer makes: pay it on its page")
        currency = BY_CODE[order.currency].number
        source = self._services.payments.source_of(currency, payer.number, order.amount)
        now = self._services.clock.now()
        passed = Passed("", (Factor.PASSKEY,), "", now, customer(payer.number), Purpose.PAYMENT)
        asked = ProvedPayment(order.amount, order.currency, number, order.description, payer.number, source, passed)
        return await self._services.orders.attempt(order.id, WalletMethod(), asked, Method.WALLET)

    async def _answered(self, merchant: Merchant, view: PaymentView, payer: Payer) -> PaymentView:
        """As it is once the phone has answered, if it does."""
        if view.status != PaymentStatus.WAITING or payer.answer is Answer.NOTHING or view.id is None:
            return view
        return await self._services.payments.get(merchant, view.id, PHONE_SECONDS)


def _by_code(payer: Payer) -> bool:
    """Whether what is special about a payer shows only at a till."""
    return payer.code is not Code.FRESH or payer.verifies_all


class Phones:
    """The phones that answer by themselves. Hears of each durable row."""

    def __init__(self, services: Services, pin: str) -> None:
        self._services, self._pin = services, pin
        self._asked: asyncio.Queue[tuple[CustomerNumber, str]] = asyncio.Queue()
        services.ledger.subscribe(self._on_row)

    def _on_row(self, position: int, facts: Sequence[bytes]) -> None:
        for data in facts:
            fact = decode_fact(data)
            if isinstance(fact, PaymentDecided) and fact.status is PaymentStatus.WAITING and fact.customer in _ANSWERS:
                self._asked.put_nowait((fact.customer, fact.id))

    async def run(self) -> None:
        """Answers one after another, until cancelled."""
        while True:
            number, payment = await self._asked.get()
            try:
                await self._answer(number, payment)
            except Exception as error:  # it was cancelled, say, or its order was paid by somebody else
                _log.warning("phone_did_not_answer", payment=payment, why=type(error).__name__)

    async def _answer(self, number: CustomerNumber, payment: str) -> None:
        confirmations, verification = self._services.payments.confirmations, self._services.verification
        if _ANSWERS[number] is Answer.REFUSES:
            await confirmations.refuse(number, payment)
            return
        binding, who = await confirmations.bound_of(number, payment), customer(number)
        needs = confirmations.needs(number, binding)
        challenge = await verification.begin(who, binding, "en", needs)
        await verification.answer(challenge.id, who, Factor.PIN, self._pin)
        await confirmations.confirm(number, payment, challenge.id)
