"""What may happen once to an order happens once, however many ask for it at once, and whatever is asked again later."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from feiqian import subjects
from feiqian.accounts.kinds import AccountKind, wallet_id
from feiqian.auth.challenges.errors import ChallengeOver
from feiqian.ledger import chart
from feiqian.ledger.engine import Side
from feiqian.merchants.errors import RequestKeyUsed
from feiqian.money import CNY
from feiqian.orders.errors import OrderNotFound, OrderStateForbids
from feiqian.orders.requests import CaptureRequest, OrderRefundRequest
from feiqian.payments.errors import NotWaiting
from feiqian.payments.requests import RefundRequest

MANY = 64
HOUR, DAY = 3_600, 86_400


@pytest.fixture(autouse=True)
def tied(bank: Any) -> Any:
    yield
    bank.ties()


async def all_at_once(asked: Any) -> list[Any]:
    return list(await asyncio.gather(*asked, return_exceptions=True))


def top_up(bank: Any, account: bytes, amount: int) -> None:
    cash = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK)
    id = chart.derived_id(b"test", b"top-up", account)
    bank.post(chart.transfer(id, debit=cash, credit=account, amount=amount))


async def authorised(bank: Any, merchant: Any, customer: int, amount: int = 100_00) -> Any:
    order = await bank.order(merchant, amount, capture="later")
    assert (await bank.pay_from_wallet(customer, order)).status == "authorised"
    return order


def test_abuse_13_money_that_several_ways_return_at_once_is_returned_once(bank: Any, run: Any) -> None:
    """The bank has no chargebacks yet. What returns an order's money is its refund and that of its payment: both
    count against what was captured, so that one recovers it, whichever is first."""
    merchant, customer = bank.merchant(fee=0), bank.customer(100_00)
    order = run(bank.order(merchant, 10_00))
    payment = run(bank.pay_order(merchant, customer, order)).id
    run(bank.pay(merchant, bank.customer(100_00), 90_00))  # enough for more

    def of_payment(number: str) -> Any:
        return bank.payments.refund(merchant, payment, RefundRequest(amount=10_00, merchant_refund=number))

    ways = [way for n in range(8) for way in (bank.give_back(merchant, order, 10_00, f"o{n}"), of_payment(f"p{n}"))]
    told = run(all_at_once(ways))
    assert sorted(view.status for view in told) == ["declined"] * 15 + ["succeeded"]
    assert {view.reason for view in told} == {None, "refund_above_captured"}
    now = run(bank.orders.get(merchant, order.id))
    assert (now.status, now.refunded, now.refunds, bank.wallet(customer)) == ("refunded", 10_00, 1, 100_00)


def test_abuse_13_a_refund_that_races_the_end_of_what_is_held_returns_what_was_taken(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=0), bank.customer(100_00)
    order = run(authorised(bank, merchant, customer))
    run(bank.orders.capture(merchant, order.id, CaptureRequest(amount=40_00, merchant_capture="c1")))
    run(all_at_once([bank.orders.void(merchant, order.id), bank.give_back(merchant, order, 40_00, "r1")]))
    now = run(bank.orders.get(merchant, order.id))
    assert (now.status, now.authorised, now.refunded, bank.wallet(customer)) == ("refunded", 0, 40_00, 100_00)


def test_abuse_19_one_code_shown_for_many_orders_at_once_pays_one(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=0), bank.customer(9_000_00)
    orders = [run(bank.order(merchant, number=f"A-{number}")) for number in range(MANY)]
    code = bank.request(customer, orders[0].amount)

    def tried(order: Any) -> Any:
        request = msgspec.structs.replace(code, order=order.id, merchant_order=f"try-{order.merchant_order}")
        return bank.payments.pay(merchant, request)

    told = run(all_at_once(map(tried, orders)))
    assert sorted(view.status for view in told) == ["declined"] * (MANY - 1) + ["succeeded"]
    assert {view.reason for view in told} == {None, "code_used"}
    assert (bank.got(merchant), bank.wallet(customer)) == (12_50, 8_987_50)


def test_abuse_19_one_challenge_spent_many_times_at_once_pays_once(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=0), bank.customer(9_000_00)
    order = run(bank.order(merchant))
    challenge = bank.challenges.passed(customer, run(bank.wallet_orders._binding(customer, order.id)))
    payer = subjects.customer(customer)
    told = run(all_at_once(bank.wallet_orders.pay(payer, order.id, challenge) for _ in range(MANY)))
    paid = [view for view in told if not isinstance(view, Exception)]
    assert {type(view) for view in told if view not in paid} <= {ChallengeOver}
    assert len({view.id for view in paid}) == 1
    assert run(bank.wallet_orders.pay(payer, order.id, challenge)) == paid[0]
    assert (bank.got(merchant), len(run(bank.orders.get(merchant, order.id)).attempts)) == (12_50, 1)


def test_abuse_19_one_key_sent_with_many_requests_at_once_does_one_thing(bank: Any, run: Any) -> None:
    merchant = bank.merchant()
    wanted = [bank.wanted(number=f"A-{number}") for number in range(MANY)]
    told = run(all_at_once(bank.orders.create(merchant, one, "key-1") for one in wanted))
    assert [type(one).__name__ for one in told].count("RequestKeyUsed") == MANY - 1
    [made] = [one for one in told if not isinstance(one, Exception)]
    assert run(bank.orders.by_key(merchant, "key-1")).id == made.id


def test_abuse_23_another_merchants_key_is_another_key(bank: Any, run: Any) -> None:
    mine, theirs = bank.merchant(), bank.merchant()
    first = run(bank.orders.create(mine, bank.wanted(), "key-1"))
    second = run(bank.orders.create(theirs, bank.wanted(amount=99), "key-1"))
    assert (first.id, second.id) == tuple(run(bank.orders.by_key(one, "key-1")).id for one in (mine, theirs))
    with pytest.raises(OrderNotFound):
        run(bank.orders.by_key(bank.merchant(), "key-1"))


def test_abuse_24_a_refund_and_a_capture_asked_for_at_once_are_made_once(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=0), bank.customer(100_00)
    order = run(authorised(bank, merchant, customer))
    capture = CaptureRequest(amount=40_00, merchant_capture="c1")
    taken = run(all_at_once(bank.orders.capture(merchant, order.id, capture) for _ in range(8)))
    assert {(one.paid, one.authorised, one.version) for one in taken} == {(40_00, 60_00, 3)}
    backs = run(all_at_once(bank.give_back(merchant, order, 10_00, "r1") for _ in range(8)))
    assert len({back.id for back in backs}) == 1
    assert (bank.got(merchant), run(bank.orders.get(merchant, order.id)).refunds) == (30_00, 1)


def test_abuse_26_a_key_is_kept_for_more_than_three_days_whatever_has_forgotten_it(bank: Any, run: Any) -> None:
    merchant = bank.merchant()
    order = run(bank.orders.create(merchant, bank.wanted(), "key-1"))
    bank.clock.advance(72 * HOUR + 60)
    again = bank.again()
    try:
        with pytest.raises(RequestKeyUsed):
            run(again.orders.create(merchant, again.wanted(number="A-2"), "key-1"))
        assert run(again.orders.create(merchant, again.wanted(), "key-1")).id == order.id
        assert run(again.orders.by_key(merchant, "key-1")).id == order.id
        again.clock.advance(4 * DAY)
        assert run(again.orders.create(merchant, again.wanted(number="A-2"), "key-1")).id != order.id
        again.ties()
    finally:
        again.close()
    bank.__init__(bank.folder, bank.clock)  # what the fixture closes


def test_abuse_27_a_refund_that_was_declined_stays_so_and_another_number_gives_back(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=60), bank.customer(100_00)
    order = run(bank.order(merchant, 10_00))
    run(bank.pay_order(merchant, customer, order))
    first = run(bank.give_back(merchant, order, 10_00, "r1"))
    assert first.reason == "merchant_balance_insufficient"
    run(bank.pay(merchant, bank.customer(100_00), 50_00))
    assert run(bank.give_back(merchant, order, 10_00, "r1")) == first
    assert run(bank.give_back(merchant, order, 10_00, "r2")).status == "succeeded"


def test_abuse_27_a_capture_that_was_refused_stays_so_and_another_number_takes(bank: Any, run: Any) -> None:
    merchant, customer = bank.merchant(fee=0), bank.customer(100_00)
    order, wallet = run(authorised(bank, merchant, customer)), wallet_id(CNY.number, customer)
    bank.post(chart.freeze(wallet, Side.DEBIT))
    capture = CaptureRequest(amount=40_00, merchant_capture="c1")
    for thaw in (False, True):
        if thaw:
            bank.post(chart.unfreeze(wallet, Side.DEBIT))
        with pytest.raises(OrderStateForbids):
            run(bank.orders.capture(merchant, order.id, capture))
    again = msgspec.structs.replace(capture, merchant_capture="c2")
    assert run(bank.orders.capture(merchant, order.id, again)).paid == 40_00


def test_abuse_30_anothers_order_is_not_refunded_captured_or_voided(bank: Any, run: Any) -> None:
    merchant, other, customer = bank.merchant(fee=0), bank.merchant(fee=0), bank.customer(200_00)
    order = run(authorised(bank, merchant, customer))
    run(bank.orders.capture(merchant, order.id, CaptureRequest(amount=40_00, merchant_capture="c1")))
    taken = run(bank.orders.get(merchant, order.id)).taken[0].payment
    run(bank.pay(other, customer, 50_00))
    of_other = run(bank.order(other, 20_00, "B-1"))
    run(bank.pay_order(other, bank.customer(50_00), of_other, "try-1"))
    theirs = OrderRefundRequest(amount=10_00, merchant_refund="r1", payment=taken)
    for asked in (
        bank.give_back(other, order, 10_00, "r1"),
        bank.orders.refund(other, of_other.id, theirs),  # an own order, and the payment of another's
        bank.orders.capture(other, order.id, CaptureRequest(amount=1_00, merchant_capture="c2")),
        bank.orders.void(other, order.id),
    ):
        with pytest.raises(OrderNotFound):
            run(asked)
    assert (bank.got(merchant), bank.got(other)) == (40_00, 70_00)


def test_abuse_104_whatever_waits_when_its_order_ends_is_declined_and_both_are_told(bank: Any, run: Any) -> None:
    """An attempt is decided with its order's end in one chain, so no money comes late; what waited says why."""
    merchant = bank.merchant()
    for end in ("closed", "expired", "paid"):
        customer = bank.customer(5_000_00)
        order = run(bank.order(merchant, 2_000_00, f"A-{end}", expires_in=120))
        waiting = run(bank.pay_order(merchant, customer, order, "try-1"))
        assert waiting.status == "needs_verification"
        if end == "closed":
            run(bank.orders.close(merchant, order.id))
        elif end == "expired":
            bank.clock.advance(121)
        else:
            run(bank.pay_from_wallet(bank.customer(5_000_00), order))
        if end == "expired":  # and nobody has looked at the time since
            assert run(bank.confirm(customer, waiting)).reason == "order_not_open"
        with pytest.raises(NotWaiting, match="declined"):
            run(bank.confirm(customer, waiting))
        [shown] = run(bank.reads.newest_of_customer(customer, 9))
        assert (shown.status, shown.reason) == ("declined", "order_not_open"), "the payer is told"
        now = run(bank.orders.get(merchant, order.id))
        assert (now.status, now.processing) == (end, False)
        [attempt] = [one for one in now.attempts if one.payment == waiting.id]
        assert (attempt.status, attempt.reason) == ("declined", "order_not_open"), "and the shop, in the same version"
        assert run(bank.payments.get(merchant, waiting.id)).reason == "order_not_open"
        assert bank.wallet(customer) == 5_000_00
