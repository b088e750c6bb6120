"""Payments of the mix: by code from what was chosen, with a part that goes back, and from an account itself."""

from __future__ import annotations

from contextlib import suppress

from feiqian.accounts.kinds import AccountKind
from feiqian.events import PaymentDecided, PaymentStatus, RefundDecided, RefundStatus
from feiqian.ledger.chart import BANK, account_id
from feiqian.merchants.kinds import payable_id
from feiqian.money import CNY, MinorUnits
from feiqian.payments.errors import NotCancellable
from feiqian.payments.plan import payer_account
from feiqian.payments.requests import PaymentRequest, RefundRequest
from feiqian.payments.views import PaymentView

from .operations import CURRENCY, AskAgain, Asked, Facts, Moves, Operation

FEES = account_id(AccountKind.MERCHANT_FEES, CURRENCY, BANK)


class CodePayment(Operation):
    """A payment by code, from what the customer chose; one that waits to be confirmed is cancelled by its merchant."""

    name, weight = "code", 10

    async def do(self, it: Asked) -> str:
        return outcome_of(await self.paid(it))

    async def paid(self, it: Asked) -> PaymentView:
        merchant = self.desk.merchant(it)
        request = PaymentRequest(
            payment_code=self.desk.code(it), amount=it.amount, currency=CNY.code, merchant_order=it.order
        )
        view = await self.services.payments.pay(merchant, request)
        if view.id is None:
            raise AskAgain(view.reason)
        if view.status is PaymentStatus.WAITING:
            with suppress(NotCancellable):  # before the process was killed
                await self.services.payments.cancel(merchant, view.id)
        return view

    @staticmethod
    def moved(it: Asked, outcome: str, facts: Facts) -> Moves:
        fact = facts.of(PaymentDecided, it.order)
        assert (fact.customer, fact.amount) == (it.customer, it.amount)
        assert outcome == (f"declined {fact.reason}" if fact.reason else fact.status), f"{it}: {outcome}, {fact}"
        if fact.status is PaymentStatus.SUCCEEDED:
            yield payer_account(fact), -fact.amount
            yield payable_id(CURRENCY, fact.merchant), fact.amount - fact.fee
            yield FEES, fact.fee


class Refund(CodePayment):
    """A payment by code of which a third goes back."""

    name, weight = "refund", 3

    async def do(self, it: Asked) -> str:
        view = await self.paid(it)
        if view.status is not PaymentStatus.SUCCEEDED or view.id is None:
            return outcome_of(view)
        request = RefundRequest(amount=_third(it), merchant_refund=it.order)
        refund = await self.services.payments.refund(self.desk.merchant(it), view.id, request)
        return f"refund {refund.status}"

    @staticmethod
    def moved(it: Asked, outcome: str, facts: Facts) -> Moves:
        word, _, refunded = outcome.partition("refund ")
        yield from CodePayment.moved(it, word or PaymentStatus.SUCCEEDED, facts)
        if refunded:
            refund, payment = facts.of(RefundDecided, it.order), facts.of(PaymentDecided, it.order)
            assert (refund.payment, refund.status, refund.amount) == (payment.id, refunded, _third(it))
            if refund.status is RefundStatus.SUCCEEDED:
                yield payer_account(payment), refund.amount
                yield payable_id(CURRENCY, payment.merchant), -refund.amount


def outcome_of(view: PaymentView) -> str:
    return f"declined {view.reason}" if view.reason else str(view.status)


def _third(it: Asked) -> MinorUnits:
    return MinorUnits(it.amount // 3 or 1)
