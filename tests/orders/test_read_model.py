"""The read model of orders says the same in both databases."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from feiqian.orders import plan
from feiqian.orders.read_model import READ_MODEL as ORDERS
from feiqian.orders.read_model.reads import OrderReads, Wanted
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.projections.database import open_database
from feiqian.projections.projector import Projector
from feiqian.projections.reconcile import reconcile


async def _answers(reads: OrderReads, merchant: Any, orders: list[Any]) -> list[Any]:
    number, first = merchant.number, orders[0]
    return [
        await reads.by_id(first.id),
        await reads.by_hold(plan.hold_of(number, first.merchant_order)),
        await reads.by_key(number, "key-1"),
        await reads.unended(),
        await reads.unended(orders[1].id),
        await reads.newest(number, None, 1, Wanted()),
        await reads.newest(number, orders[2].id, 9, Wanted(search="A-")),
        await reads.newest(number, None, 9, Wanted("paid", 0, 2**60)),
        await reads.events(first.id),
        await reads.incomplete(),
    ]


def test_every_question_has_the_same_answer(bank: Any, run: Any, tmp_path: Path, url: str) -> None:
    merchant, customer = bank.merchant(fee=0), bank.customer(500_00)
    first = run(bank.orders.create(merchant, bank.wanted(), "key-1"))
    orders = [first]
    for number in ("A-2", "B-3"):
        bank.clock.advance(1)
        orders.append(run(bank.order(merchant, number=number, capture="later")))
    run(bank.pay_order(merchant, customer, first))
    run(bank.give_back(merchant, first, 1_00, "r1"))
    run(bank.pay_from_wallet(customer, orders[1]))
    bank.ledger.commit()
    location = url or tmp_path / "other.db"
    with closing(open_database(location)) as db:
        for model in (PAYMENTS, ORDERS):
            Projector(bank.journal, db, model).step()
        with closing(OrderReads(location)) as reads:
            run(reads.look())
            assert run(_answers(reads, merchant, orders)) == run(_answers(bank.order_reads, merchant, orders))
            assert [fact.id for fact in run(reads.unended())] == [orders[1].id, orders[2].id]
        assert reconcile(bank.engine, location, [PAYMENTS, ORDERS]) == []
