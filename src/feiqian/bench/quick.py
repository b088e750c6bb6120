"""Quick payments: from the spent challenge to durable, beside payments by code in the same run; and the whole flow.

The first part is in one process and one ledger, without HTTP and without the bank's database, as `payments`: rounds of
both kinds take turns. The second is a bank with everything but HTTP: begun, the code sent, entered, paid; waiting for
the message is left out.
"""

from __future__ import annotations

import asyncio
import gc
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from feiqian.accounts.kinds import AccountKind, deposit_id
from feiqian.app import build
from feiqian.demo.seeding import Plan, mobile_of, seed
from feiqian.ids import CustomerNumber, new_id
from feiqian.ledger import chart
from feiqian.ledger.engine import chain
from feiqian.merchants.registry import Merchant
from feiqian.money import CNY, MinorUnits
from feiqian.payments.views import PaymentView
from feiqian.policy.factors import Factor, Purpose
from feiqian.quick.method import QuickMethod, QuickOrder
from feiqian.quick.model import Way
from feiqian.quick.paying import DECIDED_WITHIN, order_number
from feiqian.quick.paying_model import Bill
from feiqian.runtime import logs
from feiqian.services import Services
from feiqian.settings import Settings
from feiqian.subjects import Role, Subject, customer
from feiqian.testing.sessions import as_if_passed

from .payments import MERCHANTS, PLENTY, Town
from .sign_in import policy_text

OPERATOR = Subject(Role.STAFF, 0)
MESSAGE_SECONDS = 10


class Village(Town):
    """A town whose people have an account each."""

    def _chains(self) -> Iterator[bytes]:
        yield from super()._chains()
        cash = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK)
        for owner in map(CustomerNumber, range(1, self.customers + 1)):
            id = deposit_id(CNY.number, owner, 1)
            brought = chart.transfer(chart.derived_id(b"bench", id), debit=cash, credit=id, amount=PLENTY)
            yield chain(chart.account(id, AccountKind.CUSTOMER_DEPOSIT, CNY.number), brought)

    def orders(self, count: int) -> list[tuple[Merchant, QuickOrder]]:
        """Fresh quick payments, whose challenges were spent just now."""
        return [self._order() for _ in range(count)]

    def _order(self) -> tuple[Merchant, QuickOrder]:
        self._orders += 1
        owner, now = CustomerNumber(1 + self._orders % self.customers), self.clock.now()
        id = new_id("qpy_", now)
        return self.merchants[self._orders % MERCHANTS], QuickOrder(
            amount=MinorUnits(self._chance.randrange(1_00, 200_00)),
            currency="CNY",
            merchant_order=order_number(f"bill-{self._orders}", id),
            description="Groceries",
            payer=owner,
            source=deposit_id(CNY.number, owner, 1),
            proved=as_if_passed(customer(owner), Purpose.QUICK_PAYMENT, (Factor.SMS,), now),
            reference=f"bill-{self._orders}",
            once_until=0,
            decided_before=now + DECIDED_WITHIN,
        )


class Round(msgspec.Struct, frozen=True):
    """Payments a second of each kind, one right after the other."""

    codes: float
    quick: float


def run(
    payments: int = 20_000, customers: int = 10_000, concurrency: int = 128, rounds: int = 5, flows: int = 40
) -> dict[str, Any]:
    """`payments` of each kind in a round; rates and their ratio are medians over the rounds, times in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="feiqian-bench-") as name:
        village = Village(Path(name) / "village", customers)
        done = [_round(village, payments, concurrency, number) for number in range(rounds + 1)][
            1:
        ]  # the first warms up
        village.close()
        steps = _flows(Path(name) / "bank", flows)
    return {
        "customers": customers,
        "concurrency": concurrency,
        "codes_per_second": statistics.median(one.codes for one in done),
        "quick_per_second": statistics.median(one.quick for one in done),
        "quick_ratio": statistics.median(one.quick / one.codes for one in done),
        "flow_p50_ms": statistics.median(sum(one) for one in steps),
        **{
            f"{name}_p50_ms": statistics.median(one[place] for one in steps)
            for place, name in enumerate(("begin", "send", "enter", "pay"))
        },
    }


def _round(village: Village, count: int, concurrency: int, number: int) -> Round:
    """Each kind comes first in its turn."""
    rates = {}
    for quick in (number % 2 == 0, number % 2 == 1):
        asked = iter(village.orders(count) if quick else village.requests(count))
        gc.collect()  # what making the requests has left behind
        began = time.perf_counter()
        uvloop.run(_all(village, asked, concurrency))
        rates[quick] = count / (time.perf_counter() - began)
    return Round(rates[False], rates[True])


async def _all(village: Village, asked: Iterator[tuple[Merchant, Any]], concurrency: int) -> None:
    method = QuickMethod()

    async def payer() -> None:
        for merchant, order in asked:
            if isinstance(order, QuickOrder):
                _succeeded(await village.payments.pay_by(method, merchant, order))
            else:
                _succeeded(await village.payments.pay(merchant, order))

    await asyncio.gather(*(payer() for _ in range(concurrency)))


def _succeeded(view: PaymentView) -> None:
    if view.status != "succeeded":
        raise RuntimeError(f"a payment of the benchmark was {view.status}: {view.reason}")


# --- the whole flow --------------------------------------------------------------------------------------------------


def _flows(folder: Path, count: int) -> list[list[float]]:
    """What each step of so many quick payments took, of one customer each."""
    folder.mkdir()
    (folder.parent / "policy.toml").write_text(policy_text(), encoding="utf-8")
    settings = Settings(data=str(folder / "data"), policy=str(folder.parent / "policy.toml"), log_level="warning")
    logs.configure(settings.log_level, settings.log_format)
    seed(settings, Plan(count + 1, 2, balance=10**9, sample_people=True))
    bank = build(settings)
    try:
        return uvloop.run(_paid(bank.services, count))
    finally:
        bank.close()


async def _paid(services: Services, count: int) -> list[list[float]]:
    sending = asyncio.create_task(services.outbox.run())
    try:
        took = [await _flow(services, CustomerNumber(number)) for number in range(1, count + 2)]
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return took[1:]  # the first warms up


async def _flow(services: Services, number: CustomerNumber) -> list[float]:
    six = await _account(services, number)
    merchant, quick = services.merchants.all()[0], services.quick_payments
    bill = Bill(merchant.number, MinorUnits(88_00), CNY.number, f"bill-{number}")
    at = [time.perf_counter()]
    begun = await quick.start(bill, mobile_of(number), six, "en")
    at.append(time.perf_counter())
    await quick.send(begun.challenge.id, Factor.SMS)
    at.append(time.perf_counter())
    code = await _code(services, number)
    entering = time.perf_counter()
    await quick.answer(begun.challenge.id, Factor.SMS, code)
    entered = time.perf_counter()
    _succeeded(await quick.pay(begun.id, begun.challenge.id))
    paid = time.perf_counter()
    return [1000 * step for step in (at[1] - at[0], at[2] - at[1], entered - entering, paid - entered)]


async def _account(services: Services, number: CustomerNumber) -> str:
    """The last six digits of a new account with money on it, that is open to quick payment."""
    deposits, ledger = services.deposits, services.ledger
    id = await deposits.open(number, CNY.number, "current", OPERATOR)
    account = await services.transactions.read(deposits.get, id)
    cash, brought = (
        chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK),
        chart.derived_id(b"bench", id.encode()),
    )
    ledger.post(chart.transfer(brought, debit=cash, credit=account.ledger_id, amount=1_000_00))
    await ledger.durable(ledger.position)
    await services.transactions.write(services.quick.open_within, account, OPERATOR, Way.STAFF)
    return (await services.transactions.read(deposits.number, id))[-6:]


async def _code(services: Services, number: CustomerNumber) -> str:
    """The code that the customer's phone received."""
    deadline = time.monotonic() + MESSAGE_SECONDS
    while time.monotonic() < deadline:
        for message in await services.notify.inbox(3, customer(number)):
            if message.kind == "code" and (found := re.search(r"\d{6}", message.text)):
                return found[0]
        await asyncio.sleep(0.005)
    raise SystemExit("feiqian bench: a code did not arrive")
