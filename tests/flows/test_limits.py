"""One customer's limits, reached by several shops, tills and codes at the same moment: one counter for all."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import NamedTuple

import pytest

from feiqian.accounts.kinds import AllowanceKind
from feiqian.clock import MICROSECONDS
from feiqian.customers.registry import Customers
from feiqian.db import BankDb
from feiqian.demo.seeding import Plan, seed
from feiqian.field_cipher import FieldCipher
from feiqian.ledger.chart import allowance_id
from feiqian.ledger.ledger import Ledger
from feiqian.ledger.recovery import open_journal, open_ledger
from feiqian.limits.service import PaymentLimits
from feiqian.merchants.registry import Merchant, Merchants
from feiqian.payments.code_keys import KeyRing
from feiqian.payments.codes import Codes
from feiqian.payments.requests import PaymentRequest
from feiqian.payments.service import Payments
from feiqian.payments.views import PaymentView
from feiqian.policy.load import load_policy
from feiqian.settings import Settings
from feiqian.testing.clock import ManualClock

CNY = 156
ANNA = 1
DAY_AMOUNT, SHOPS = 300_00, 4


class Market(NamedTuple):
    """Four shops that take payments from customers whose limit of a day is 300.00."""

    ledger: Ledger
    payments: Payments
    codes: Codes
    clock: ManualClock
    shops: list[Merchant]

    def pay(self, amounts: list[int]) -> list[PaymentView]:
        """All at once, each at another shop and till, with another code of the same customer."""

        async def all_at_once() -> list[PaymentView]:
            return await asyncio.gather(*[self._one(n, amount) for n, amount in enumerate(amounts)])

        return asyncio.run(all_at_once())

    async def _one(self, n: int, amount: int) -> PaymentView:
        # Codes of the past slots are good for some time yet, so one customer can show several.
        code = self.codes.issue(self.codes.device_of(ANNA), self.clock.now() // MICROSECONDS - 10 * (n % 5)).digits
        order = f"order-{self.clock.now()}-{n}"
        request = PaymentRequest(
            payment_code=code, amount=amount, currency="CNY", merchant_order=order, terminal=f"till {n}"
        )
        return await self.payments.pay(self.shops[n % SHOPS], request)

    def used(self) -> int:
        used = self.ledger.engine.used(allowance_id(AllowanceKind.DAY_AMOUNT, CNY, ANNA))
        assert used is not None
        return used[0]


@pytest.fixture
def market(tmp_path: Path):
    settings = Settings(data=str(tmp_path / "bank"))
    clock = ManualClock()
    seed(settings, Plan(customers=2, merchants=SHOPS, balance=10_000_00, day_amount=DAY_AMOUNT), clock)
    journal = open_journal(Path(settings.data))
    ledger = open_ledger(journal, None, clock)
    db = BankDb(Path(settings.data))
    merchants = Merchants(db, "test")
    shops = merchants.all()
    customers = Customers(db)
    codes = Codes(KeyRing.new(), customers.issuing)
    limits = PaymentLimits(load_policy("cn"), customers, ledger)
    # Nothing here asks for what was before, and nothing waits.
    payments = Payments(ledger, codes, clock, customers, None, limits, merchants, None, FieldCipher(bytes(32)))
    yield Market(ledger, payments, codes, clock, shops)
    ledger.commit()
    ledger.close()
    journal.close()
    db.close()


def test_abuse_17_the_daily_limit_is_one_counter_over_all_shops_and_tills(market):
    answers = market.pay([100_00] * 5)
    assert sorted(answer.status for answer in answers) == ["declined"] * 2 + ["succeeded"] * 3
    assert {answer.reason for answer in answers if answer.status == "declined"} == {"daily_limit"}
    assert market.used() == DAY_AMOUNT


def test_abuse_17_what_is_left_of_the_limit_can_be_spent_to_the_last_cent_and_no_further(market):
    first = market.pay([299_99])
    market.clock.advance(60)
    second = market.pay([2, 2, 1, 2])
    assert [answer.status for answer in first] == ["succeeded"]
    assert [answer.status for answer in second] == ["declined", "declined", "succeeded", "declined"]
    assert market.used() == DAY_AMOUNT


def test_abuse_51_a_limit_split_over_many_codes_stays_one_limit(market):
    spent = 0
    for _ in range(8):
        spent += sum(answer.amount for answer in market.pay([25_00] * 5) if answer.status == "succeeded")
        market.clock.advance(60)
    assert spent == DAY_AMOUNT == market.used()


def test_the_limit_is_fresh_on_the_bank_s_next_day(market):
    assert [a.status for a in market.pay([300_00, 1])] == ["succeeded", "declined"]
    market.clock.advance(24 * 3600)
    assert [a.status for a in market.pay([300_00, 1])] == ["succeeded", "declined"]
