"""Orders whose money is held first: captured whole or in parts, voided, or lapsed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from feiqian.accounts.kinds import day_amount_id, wallet_id
from feiqian.events import BalanceChanged, OrderChanged
from feiqian.ledger import chart
from feiqian.ledger.engine import Period, Refusal, Side
from feiqian.limits.counting import Counting
from feiqian.limits.kinds import KINDS, counter_id
from feiqian.merchants.errors import RequestKeyUsed
from feiqian.money import CNY
from feiqian.orders import plan
from feiqian.orders.errors import OrderInvalid, OrderNumberUsed, OrderStateForbids
from feiqian.orders.requests import CaptureRequest, OrderRefundRequest
from feiqian.payments.plan import captured
from feiqian.policy.scopes import Scope, Span
from feiqian.reminders.movements import Movements

DAY = 86_400
AMOUNT = 100_00


@pytest.fixture(autouse=True)
def tied(bank: Any) -> Any:
    yield
    bank.ties()


def events(bank: Any) -> list[str]:
    bank.ledger.commit()
    return [fact.event for fact in bank.journaled()[1] if isinstance(fact, OrderChanged)]


def available(bank: Any, customer: int) -> int:
    account = bank.engine.account(wallet_id(CNY.number, customer))
    return int(account.available)


async def authorised(bank: Any, merchant: Any, customer: int, number: str = "A-1001") -> Any:
    order = await bank.order(merchant, AMOUNT, number, capture="later")
    assert (await bank.pay_from_wallet(customer, order)).status == "authorised"
    return await bank.orders.get(merchant, order.id)


async def capture(bank: Any, merchant: Any, order: Any, amount: int, number: str = "c1", *, final: bool = False) -> Any:
    request = CaptureRequest(amount=amount, merchant_capture=number, final=final)
    return await bank.orders.capture(merchant, order.id, request)


def test_money_is_held_at_first_and_taken_whole(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(150_00)
    order = run(authorised(bank, merchant, customer))
    assert (order.status, order.authorised, order.paid, order.fee) == ("authorised", AMOUNT, 0, 0)
    assert (bank.wallet(customer), available(bank, customer), bank.got(merchant)) == (150_00, 50_00, 0)
    assert run(bank.payments.get(merchant, order.payment)).status == "authorised"
    taken = run(capture(bank, merchant, order, AMOUNT))
    assert (taken.status, taken.authorised, taken.paid, taken.fee, taken.net) == ("captured", 0, AMOUNT, 60, 99_40)
    assert (bank.wallet(customer), available(bank, customer), bank.got(merchant)) == (50_00, 50_00, 99_40)
    assert run(bank.payments.get(merchant, order.payment)).status == "captured"
    assert run(bank.payments.get(merchant, taken.taken[0].payment)).status == "succeeded"
    assert events(bank) == ["created", "authorised", "captured"]


def test_parts_are_taken_and_keep_the_first_deadline(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(150_00)
    order = run(authorised(bank, merchant, customer))
    bank.clock.advance(3 * DAY)
    part = run(capture(bank, merchant, order, 30_00))
    assert (part.status, part.authorised, part.paid, part.capture_before) == (
        "authorised",
        70_00,
        30_00,
        order.capture_before,
    )
    assert available(bank, customer) == 50_00
    bank.clock.advance(4 * DAY)
    lapsed = run(bank.orders.get(merchant, order.id))
    assert (lapsed.status, lapsed.authorised, lapsed.paid) == ("captured", 0, 30_00)
    assert (bank.wallet(customer), available(bank, customer)) == (120_00, 120_00)
    assert events(bank)[-1] == "lapsed"


def test_a_final_part_gives_up_the_rest(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(150_00)
    order = run(authorised(bank, merchant, customer))
    taken = run(capture(bank, merchant, order, 30_00, final=True))
    assert (taken.status, taken.paid, available(bank, customer)) == ("captured", 30_00, 120_00)
    with pytest.raises(OrderStateForbids):
        run(capture(bank, merchant, order, 1_00, "c2"))


def test_what_is_not_captured_in_time_lapses(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(150_00)
    order = run(authorised(bank, merchant, customer))
    bank.clock.advance(7 * DAY - 1)
    assert run(bank.orders.get(merchant, order.id)).status == "authorised"
    bank.clock.advance(1)
    assert run(bank.orders.get(merchant, order.id)).status == "lapsed"
    assert run(bank.payments.get(merchant, order.payment)).status == "lapsed"
    with pytest.raises(OrderStateForbids):
        run(capture(bank, merchant, order, 1_00))
    assert available(bank, customer) == 150_00


def test_abuse_14_a_capture_and_a_void_at_once_have_one_end(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(150_00)
    order = run(authorised(bank, merchant, customer))

    async def both() -> list[Any]:
        void, take = bank.orders.void(merchant, order.id), capture(bank, merchant, order, AMOUNT)
        return list(await asyncio.gather(void, take, return_exceptions=True))

    voided, refused = run(both())
    assert voided.status == "voided"
    assert isinstance(refused, OrderStateForbids)
    assert (available(bank, customer), bank.got(merchant)) == (150_00, 0)
    assert run(bank.orders.void(merchant, order.id)).status == "voided"
    assert run(bank.payments.get(merchant, order.payment)).status == "voided"


def test_abuse_15_more_than_is_held_is_not_captured(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(150_00)
    order = run(authorised(bank, merchant, customer))
    run(capture(bank, merchant, order, 60_00))
    with pytest.raises(OrderInvalid, match="4000 CNY"):
        run(capture(bank, merchant, order, 40_01, "c2"))
    entry = bank.orders.book.get(order.id)
    fact = run(bank.orders._payment(order.payment))
    id = plan.capture_id(fact.transfer, "c3")
    assert bank.ledger.post(captured(id, fact, entry.money, 40_01, 0, (0, 0))).refusal is Refusal.AMOUNT_ABOVE_HOLD
    bank.ledger.commit()
    assert (bank.wallet(customer), bank.got(merchant)) == (90_00, 59_64)


def test_abuse_21_a_capture_sent_twice_takes_once(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(150_00)
    order = run(authorised(bank, merchant, customer))
    first = run(capture(bank, merchant, order, 30_00))
    assert run(capture(bank, merchant, order, 30_00)) == first
    with pytest.raises(OrderNumberUsed):
        run(capture(bank, merchant, order, 31_00))
    assert bank.wallet(customer) == 120_00


def test_limits_count_when_the_money_is_held_and_not_again(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(500_00, day_amount=150_00)
    order = run(authorised(bank, merchant, customer))
    second = run(bank.order(merchant, AMOUNT, "A-2"))
    assert run(bank.pay_from_wallet(customer, second)).reason == "daily_limit"
    assert run(capture(bank, merchant, order, AMOUNT)).status == "captured"


class Monthly:
    """A limit of their own that each customer has set for a month and for a year."""

    def of(self, customer: int, currency: int) -> Any:
        return {(Scope.ALL, Span.MONTH): 150_00, (Scope.ALL, Span.YEAR): 150_00, (Scope.ONLINE, Span.YEAR): 150_00}


def used(bank: Any, customer: int) -> list[int]:
    """Of the day, the month and the year together, and of the year by this method."""
    counters = [counter_id(KINDS[scope, span], CNY.number, customer) for scope, span in Monthly().of(0, 0)]
    now = bank.clock.now() // 1_000_000
    periods = [Period.DAY, Period.MONTH, Period.YEAR, Period.YEAR]
    asked = zip([day_amount_id(CNY.number, customer), *counters], periods, strict=True)
    found = [Counting(bank.ledger).used(id, period, now) for id, period in asked]
    return [0 if one is None else one[0] for one in found]


def test_what_is_voided_is_given_back_to_every_limit_that_counted_it(bank: Any, run: Any) -> None:
    bank.limits.choose_own(Monthly())
    merchant, customer = bank.merchant(fee=0), bank.customer(500_00, day_amount=150_00)
    order = run(authorised(bank, merchant, customer))
    assert used(bank, customer) == [100_00] * 4
    run(bank.orders.void(merchant, order.id))
    assert used(bank, customer) == [0] * 4
    run(bank.orders.void(merchant, order.id))
    second = run(authorised(bank, merchant, customer, "A-2"))
    run(capture(bank, merchant, second, 30_00))
    run(bank.orders.void(merchant, second.id))
    assert used(bank, customer) == [30_00] * 4, "of which the rest was held"
    third = run(authorised(bank, merchant, customer, "A-3"))
    run(capture(bank, merchant, third, 20_00, final=True))
    assert used(bank, customer) == [50_00] * 4
    assert run(bank.give_back(merchant, third, 20_00, "r1")).status == "succeeded"
    assert used(bank, customer) == [50_00] * 4, "what was paid stays counted, given back or not"


def test_what_lapses_is_given_back_in_what_goes_on_of_its_periods(bank: Any, run: Any) -> None:
    bank.limits.choose_own(Monthly())
    merchant, customer = bank.merchant(fee=0), bank.customer(500_00, day_amount=150_00)
    order = run(authorised(bank, merchant, customer))
    run(capture(bank, merchant, order, 30_00))
    bank.clock.advance(DAY)
    run(bank.pay_order(merchant, customer, run(bank.order(merchant, 10_00, "A-2"))))
    assert used(bank, customer) == [10_00, 110_00, 110_00, 100_00]
    again = bank.again()
    try:
        again.limits.choose_own(Monthly())
        run(again.orders.resume())
        again.clock.advance(6 * DAY)
        assert run(again.orders.get(merchant, order.id)).status == "captured"
        assert used(again, customer) == [0, 40_00, 40_00, 30_00], "of a day that is over nothing is left"
        again.ties()
    finally:
        again.close()
    bank.__init__(bank.folder, bank.clock)


def test_abuse_17_what_is_voided_twice_at_once_is_given_back_once(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=0), bank.customer(500_00, day_amount=250_00)
    order, other = (run(authorised(bank, merchant, customer, number)) for number in ("A-1", "A-2"))

    async def both() -> None:
        take = capture(bank, merchant, other, AMOUNT)
        await asyncio.gather(*(bank.orders.void(merchant, order.id) for _ in range(8)), take, return_exceptions=True)

    run(both())
    assert used(bank, customer)[0] == AMOUNT


def test_a_code_that_would_have_to_be_confirmed_holds_nothing(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(9_000_00)
    dear = run(bank.order(merchant, 2_000_00, capture="later"))
    assert run(bank.pay_order(merchant, customer, dear)).reason == "proof_too_low"
    small = run(bank.order(merchant, 10_00, "A-2", capture="later"))
    assert run(bank.pay_order(merchant, customer, small)).status == "authorised"
    assert available(bank, customer) == 8_990_00


def test_a_frozen_account_is_not_captured_from(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(150_00)
    order = run(authorised(bank, merchant, customer))
    wallet = wallet_id(CNY.number, customer)
    bank.post(chart.freeze(wallet, Side.DEBIT))
    for _ in range(2):
        with pytest.raises(OrderStateForbids):
            run(capture(bank, merchant, order, 30_00))
    bank.post(chart.unfreeze(wallet, Side.DEBIT))
    assert run(capture(bank, merchant, order, 30_00, "c2")).paid == 30_00


def test_each_capture_is_refunded_by_itself_and_a_number_once(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=0), bank.customer(150_00)
    order = run(authorised(bank, merchant, customer))
    for number in ("c1", "c2"):
        order = run(capture(bank, merchant, order, 50_00, number))
    assert run(bank.give_back(merchant, order, 50_00, "r1")).payment == order.taken[0].payment
    assert run(bank.give_back(merchant, order, 50_00, "r1")).payment == order.taken[0].payment
    half = run(bank.orders.get(merchant, order.id))
    assert (half.status, half.refunded, half.taken[0].refunded) == ("partially_refunded", 50_00, 50_00)
    with pytest.raises(OrderStateForbids, match=f"{order.taken[0].payment} has 0, {order.taken[1].payment} has 5000"):
        run(bank.give_back(merchant, order, 60_00, "r2"))
    assert run(bank.give_back(merchant, order, 50_00, "r2")).payment == order.taken[1].payment
    assert run(bank.orders.get(merchant, order.id)).status == "refunded"
    assert bank.wallet(customer) == 150_00


def test_a_restart_keeps_what_is_held_and_its_deadline(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(150_00)
    order = run(authorised(bank, merchant, customer))
    run(capture(bank, merchant, order, 30_00))
    again = bank.again()
    try:
        run(again.orders.resume())
        part = run(capture(again, merchant, order, 20_00, "c2"))
        assert (part.paid, part.authorised) == (50_00, 50_00)
        again.clock.advance(7 * DAY)
        assert run(again.orders.get(merchant, order.id)).authorised == 0
        again.ties()
    finally:
        again.close()
    bank.__init__(bank.folder, bank.clock)


def test_an_order_that_is_paid_at_once_has_nothing_to_capture(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(), bank.customer(150_00)
    order = run(bank.order(merchant))
    run(bank.pay_order(merchant, customer, order))
    with pytest.raises(OrderStateForbids):
        run(capture(bank, merchant, order, 1_00))
    with pytest.raises(OrderStateForbids):
        run(bank.orders.void(merchant, order.id))


def test_a_void_of_what_a_capture_has_left_may_be_sent_again(bank: Any, run: Any) -> None:
    """Part was taken, so the order is captured afterwards, and not voided."""
    merchant, customer = bank.merchant(fee=0), bank.customer(500_00)
    order, lapsed = (run(authorised(bank, merchant, customer, number)) for number in ("A-1", "A-2"))
    for one in (order, lapsed):
        run(capture(bank, merchant, one, 10_00))

    async def at_once() -> list[Any]:
        return await asyncio.gather(*(bank.orders.void(merchant, order.id, "key-1") for _ in range(8)))

    told = run(at_once())
    assert {(one.status, one.paid, one.authorised, one.version) for one in told} == {("captured", 10_00, 0, 4)}
    run(bank.orders.refund(merchant, order.id, refund("r1"), "key-2"))
    again = run(bank.orders.void(merchant, order.id, "key-1"))
    assert again == run(bank.orders.get(merchant, order.id)), "as it is now"
    bank.clock.advance(8 * 86_400)
    for id in (order.id, lapsed.id):
        run(bank.orders.get(merchant, id))
    assert run(bank.orders.void(merchant, order.id)).version == again.version
    with pytest.raises(OrderStateForbids):
        run(bank.orders.void(merchant, lapsed.id))


def test_a_key_that_was_sent_with_something_else_does_nothing(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=0), bank.customer(500_00)
    first, second = (run(authorised(bank, merchant, customer, number)) for number in ("A-1", "A-2"))
    request = CaptureRequest(amount=10_00, merchant_capture="c1")
    taken = run(bank.orders.capture(merchant, first.id, request, "key-1"))
    assert run(bank.orders.capture(merchant, first.id, request, "key-1")) == taken
    other = CaptureRequest(amount=10_00, merchant_capture="c2")
    for asked in (
        bank.orders.capture(merchant, first.id, other, "key-1"),
        bank.orders.capture(merchant, second.id, request, "key-1"),
        bank.orders.void(merchant, second.id, "key-1"),
        bank.orders.refund(merchant, first.id, refund("r1"), "key-1"),
        bank.orders.create(merchant, bank.wanted(number="A-3"), "key-1"),
    ):
        with pytest.raises(RequestKeyUsed):
            run(asked)
    assert run(bank.orders.refund(merchant, first.id, refund("r1"), "key-2")).status == "succeeded"
    assert run(bank.orders.refund(merchant, first.id, refund("r1"), "key-2")).status == "succeeded"
    assert {run(bank.orders.by_key(merchant, key)).id for key in ("key-1", "key-2")} == {first.id}
    assert bank.got(merchant) == 9_00


def refund(number: str) -> OrderRefundRequest:
    return OrderRefundRequest(amount=1_00, merchant_refund=number)


def test_whoever_is_reminded_of_movements_hears_of_a_capture(bank: Any, run: Any) -> None:
    movements = Movements(bank.ledger)
    bank.ledger.annotate(movements)
    bank.orders.capturing.moved = movements.moved
    merchant, customer = bank.merchant(), bank.customer(150_00)
    movements.accounts.add(wallet_id(CNY.number, customer))
    order = run(authorised(bank, merchant, customer))
    run(capture(bank, merchant, order, 30_00))
    bank.ledger.commit()
    told = [fact for fact in bank.journaled()[1] if isinstance(fact, BalanceChanged)]
    assert [(fact.amount, fact.balance, fact.credited, fact.merchant) for fact in told] == [
        (30_00, 120_00, False, merchant.number)
    ]
