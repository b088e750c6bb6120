"""Quick payments of the mix, from the moment in which their challenge is spent."""

from __future__ import annotations

import time

from feiqian import subjects
from feiqian.auth.challenges.model import Passed
from feiqian.clock import MICROSECONDS
from feiqian.events import PaymentDecided
from feiqian.money import CNY
from feiqian.policy.factors import Factor, Purpose
from feiqian.quick.method import QuickMethod, QuickOrder

from .operations import Asked, Facts, Moves
from .payments import CodePayment, outcome_of

BILL_SECONDS = 3_600


class QuickPayment(CodePayment):
    """From one of the customer's accounts; the bill is paid once."""

    name, weight = "quick", 6

    async def do(self, it: Asked) -> str:
        accounts, seconds = await self.desk.accounts(it.customer), int(time.time())
        at, who = seconds * MICROSECONDS, subjects.customer(it.customer)
        order = QuickOrder(
            amount=it.amount,
            currency=CNY.code,
            merchant_order=it.order,
            description="",
            payer=it.customer,
            source=accounts[it.way % len(accounts)].ledger_id,
            proved=Passed(f"chl_{it.number}", (Factor.PIN, Factor.SMS), "", at, who, Purpose.QUICK_PAYMENT),
            reference=it.order,
            once_until=seconds + BILL_SECONDS,
            decided_before=at + BILL_SECONDS * MICROSECONDS,
        )
        return outcome_of(await self.services.payments.pay_by(QuickMethod(), self.desk.merchant(it), order))

    @staticmethod
    def moved(it: Asked, outcome: str, facts: Facts) -> Moves:
        assert facts.of(PaymentDecided, it.order).method == "quick"
        yield from CodePayment.moved(it, outcome, facts)
