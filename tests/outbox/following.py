"""A bank with one shop whose payments may wait, and what its customers were told; opened as often as a test likes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import text

from feiqian import app
from feiqian.demo.seeding import First, Plan, seed
from feiqian.outbox.model import Outbound
from feiqian.payments.requests import PaymentRequest
from feiqian.settings import Settings

T = TypeVar("T")
WAITS, SUCCEEDS = 2_000_00, 1_00  # fen


class Followed:
    """`run` is one turn of a server's life: what is given, then what the follower makes of it."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data=str(folder), port=0)
        people = (First("Mei Lin", 50_000_00), First("Ana Ruiz", 50_000_00, language="es"))
        seed(self.settings, Plan(3, 1, 50_000_00, sample_people=True, first=people))
        self._orders = 0
        self.open()

    def open(self) -> None:
        self.bank = app.build(self.settings)
        self.services = self.bank.services
        [self.shop] = self.services.merchants.all()

    def crash(self) -> None:
        """Nothing that was in memory is left; a follower that ran did not come to its end."""
        self.bank.close()
        self.open()

    def close(self) -> None:
        self.bank.close()

    def run(self, *work: Coroutine[Any, Any, T]) -> list[T]:
        async def all_of_it() -> list[T]:
            return [await one for one in work]

        return asyncio.run(all_of_it())

    async def pay(self, amount: int = WAITS, customer: int = 1, description: str = "") -> str:
        self._orders += 1
        code = self.services.payments.code_for(customer).digits  # type: ignore[arg-type]
        order = f"order-{self._orders}"
        request = PaymentRequest(
            payment_code=code, amount=amount, currency="CNY", merchant_order=order, description=description
        )
        paid = await self.services.payments.pay(self.shop, request)
        assert paid.status == ("needs_verification" if amount == WAITS else "succeeded"), paid.reason
        return str(paid.status)

    async def follow(self) -> None:
        await self.services.follower.follow()

    def follows(self, *outbounds: Outbound) -> None:
        """The follower of a bank with these instead."""
        self.services.follower._tell_by(outbounds)

    def told(self) -> list[tuple[str, str]]:
        """Whom, and what, in the order in which it was queued."""
        with self.bank.db.read() as connection:
            found = connection.execute(text("SELECT about, kind FROM outbox_deliveries ORDER BY sequence"))
            return [(about, kind) for about, kind in found]

    def position(self) -> int:
        with self.bank.db.read() as connection:
            return int(connection.execute(text("SELECT position FROM outbox_journal_position")).scalar_one())

    def durable(self) -> int:
        return self.services.ledger.durable_position
