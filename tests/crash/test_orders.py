"""Orders over every way to pay, while answers are lost, shops fail, and the bank is killed again and again.

No order is paid twice, none is paid and its shop does not know it after the last webhook, and everything ties.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from mixed_bank import KILLS, SEED, WALLET, audit, founded, work

from feiqian import app
from feiqian.clock import MICROSECONDS, SystemClock
from feiqian.demo.seeding import Plan
from feiqian.events import OrderChanged
from feiqian.ids import MerchantNumber
from feiqian.ledger.recovery import open_journal
from feiqian.merchants.kinds import payable_id
from feiqian.money import CNY
from feiqian.orders.model import Event, order_object
from feiqian.projections.database import open_database
from feiqian.runtime import logs
from feiqian.settings import Settings
from feiqian.testing.clock import ManualClock
from feiqian.testing.mixed.kinds import ORDERS, Mix, mix
from feiqian.testing.mixed.payments import FEES
from feiqian.testing.mixed.shops import Shops
from feiqian.testing.mixed.witness import Witness
from feiqian.webhooks.endpoints import Wanted
from feiqian.webhooks.service import SCHEDULE

COUNT = 20_000 if KILLS >= 50 else 100 * KILLS
CUSTOMERS, MERCHANTS = max(20, COUNT // 20), 3
OF_ORDERS = Mix("orders", SEED, COUNT, CUSTOMERS)
MERCHANT_NUMBERS = [MerchantNumber(number) for number in range(1, MERCHANTS + 1)]


@pytest.fixture
def shops() -> Iterator[Shops]:
    shops = Shops(SEED)
    yield shops
    shops.close()


def test_no_order_is_paid_twice_or_unknown_to_its_shop(tmp_path: Path, shops: Shops) -> None:
    plan = Plan(CUSTOMERS, MERCHANTS, WALLET, day_amount=100 * WALLET, unverified_per_day=100 * WALLET)
    logs.configure("error")
    settings, accounts = founded(tmp_path / "bank", plan, webhook_loopback=True)
    tell_where(settings, shops)

    def some_fail(dice: random.Random) -> None:
        shops.down = {number for number in MERCHANT_NUMBERS if dice.random() < 0.4}

    with closing(open_journal(Path(settings.data))) as journal:
        witness = Witness(journal, accounts)
        witness.begin(CUSTOMERS, [*(payable_id(CNY.number, number) for number in MERCHANT_NUMBERS), FEES])
        outcomes = work(settings, OF_ORDERS, witness, some_fail)
        assert len(outcomes) == COUNT
        witness.check_books(mix(OF_ORDERS), outcomes)
        let_all_arrive(settings, shops)
        witness.read_on()
    with closing(open_database(settings.read_location)) as reads:
        assert witness.check_statements(reads) > COUNT // 2
    audit(settings)
    shops_know_everything(shops, witness)
    it_was_a_mix(outcomes, shops)


def tell_where(settings: Settings, shops: Shops) -> None:
    """Each merchant makes an endpoint."""
    bank = app.build(settings)

    async def make() -> None:
        for number in MERCHANT_NUMBERS:
            wanted = Wanted(shops.url(number), ("order.*",))
            _, shops.secrets[number] = await bank.services.webhooks.endpoints.create(number, wanted)

    asyncio.run(make())
    assert bank.close()


def let_all_arrive(settings: Settings, shops: Shops) -> None:
    """Time passes until nothing waits to be sent any more. One shop is down at first; all fail now and then, and at the
    end none does."""
    shops.down = {MERCHANT_NUMBERS[0]}
    clock = ManualClock(SystemClock().now() + MICROSECONDS)
    bank = app.build(settings, clock=clock, accept_time=True)

    async def send() -> None:
        services: Any = bank.services
        await services.follower.follow()
        for place, seconds in enumerate(SCHEDULE.seconds):
            if place == len(SCHEDULE.seconds) // 2:
                shops.recover()
            while await services.outbox.deliver_due():
                pass
            shops.down.clear()
            clock.advance(seconds)
        await services.outbox.look()
        assert not services.outbox.waiting.get("webhooks")
        await services.webhooks.sender.close()

    asyncio.run(send())
    assert bank.close()


def shops_know_everything(shops: Shops, witness: Witness) -> None:
    """Of each order its shop has the newest version that is told, to the letter, and nothing else."""
    assert not shops.wrong
    newest: dict[int, dict[str, Any]] = {number: {} for number in MERCHANT_NUMBERS}
    for versions in witness.facts.orders.values():
        last = [fact for fact in versions if fact.event != Event.ATTEMPT_BEGUN][-1]
        assert order_object(last).status == order_object(versions[-1]).status
        newest[last.merchant][last.id] = as_told(last)
    assert {number: shops.orders[number] for number in MERCHANT_NUMBERS} == newest


def as_told(fact: OrderChanged) -> Any:
    return msgspec.json.decode(msgspec.json.encode(order_object(fact)))


def it_was_a_mix(outcomes: dict[int, str], shops: Shops) -> None:
    """Orders ended in every way, and shops failed in every way."""
    assert {it.kind for it in mix(OF_ORDERS)} == {kind.name for kind in ORDERS}
    happened = Counter(outcome.partition(" ")[0] for outcome in outcomes.values())
    assert {"paid", "closed", "captured", "voided", "refunded", "partially_refunded"} <= set(happened), happened
    assert happened["paid"] > COUNT // 4
    assert all(shops.happened[name] for name in ("down", "failed", "unheard", "again", "older")), shops.happened
