"""What somebody may try with orders."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from feiqian.accounts import opening
from feiqian.accounts.kinds import AccountKind, wallet_id
from feiqian.events import OrderChanged, PaymentDecided, PaymentStatus
from feiqian.ids import ORDER, new_id
from feiqian.ledger import chart
from feiqian.ledger.engine import Side
from feiqian.money import CNY
from feiqian.orders import book
from feiqian.orders.errors import OrderInvalid, OrderNotFound, OrderNumberUsed, OrderStateForbids, TooManyOpenOrders

DEAR = 2_000_00  # waits at every level


@pytest.fixture(autouse=True)
def tied(bank: Any) -> Any:
    yield
    bank.ties()


def told(bank: Any) -> list[str]:
    bank.ledger.commit()
    return [fact.event for fact in bank.journaled()[1] if isinstance(fact, OrderChanged)]


async def asked(bank: Any, merchant: Any, customer: int, order: Any, **edited: Any) -> Any:
    request = msgspec.structs.replace(bank.request(customer, order.amount), order=order.id, **edited)
    return await bank.payments.pay(merchant, request)


def test_abuse_5_an_order_is_not_paid_in_another_currency(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    bank.post(opening.wallet(customer, 978, day_amount=1_000_00, unverified_per_day=9))
    order = run(bank.order(merchant))
    with pytest.raises(OrderInvalid):
        run(asked(bank, merchant, customer, order, currency="EUR"))
    assert told(bank) == ["created"]


def test_abuse_106_an_edited_amount_pays_nothing(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    order = run(bank.order(merchant))
    for amount in (1, order.amount - 1, order.amount + 1):
        with pytest.raises(OrderInvalid):
            run(asked(bank, merchant, customer, order, amount=amount))
    assert bank.wallet(customer) == 100_00


def test_abuse_10_the_fee_is_the_banks_whatever_an_order_says(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=60), bank.customer(100_00)
    order = run(bank.order(merchant, metadata={"fee": "0", "net": "1250"}))
    run(bank.pay_order(merchant, customer, order))
    paid = run(bank.orders.get(merchant, order.id))
    assert (paid.fee, paid.net, bank.fees) == (8, 12_42, 8)


def test_abuse_12_refunds_at_once_never_give_back_more_than_was_paid(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=0), bank.customer(100_00)
    order = run(bank.order(merchant, 10_00))
    run(bank.pay_order(merchant, customer, order))
    run(bank.pay(merchant, customer, 50_00))  # so that the merchant has enough for more

    async def at_once() -> list[Any]:
        return list(await asyncio.gather(*(bank.give_back(merchant, order, 3_00, f"r{n}") for n in range(8))))

    assert sorted(view.status for view in run(at_once())) == ["declined"] * 5 + ["succeeded"] * 3
    newest = run(bank.orders.get(merchant, order.id))
    assert (newest.refunded, newest.refunds, newest.status) == (9_00, 3, "partially_refunded")


def test_abuse_16_an_order_that_ends_while_it_is_confirmed_ends_once(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(5_000_00)
    order = run(bank.order(merchant, DEAR, expires_in=60))
    waiting = run(bank.pay_order(merchant, customer, order))
    bank.challenges.meanwhile = lambda: bank.clock.advance(61)  # while the challenge is spent
    ended = run(bank.confirm(customer, waiting))
    assert (ended.status, ended.reason) == ("declined", "order_not_open")
    assert run(bank.orders.get(merchant, order.id)).status == "expired"
    assert bank.wallet(customer) == 5_000_00


def test_abuse_20_an_account_that_is_stopped_meanwhile_pays_nothing(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    order = run(bank.order(merchant))
    bank.post(chart.freeze(wallet_id(CNY.number, customer), Side.DEBIT))
    assert run(bank.pay_from_wallet(customer, order)).reason == "wallet_cannot_pay"
    assert run(bank.orders.get(merchant, order.id)).status == "open"


def test_abuse_24_the_same_order_asked_for_at_once_is_one(bank: Any, run: Any) -> None:
    merchant = bank.merchant()

    async def at_once() -> list[Any]:
        return list(await asyncio.gather(*(bank.order(merchant) for _ in range(8))))

    assert len({order.id for order in run(at_once())}) == 1
    assert told(bank) == ["created"]


def test_abuse_26_a_retry_after_memory_has_forgotten_gets_the_same_order(
    bank: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "ENDED_KEPT", 0)
    merchant, customer = bank.merchant(), bank.customer(100_00)
    order = run(bank.order(merchant))
    payment = run(bank.pay_order(merchant, customer, order, "try-1"))
    for number in ("A-2", "A-3"):
        run(bank.orders.close(merchant, run(bank.order(merchant, number=number)).id))
    assert bank.orders.book.get(order.id) is None
    paid = run(bank.order(merchant))
    assert (paid.id, paid.status) == (order.id, "paid")
    again = bank.request(customer, order.amount, order="try-1")
    assert run(bank.payments.pay(merchant, msgspec.structs.replace(again, order=order.id))).id == payment.id
    assert bank.got(merchant) == 12_42


def test_abuse_27_a_declined_attempt_stays_declined_and_another_pays(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(1_00)
    order = run(bank.order(merchant))
    first = run(bank.pay_order(merchant, customer, order, "try-1"))
    cash, id = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK), chart.derived_id(b"test", b"top-up")
    bank.post(chart.transfer(id, debit=cash, credit=wallet_id(CNY.number, customer), amount=50_00))
    assert first.reason == "insufficient_funds"
    assert run(bank.pay_order(merchant, customer, order, "try-1")) == first
    assert run(bank.pay_order(merchant, customer, order, "try-2")).status == "succeeded"


def test_abuse_105_a_guessed_order_is_not_there(bank: Any, run: Any) -> None:
    customer = bank.customer(100_00)
    for id in (new_id(ORDER, bank.clock.now()), "ord_1", "../x", ""):
        with pytest.raises(OrderNotFound):
            run(bank.wallet_orders.look(customer, id))


def test_abuse_104_whatever_comes_after_the_end_moves_nothing(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(5_000_00)
    paid, closed, expired = (run(bank.order(merchant, number=f"A-{n}", expires_in=60)) for n in range(3))
    run(bank.pay_order(merchant, customer, paid))
    run(bank.orders.close(merchant, closed.id))
    bank.clock.advance(61)
    before = bank.wallet(customer)
    for order in (paid, closed, expired):
        assert run(bank.pay_order(merchant, customer, order)).reason == "order_not_open"
        with pytest.raises(OrderStateForbids):
            run(bank.pay_from_wallet(customer, order))
    assert bank.wallet(customer) == before
    facts = [fact for fact in bank.journaled()[1] if isinstance(fact, PaymentDecided)]
    assert sum(fact.status is PaymentStatus.SUCCEEDED for fact in facts) == 1


def test_an_order_takes_twenty_attempts(bank: Any, run: Any) -> None:
    merchant, poor, rich = bank.merchant(), bank.customer(1_00), bank.customer(100_00)
    order = run(bank.order(merchant))
    for number in range(20):
        bank.clock.advance(11)
        run(bank.pay_order(merchant, poor, order, f"try-{number}"))
    with pytest.raises(OrderStateForbids, match="20"):
        run(bank.pay_order(merchant, rich, order, "try-20"))


def test_open_orders_are_shared_among_merchants(bank: Any, run: Any) -> None:
    bank.orders.book.places.limit = 4
    greedy, modest = bank.merchant(), bank.merchant()
    for number in range(4):
        run(bank.order(greedy, number=f"A-{number}"))
    with pytest.raises(TooManyOpenOrders):
        run(bank.order(greedy, number="A-4"))
    first = run(bank.order(modest))
    run(bank.orders.close(modest, first.id))
    for number in range(3):
        run(bank.orders.close(greedy, run(bank.orders.by_number(greedy, f"A-{number}")).id))
    assert run(bank.order(greedy, number="A-5")).status == "open"
    assert bank.orders.book.places.total == 2


def test_a_number_that_another_request_has_used_is_told_so(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    order = run(bank.order(merchant))
    run(bank.pay_order(merchant, customer, order))
    with pytest.raises(OrderNumberUsed):
        run(bank.order(merchant, description="something else"))
