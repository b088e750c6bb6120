"""An order from its beginning to its end: paid once, closed, expired, refunded."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from feiqian.events import OrderChanged
from feiqian.merchants.errors import RequestKeyUsed
from feiqian.orders.errors import OrderInvalid, OrderNotFound, OrderNumberUsed, OrderStateForbids, RefundsUsedUp
from feiqian.orders.model import Event, order_object
from feiqian.payments.errors import OrderConflict

DEAR = 2_000_00  # waits at every level


@pytest.fixture(autouse=True)
def tied(bank: Any) -> Any:
    yield
    bank.ties()


def told(bank: Any) -> list[tuple[str, int]]:
    """What happened to orders, as the journal says."""
    bank.ledger.commit()
    return [(fact.event, fact.version) for fact in bank.journaled()[1] if isinstance(fact, OrderChanged)]


def test_an_order_is_made_paid_by_code_and_refunded(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=60), bank.customer(100_00)
    order = run(bank.order(merchant, description="Two coffees", metadata={"cart": "7"}))
    assert (order.status, order.version, order.expires_at > order.created_at) == ("open", 1, True)
    payment = run(bank.pay_order(merchant, customer, order))
    assert (payment.status, payment.amount, payment.description) == ("succeeded", 12_50, "Two coffees")
    paid = run(bank.orders.get(merchant, order.id))
    assert (paid.status, paid.version, paid.payment) == ("paid", 2, payment.id)
    assert (paid.paid, paid.fee, paid.net) == (12_50, 8, 12_42)
    assert (bank.wallet(customer), bank.got(merchant)) == (87_50, 12_42)
    assert run(bank.give_back(merchant, order, 10_00, "r1")).status == "succeeded"
    part = run(bank.orders.by_number(merchant, "A-1001"))
    assert (part.status, part.refunded, part.refunds) == ("partially_refunded", 10_00, 1)
    run(bank.pay(merchant, bank.customer(5_00), 1_00))  # for the fee, which the bank keeps
    assert run(bank.give_back(merchant, order, 2_50, "r2")).status == "succeeded"
    assert run(bank.orders.get(merchant, order.id)).status == "refunded"
    assert told(bank) == [("created", 1), ("paid", 2), ("refunded", 3), ("refunded", 4)]


def test_abuse_104_an_order_that_was_paid_takes_no_second_payment(bank: Any, run: Any) -> None:
    merchant, first, second = bank.merchant(), bank.customer(100_00), bank.customer(100_00)
    order = run(bank.order(merchant))
    assert run(bank.pay_order(merchant, first, order, number="try-1")).status == "succeeded"
    again = run(bank.pay_order(merchant, second, order, number="try-2"))
    assert (again.status, again.reason, again.id) == ("declined", "order_not_open", None)
    assert (bank.wallet(second), bank.got(merchant)) == (100_00, 12_42)


def test_a_failed_attempt_leaves_the_order_open(bank: Any, run: Any) -> None:
    merchant, poor, rich = bank.merchant(), bank.customer(1_00), bank.customer(100_00)
    order = run(bank.order(merchant))
    assert run(bank.pay_order(merchant, poor, order)).reason == "insufficient_funds"
    failed = run(bank.orders.get(merchant, order.id))
    assert (failed.status, failed.version, failed.attempts[0].reason) == ("open", 2, "insufficient_funds")
    assert run(bank.pay_order(merchant, rich, order)).status == "succeeded"
    assert [event for event, _ in told(bank)] == ["created", "attempt_failed", "paid"]


def test_an_attempt_that_waits_pays_when_it_is_confirmed(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(5_000_00)
    order = run(bank.order(merchant, DEAR))
    waiting = run(bank.pay_order(merchant, customer, order))
    assert waiting.status == "needs_verification"
    assert run(bank.orders.get(merchant, order.id)).processing
    assert run(bank.confirm(customer, waiting)).status == "succeeded"
    paid = run(bank.orders.get(merchant, order.id))
    assert (paid.status, paid.processing, paid.attempts[0].status) == ("paid", False, "succeeded")


def test_an_attempt_that_waits_cannot_succeed_after_another_has(bank: Any, run: Any) -> None:
    merchant, slow, quick = bank.merchant(), bank.customer(5_000_00), bank.customer(5_000_00)
    order = run(bank.order(merchant, DEAR))
    first = run(bank.pay_order(merchant, slow, order))
    second = run(bank.pay_order(merchant, quick, order))
    assert run(bank.confirm(quick, second)).status == "succeeded"
    ended = run(bank.payments.get(merchant, first.id))
    assert (ended.status, ended.reason) == ("declined", "order_not_open")
    paid = run(bank.orders.get(merchant, order.id))
    assert [one.status for one in paid.attempts] == ["declined", "succeeded"]
    assert (bank.wallet(slow), paid.version) == (5_000_00, 4)


def test_a_closed_order_takes_no_money_and_what_waits_is_told(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(5_000_00)
    order = run(bank.order(merchant, DEAR))
    waiting = run(bank.pay_order(merchant, customer, order))
    assert run(bank.orders.close(merchant, order.id)).status == "closed"
    assert run(bank.orders.close(merchant, order.id)).status == "closed"
    assert run(bank.payments.get(merchant, waiting.id)).reason == "order_not_open"
    assert run(bank.pay_order(merchant, customer, order, number="try-2")).reason == "order_not_open"
    assert [event for event, _ in told(bank)] == ["created", "attempt_begun", "closed"]


def test_what_was_paid_cannot_be_closed(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    order = run(bank.order(merchant))
    run(bank.pay_order(merchant, customer, order))
    with pytest.raises(OrderStateForbids, match="paid"):
        run(bank.orders.close(merchant, order.id))


def test_an_order_expires_at_its_time_and_says_so(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(5_000_00)
    order = run(bank.order(merchant, DEAR, expires_in=60))
    waiting = run(bank.pay_order(merchant, customer, order))
    bank.clock.advance(61)
    expired = run(bank.orders.get(merchant, order.id))
    assert (expired.status, expired.attempts[0].status) == ("expired", "declined")
    assert run(bank.payments.get(merchant, waiting.id)).status == "declined"
    assert run(bank.pay_order(merchant, customer, order, number="late")).reason == "order_not_open"


def test_abuse_16_a_payment_that_comes_at_the_last_moment_finds_it_over(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    order = run(bank.order(merchant, expires_in=60))
    bank.clock.advance(61)  # and nobody has looked at the time since
    assert run(bank.pay_order(merchant, customer, order)).reason == "order_not_open"
    assert run(bank.orders.get(merchant, order.id)).status == "expired"
    assert bank.wallet(customer) == 100_00


def test_one_number_names_a_payment_or_an_order(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    run(bank.order(merchant, number="A-1"))
    with pytest.raises(OrderConflict, match="order"):
        run(bank.pay(merchant, customer, 12_50, order="A-1"))
    run(bank.pay(merchant, customer, 12_50, order="A-2"))
    with pytest.raises(OrderNumberUsed, match="payment"):
        run(bank.order(merchant, number="A-2"))
    assert bank.wallet(customer) == 87_50


def test_abuse_22_the_same_order_is_answered_and_another_under_its_number_refused(bank: Any, run: Any) -> None:
    merchant = bank.merchant()
    order = run(bank.order(merchant))
    assert run(bank.order(merchant)) == order
    with pytest.raises(OrderNumberUsed):
        run(bank.order(merchant, amount=99))
    with pytest.raises(OrderNumberUsed):
        run(bank.order(merchant, expires_in=60))


def test_abuse_23_anothers_order_number_names_an_order_of_its_own(bank: Any, run: Any) -> None:
    mine, theirs = run(bank.order(bank.merchant())), run(bank.order(bank.merchant()))
    assert mine.id != theirs.id


def test_abuse_28_anothers_order_is_not_there_whatever_is_asked(bank: Any, run: Any) -> None:
    merchant, other, customer = bank.merchant(), bank.merchant(), bank.customer(100_00)
    order = run(bank.order(merchant))
    run(bank.pay_order(merchant, customer, order))
    for asked in (
        bank.orders.get(other, order.id),
        bank.orders.close(other, order.id),
        bank.give_back(other, order, 1, "r1"),
        bank.pay_order(other, customer, order),
        bank.orders.by_number(other, order.merchant_order),
    ):
        with pytest.raises(OrderNotFound):
            run(asked)


def test_an_idempotency_key_names_one_request(bank: Any, run: Any) -> None:
    merchant = bank.merchant()
    order = run(bank.orders.create(merchant, bank.wanted(), "key-1"))
    assert run(bank.orders.create(merchant, bank.wanted(), "key-1")) == order
    with pytest.raises(RequestKeyUsed):
        run(bank.orders.create(merchant, bank.wanted(number="A-2"), "key-1"))
    assert run(bank.orders.by_key(merchant, "key-1")) == order
    with pytest.raises(OrderNotFound):
        run(bank.orders.by_key(bank.merchant(), "key-1"))


def test_abuse_25_after_a_restart_everything_goes_on(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(5_000_00)
    order = run(bank.order(merchant, DEAR))
    waiting = run(bank.pay_order(merchant, customer, order, number="try-1"))
    request = bank.wanted(DEAR)
    again = bank.again()
    try:
        assert run(again.orders.create(merchant, request)).version == 2
        run(again.orders.resume())
        run(again.payments._resume())
        assert again.orders.book.places.total == 1
        run(again.confirm(customer, waiting))
        assert run(again.orders.get(merchant, order.id)).status == "paid"
        again.ties()
    finally:
        again.close()
    bank.__init__(bank.folder, bank.clock)  # what the fixture closes


def test_abuse_103_two_tills_at_once_take_one_payment(bank: Any, run: Any) -> None:
    merchant, customers = bank.merchant(), [bank.customer(100_00) for _ in range(8)]
    order = run(bank.order(merchant))

    async def all_at_once() -> list[Any]:
        tries = (bank.pay_order(merchant, one, order, number=f"try-{no}") for no, one in enumerate(customers))
        return await asyncio.gather(*tries)

    statuses = sorted(view.status for view in run(all_at_once()))
    assert statuses == ["declined"] * 7 + ["succeeded"]
    assert bank.got(merchant) == 12_42


def test_what_no_order_can_be_is_refused(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    with pytest.raises(OrderInvalid, match="currency"):
        run(bank.order(merchant, currency="EUR"))
    with pytest.raises(OrderInvalid, match="as much"):
        run(bank.order(merchant, 10**12))
    order = run(bank.order(merchant))
    with pytest.raises(OrderInvalid, match="1250 CNY"):
        run(bank.payments.pay(merchant, _of(bank.request(customer, 1), order.id)))
    quick_only = run(bank.order(merchant, number="A-2", methods=["quick"]))
    with pytest.raises(OrderStateForbids, match="code"):
        run(bank.pay_order(merchant, customer, quick_only))


def _of(request: Any, order: str) -> Any:
    import msgspec

    return msgspec.structs.replace(request, order=order)


def test_an_order_has_fifty_refunds_within_a_year(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=0), bank.customer(100_00)
    order = run(bank.order(merchant))
    run(bank.pay_order(merchant, customer, order))
    for number in range(50):
        assert run(bank.give_back(merchant, order, 1, f"r{number}")).status == "succeeded"
    with pytest.raises(RefundsUsedUp, match="50"):
        run(bank.give_back(merchant, order, 1, "r50"))
    assert run(bank.give_back(merchant, order, 1, "r7")).status == "succeeded"  # a retry
    other = run(bank.order(merchant, number="A-2"))
    run(bank.pay_order(merchant, customer, other))
    bank.clock.advance(366 * 86_400)
    with pytest.raises(RefundsUsedUp, match="365"):
        run(bank.give_back(merchant, other, 1, "late"))


def test_every_change_of_the_journal_is_the_order_that_was_told(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(100_00)
    order = run(bank.order(merchant))
    run(bank.pay_order(merchant, customer, order))
    bank.ledger.commit()
    facts = [fact for fact in bank.journaled()[1] if isinstance(fact, OrderChanged)]
    assert [order_object(fact) for fact in facts] == [order, run(bank.orders.get(merchant, order.id))]
    assert [fact.event for fact in facts] == [Event.CREATED, Event.PAID]
