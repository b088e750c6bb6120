"""Whatever happens to a waiting payment at the same moment: it ends in one way, and the money agrees with it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from feiqian.events import PaymentCancelled, PaymentConfirmed, PaymentExpired, PaymentRefused
from feiqian.ledger.audit import audit
from feiqian.payments.errors import NotCancellable, NotWaiting
from feiqian.payments.pending import status_of
from feiqian.payments.policy import VERIFICATION_SECONDS
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.projections.reconcile import reconcile_at

DEAR = 2_000_00
LATE = (NotWaiting, NotCancellable)
Act = Callable[[], Awaitable[str]]


async def all_at_once(bank: Any, acts: list[Act], dice: random.Random) -> list[str]:
    """Each act begins some ticks of the loop after another; the answers, or what an act found instead, in order."""

    async def one(act: Act, ticks: int) -> str:
        for _ in range(ticks):
            await asyncio.sleep(0)
        try:
            return await act()
        except LATE as late:
            return f"too late: {late.status}"

    return list(await asyncio.gather(*(one(act, dice.randrange(6)) for act in acts)))


def ends(bank: Any, payment: str) -> list[str]:
    """What the journal says of how a payment ended."""
    kinds = (PaymentConfirmed, PaymentRefused, PaymentCancelled)
    return [type(fact).__name__ for fact in bank.journaled()[1] if isinstance(fact, kinds) and fact.id == payment]


class Acts:
    """What customer, merchant and clock may do to one payment."""

    def __init__(self, bank: Any, merchant: Any, customer: int, payment: Any) -> None:
        self.bank, self.merchant, self.customer, self.payment = bank, merchant, customer, payment

    async def confirm(self) -> str:
        return str((await self.bank.confirm(self.customer, self.payment)).status)

    async def refuse(self) -> str:
        return str((await self.bank.payments.confirmations.refuse(self.customer, self.payment.id)).status)

    async def cancel(self) -> str:
        return str((await self.bank.payments.cancel(self.merchant, self.payment.id)).status)

    async def expire(self) -> str:
        self.bank.clock.advance(VERIFICATION_SECONDS)
        self.bank.payments.expiry.settle()
        return "time passed"

    async def freeze(self) -> str:
        await self.bank.accounts.freeze(self.customer)
        return "frozen"


def begin(bank: Any, run: Any, balance: int = 9_000_00) -> Acts:
    customer, merchant = bank.customer(balance), bank.merchant()
    return Acts(bank, merchant, customer, run(bank.pay(merchant, customer, DEAR)))


def test_confirmed_twice_at_once_is_confirmed_once(bank: Any, run: Any) -> None:
    acts = begin(bank, run)
    answers = run(all_at_once(bank, [acts.confirm] * 8, random.Random(8)))
    assert Counter(answers) == {"succeeded": 1, "too late: succeeded": 7}
    assert bank.wallet(acts.customer) == 9_000_00 - DEAR
    assert ends(bank, acts.payment.id) == ["PaymentConfirmed"]


@pytest.mark.parametrize("seed", range(12))
def test_abuse_14_confirmed_refused_and_cancelled_at_once_has_one_end(bank: Any, run: Any, seed: int) -> None:
    acts, dice = begin(bank, run), random.Random(seed)
    wishes = [acts.confirm, acts.cancel, acts.refuse, acts.confirm]
    dice.shuffle(wishes)
    answers = run(all_at_once(bank, wishes, dice))
    won = [answer for answer in answers if not answer.startswith("too late")]
    (end,) = set(won)
    assert {answer for answer in answers if answer not in won} <= {f"too late: {end}"}
    assert len(ends(bank, acts.payment.id)) == 1
    paid = DEAR if end == "succeeded" else 0
    assert bank.wallet(acts.customer) == 9_000_00 - paid


@pytest.mark.parametrize("seed", range(12))
def test_abuse_16_a_confirmation_that_races_the_expiry_has_one_end(bank: Any, run: Any, seed: int) -> None:
    acts = begin(bank, run)
    answers = run(all_at_once(bank, [acts.confirm, acts.expire, acts.cancel], random.Random(seed)))
    row = run(bank.reads.payment_by_id(acts.payment.id))
    assert row.status in {"succeeded", "expired", "cancelled"}
    assert sum(answer in {"succeeded", "cancelled"} for answer in answers) == (row.status != "expired")
    assert bank.wallet(acts.customer) == 9_000_00 - (DEAR if row.status == "succeeded" else 0)


@pytest.mark.parametrize("seed", range(12))
def test_a_freeze_that_races_a_confirmation_comes_before_it_or_after_it(bank: Any, run: Any, seed: int) -> None:
    acts = begin(bank, run)
    answers = run(all_at_once(bank, [acts.confirm, acts.freeze], random.Random(seed)))
    assert answers[0] in {"succeeded", "too late: declined"}  # a freeze ends what waits
    assert len(ends(bank, acts.payment.id)) == 1
    assert bank.wallet(acts.customer) == 9_000_00 - (DEAR if answers[0] == "succeeded" else 0)
    assert bank.accounts.frozen(acts.customer)


@pytest.mark.parametrize("seed", range(8))
def test_a_town_of_waiting_payments_ends_with_books_that_tie(bank: Any, run: Any, seed: int) -> None:
    """Customers who cannot afford all that they confirm, and everything else that can happen, in random order."""
    dice = random.Random(seed)
    customers = [bank.customer(dice.choice((2_500_00, 5_000_00)), day_amount=7_000_00) for _ in range(4)]
    merchants = [bank.merchant(f"Shop {n}", fee=fee) for n, fee in enumerate((0, 60, 300))]
    payments: list[Acts] = []
    for _ in range(4):
        bank.clock.advance(40)
        for customer in customers:
            merchant = dice.choice(merchants)
            waiting = run(bank.pay(merchant, customer, dice.choice((1_000_01, 1_999_99, 2_500_00))))
            payments.append(Acts(bank, merchant, customer, waiting))
    wishes = [
        getattr(payment, name)
        for payment in payments
        for name in dice.choices(("confirm", "confirm", "refuse", "cancel", "freeze"), (6, 6, 1, 1, 0.3), k=3)
    ]
    wishes += [payments[0].expire]
    dice.shuffle(wishes)
    run(all_at_once(bank, wishes, dice))
    bank.clock.advance(VERIFICATION_SECONDS)
    bank.payments.expiry.settle()
    bank.ledger.commit()
    tie = reconcile_at(bank.folder / "read.db", [PAYMENTS])
    report = audit(bank.journal, tie=tie)  # both engines, from the journal alone
    assert report.findings == []
    paid: Counter[int] = Counter()
    for one in payments:
        row = run(bank.reads.payment_by_id(one.payment.id))
        assert row.status == status_of(bank.engine, row.fact) != "needs_verification"
        assert len(ends(bank, row.id)) == (row.status != "expired")
        if row.status == "succeeded":
            paid[row.customer] += row.amount
    assert all(paid[customer] <= 7_000_00 for customer in customers)
    told = [fact.id for fact in bank.journaled()[1] if isinstance(fact, PaymentExpired)]
    assert len(told) == len(set(told))
