"""The bytes that payments leave in the journal, and the answers, stay what they are: journals are kept for years.

One story with every sort of decision in it, with fixed keys and ids; a change of either digest is a change of a format.
"""

from __future__ import annotations

import random
import secrets
from hashlib import blake2b
from itertools import count
from typing import Any

import msgspec
import pytest

from feiqian import ids
from feiqian.clock import MICROSECONDS
from feiqian.payments.errors import OrderConflict
from feiqian.policy.load import load_policy

JOURNAL = "1daee85de4ccefafc290247159909532"
ANSWERS = "e5543b7ebb3864bcb4e3f230c3e635e8"


@pytest.fixture(autouse=True)
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is drawn by chance. Comes before the bank."""
    chance, numbers = random.Random(1), count(1)
    monkeypatch.setattr(secrets, "token_bytes", lambda size=32: chance.randbytes(size))
    monkeypatch.setattr(secrets, "randbelow", chance.randrange)
    monkeypatch.setattr(ids, "_random_80_bits", lambda: next(numbers))


def test_the_journal_and_the_answers_of_all_sorts_of_payments_are_the_same_bytes(bank: Any, run: Any) -> None:
    answers: list[object] = []
    run(_story(bank, answers))
    bank.ledger.commit()
    bodies = b"".join(row.body for row in bank.journal.rows(0))
    digests = blake2b(bodies, digest_size=16).hexdigest(), blake2b(msgspec.json.encode(answers)).hexdigest()[:32]
    assert digests == (JOURNAL, ANSWERS)


async def _story(bank: Any, answers: list[object]) -> None:
    shop, free = bank.merchant(), bank.merchant("Kiosk", fee=0)
    rich, poor, low, cools = (bank.customer(balance) for balance in (30_000_00, 1_00, 500_00, 60_000_00))
    bank.people.levels[low] = 0
    bank.people.cooling_until[cools] = bank.clock.now() // MICROSECONDS + 86_400 * 30

    async def pay(customer: int, amount: int, merchant: Any = shop, **more: str) -> Any:
        code = more.pop("code", "") or bank.fresh_code(customer)
        view = await bank.pay(merchant, customer, amount, code=code, **more)
        answers.append(view)
        return view

    first = await pay(rich, 12_34, description="Lunch", store="main", terminal="till-1")
    await pay(rich, 12_34, free)
    code = bank.fresh_code(rich)
    for amount in (1_00, 2_00, 3_000_00):
        await pay(rich, amount, code=code)  # used, after the first
    await pay(poor, 5_00)
    await pay(poor, 5_000_00)
    await pay(low, 5_00)
    for amount in (1_00, 200_00, 600_00, 5_000_00, 40_000_00):
        await pay(cools, amount)
    await pay(rich, 19_990_00)
    await pay(rich, 99_999_999_99)
    await pay(rich, 1_00, currency="EUR")
    for wrong in ("880" + "1" * 17, "x", bank.fresh_code(rich)):
        bank.clock.advance(0 if wrong != code else 1)
        await pay(rich, 1_00, code=wrong)
    late = bank.fresh_code(rich)
    bank.clock.advance(90)
    await pay(rich, 1_00, code=late)
    await _waiting(bank, pay, answers, rich, shop)
    await _refunds(bank, answers, shop, first)
    await _days(bank, pay, bank.customer(9_000_00, unverified_per_day=3), cools)


async def _waiting(bank: Any, pay: Any, answers: list[object], rich: int, shop: Any) -> None:
    confirmed, cancelled, refused, expired = [await pay(rich, 1_100_00 + n) for n in range(4)]
    answers.append(await bank.confirm(rich, confirmed))
    answers.append(await bank.payments.cancel(shop, cancelled.id))
    answers.append(await bank.payments.confirmations.refuse(rich, refused.id))
    bank.clock.advance(400)
    bank.payments.expiry.settle()
    stopped = await pay(rich, 1_200_00)
    bank.people.levels[rich] = 0
    bank.payments.end_what_cannot_pay(rich)
    bank.people.levels[rich] = load_policy("cn").level("full").number
    answers += [await bank.payments.get(shop, id) for id in (expired.id, stopped.id)]


async def _refunds(bank: Any, answers: list[object], shop: Any, first: Any) -> None:
    for number, amount in (("a", 5_00), ("a", 5_00), ("b", 50_00), ("c", 7_34)):
        answers.append(await bank.refund(shop, first, amount, number))


async def _days(bank: Any, pay: Any, counted: int, cools: int) -> None:
    for payments in ((counted, 1_00), (cools, 95_00)), ((cools, 95_00), (counted, 1_00)), ((counted, 1_00),):
        for payer, amount in payments * 6:  # the day's count, and the low limit, are used up and fresh the next day
            await pay(payer, amount)
        await pay(cools, 450_00)
        await pay(counted, 19_999_00)
        bank.clock.advance(86_400)
    request = bank.request(counted, 3_00, order="again")
    for _ in range(2):
        await bank.payments.pay(bank.merchants.all()[0], request)
    with pytest.raises(OrderConflict):
        await bank.payments.pay(bank.merchants.all()[0], msgspec.structs.replace(request, amount=4_00))
