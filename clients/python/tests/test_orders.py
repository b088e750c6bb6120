"""What a shop does with orders, payments and refunds, against a real bank."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import pytest

from feiqian.testing.served import Served
from feiqian_client import (
    AsyncClient,
    Client,
    Conflict,
    Customer,
    Invalid,
    LineItem,
    NotFound,
    NumberUsed,
    Order,
    Outcome,
    Retries,
    Unauthenticated,
)

Wanted = Callable[..., dict[str, Any]]


def paid_at_a_till(served: Served, bank: Client, order: Order) -> None:
    payment = bank.payments.create(**served.order(amount=order.amount), order=order.id)
    assert payment.status == ("succeeded" if order.capture == "now" else "authorised")


def test_an_order_is_made_paid_settled_and_refunded(served: Served, bank: Client, wanted: Wanted) -> None:
    content = wanted(
        description="Beans",
        line_items=[LineItem(name="Beans", amount=1000, quantity=2), LineItem(name="Post", amount=250)],
        metadata={"cart": "17"},
        customer=Customer(reference="customer-17", language="zh"),
        return_url="https://shop.example/orders/1",
    )
    order = bank.orders.create(**content, idempotency_key="first-1")
    assert (order.status, order.version, order.customer.reference) == ("open", 1, "customer-17")
    assert bank.orders.settle(order.id).outcome is Outcome.PENDING
    paid_at_a_till(served, bank, order)
    settlement = bank.orders.settle(order.id)
    assert settlement.order is not None
    assert (settlement.outcome, settlement.order.paid) == (Outcome.PAID, 1250)
    assert bank.orders.find(order.merchant_order) == settlement.order == bank.orders.find_by_key("first-1")
    assert settlement.order in bank.orders.list(status="paid").data
    refund = bank.refunds.create(order.id, amount=250, merchant_refund="r-1")
    assert (refund.status, refund.amount) == ("succeeded", 250)
    assert bank.refunds.create(order.id, amount=250, merchant_refund="r-1") == refund
    assert bank.refunds.list(order.id).data == (refund,)
    again = bank.orders.settle(order.id)
    assert again.order is not None
    assert (again.outcome, again.order.status, again.order.refunded) == (Outcome.PAID, "partially_refunded", 250)


def test_abuse_57_an_order_of_another_amount_or_currency_than_was_sold_differs(
    served: Served, bank: Client, wanted: Wanted
) -> None:
    order = bank.orders.create(**wanted())
    for paid in (False, True):
        if paid:
            paid_at_a_till(served, bank, order)
        settle = functools.partial(bank.orders.settle, order.id)
        for sold in ({"amount": 1251}, {"amount": 125}, {"currency": "EUR"}, {"amount": 1250, "currency": "USD"}):
            settlement = settle(**sold)
            assert (settlement.outcome, settlement.order) == (Outcome.DIFFERS, bank.orders.get(order.id)), sold
        right = Outcome.PAID if paid else Outcome.PENDING
        assert settle(amount=1250, currency="CNY").outcome is settle(amount=1250).outcome is settle().outcome is right


def test_orders_are_exported_for_spreadsheets(bank: Client, wanted: Wanted) -> None:
    order = bank.orders.create(**wanted(description="=1"))
    lines = bank.orders.export(status="open").splitlines()
    assert lines[0].startswith("id,merchant_order,status,currency,amount")
    assert lines[1].startswith(f"{order.id},{order.merchant_order},open,CNY,12.50")
    assert ",'=1," in lines[1]


def test_what_was_closed_is_not_paid(bank: Client, wanted: Wanted) -> None:
    order = bank.orders.create(**wanted())
    assert bank.orders.close(order.id).status == "closed"
    assert bank.orders.settle(order.id).outcome is Outcome.NOT_PAID
    assert bank.orders.find("never-made") is None
    assert bank.payments.find("never-made") is None


def test_money_is_held_captured_in_part_and_the_rest_given_up(served: Served, bank: Client, wanted: Wanted) -> None:
    order = bank.orders.create(**wanted(capture="later"))
    paid_at_a_till(served, bank, order)
    assert bank.orders.settle(order.id).outcome is Outcome.AUTHORISED
    held = bank.orders.capture(order.id, amount=1000, merchant_capture="c-1")
    assert (held.paid, held.authorised) == (1000, 250)
    assert bank.orders.capture(order.id, amount=1000, merchant_capture="c-1").paid == 1000
    assert bank.orders.void(order.id).authorised == 0
    assert bank.orders.settle(order.id).outcome is Outcome.PAID  # of what was captured


def test_each_refusal_is_an_error_of_its_own(served: Served, bank: Client, wanted: Wanted) -> None:
    content = wanted()
    order = bank.orders.create(**content)
    with pytest.raises(NumberUsed):
        bank.orders.create(**content | {"amount": 1})
    with pytest.raises(Invalid, match="amount") as wrong:
        bank.orders.create(**wanted(amount=0))
    assert [error.field for error in wrong.value.details.errors] == ["amount"]
    with pytest.raises(NotFound):
        bank.orders.get("ord_" + 32 * "0")
    with pytest.raises(Invalid):
        bank.orders.settle("../payments?limit=1")
    with pytest.raises(Conflict):
        bank.orders.void(order.id)
    with Client(served.url, "fq_test_nobody") as stranger, pytest.raises(Unauthenticated):
        stranger.orders.settle(order.id)
    with Client(served.url, served.merchants[1].key) as other, pytest.raises(NotFound):
        other.orders.get(order.id)


def test_a_payment_at_a_till_is_made_declined_found_and_refunded(served: Served, bank: Client) -> None:
    content = served.order()
    payment = bank.payments.create(**content)
    assert (payment.status, bank.payments.create(**content)) == ("succeeded", payment)
    assert bank.payments.find(content["merchant_order"]) == payment
    refund = bank.refunds.create_of_payment(payment.id or "", amount=50, merchant_refund="r-1")
    assert bank.refunds.list_of_payment(payment.id or "").data == (refund,)
    declined = bank.payments.create(**served.order(payment_code="88012345678901234567"))
    assert (declined.status, bool(declined.message)) == ("declined", True)
    assert bank.payments.balance().currency == "CNY"


def test_the_asynchronous_client_does_the_same(served: Served, wanted: Wanted) -> None:
    async def shop() -> None:
        async with AsyncClient(served.url, served.merchants[0].key) as bank:
            orders = await asyncio.gather(*(bank.orders.create(**wanted()) for _ in range(5)))
            assert len({order.id for order in orders}) == 5
            payment = await bank.payments.create(**served.order(), order=orders[0].id)
            assert payment.status == "succeeded"
            told = [(await bank.orders.settle(order.id)).outcome for order in orders[:2]]
            assert told == [Outcome.PAID, Outcome.PENDING]
            with pytest.raises(NotFound):
                await bank.orders.get("ord_" + 32 * "0")

    asyncio.run(shop())


def test_a_bank_that_is_down_leaves_it_unknown_and_raises_nothing(wanted: Wanted) -> None:
    with Client("http://127.0.0.1:1", "fq_test_key", retries=Retries(attempts=2, first_pause=0)) as bank:
        settlement = bank.orders.settle("ord_" + 32 * "0")
    assert (settlement.outcome, settlement.order) == (Outcome.UNKNOWN, None)
    assert "no answer" in settlement.why


@pytest.mark.parametrize(
    ("url", "key"),
    [("http://bank.example", "k"), ("ftp://x", "k"), ("bank.example", "k"), ("https://x", ""), ("https://x", "a\nb")],
)
def test_keys_go_nowhere_in_the_clear(url: str, key: str) -> None:
    with pytest.raises(ValueError, match=r"address|key"):
        Client(url, key)
