"""The bank of the payments' tests, under a policy that a test chooses; and payments by any method."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feiqian import subjects
from feiqian.accounts import opening
from feiqian.accounts.kinds import wallet_id
from feiqian.auth.challenges.model import Passed
from feiqian.events import PaymentDecided
from feiqian.ids import CustomerNumber
from feiqian.money import CNY, EUR
from feiqian.payments import plan
from feiqian.payments.intent import Channel, Intent, Method
from feiqian.policy.factors import Factor, Purpose
from feiqian.policy.load import FOLDER, read_policy
from feiqian.testing.clock import ManualClock
from tests.payments.conftest import Bank, run

__all__ = ["run"]
PIN, SMS, PASSKEY = Factor.PIN, Factor.SMS, Factor.PASSKEY


class LimitedBank(Bank):
    """Takes payments by any method, each proved by these factors (None: by nothing, so that it may have to wait)."""

    asked = 0
    shop: Any

    @property
    def currency(self) -> int:
        return int(self.policy.currency)

    def take(
        self,
        payer: int,
        amount: int,
        method: str = "online",
        *factors: Factor,
        source: bytes = b"",
        unproved: bool = False,
    ) -> PaymentDecided:
        type(self).asked += 1
        merchant, order = self.shop, f"order-{type(self).asked}"
        subject, at = subjects.customer(CustomerNumber(payer)), self.clock.now()
        passed = None if unproved else Passed(f"chl_{order}", factors, "", at, subject, Purpose.PAYMENT)
        intent = Intent(
            attempt=plan.payment_transfer(merchant.number, order),
            payer=payer,
            source=source or wallet_id(self.currency, payer),
            payee=merchant.number,
            amount=amount,
            currency=self.currency,
            fee_basis_points=60,
            merchant_order=order,
            description="",
            store="",
            terminal="",
            asked_at=at,
            method=Method(method, {}),
            channel=Channel.REMOTE,
            proved=passed,
        )
        fact = self.payments._authorizer.decide(intent).fact
        assert fact is not None
        return fact

    def told(self, *args: Any, **more: Any) -> tuple[str, str | None]:
        fact = self.take(*args, **more)
        return str(fact.status), fact.reason


OK = ("succeeded", None)


def opened(folder: Path, text: str) -> LimitedBank:
    bank = LimitedBank(folder, ManualClock(), read_policy(text, "policy"))
    bank.post(opening.bank_accounts(CNY.number), opening.bank_accounts(EUR.number))
    bank.shop = bank.merchant(currency=bank.currency)
    return bank


def shipped(name: str) -> str:
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[LimitedBank]:
    """Under the policy of China."""
    bank = opened(tmp_path / "cn", shipped("cn"))
    yield bank
    bank.engine.check()
    bank.close()


@pytest.fixture
def europe(tmp_path: Path) -> Iterator[LimitedBank]:
    bank = opened(tmp_path / "eu", shipped("eu"))
    yield bank
    bank.engine.check()
    bank.close()
