"""Fees are exact in sum; ids come from what makes an operation one."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.ledger import chart
from feiqian.ledger.chart import AccountKind, AllowanceKind, TransferKind, account_id, allowance_id
from feiqian.ledger.engine import EVENT, Type, chain
from feiqian.payments import plan
from feiqian.payments.plan import Plan, fee_of

amounts = st.integers(1, 2**53 - 1)
rates = st.integers(0, 1_000)


@given(amount=amounts, rate=rates)
def test_a_fee_is_the_exact_share_rounded_half_to_even(amount: int, rate: int) -> None:
    assert fee_of(amount, rate) == round(Fraction(amount * rate, 10_000))  # Fraction rounds half to even, exactly


@pytest.mark.parametrize(
    ("amount", "rate", "fee"),
    [
        (1_00, 60, 1),
        (50, 100, 0),
        (150, 100, 2),
        (250, 100, 2),
        (251, 100, 3),
        (1, 1, 0),
        (10_000, 0, 0),
        (5_000, 1, 0),
    ],
)
def test_halves_go_to_the_even_side(amount: int, rate: int, fee: int) -> None:
    assert fee_of(amount, rate) == fee


@given(amount=amounts, rate=rates)
def test_net_and_fee_sum_to_the_amount_and_neither_is_negative(amount: int, rate: int) -> None:
    fee = fee_of(amount, rate)
    net = amount - fee
    assert fee >= 0
    assert net >= 0
    moved = _transfers(plan.payment(_plan(amount, fee)))
    assert moved[0] == amount
    assert sum(moved[1:]) == fee
    assert moved[0] - sum(moved[1:]) == net


@given(total=st.integers(1, 10**6), parts=st.integers(1, 50), rate=rates)
def test_splitting_a_payment_changes_its_fee_by_half_a_unit_for_each_part_at_most(
    total: int, parts: int, rate: int
) -> None:
    share, rest = divmod(total, parts)
    split = sum(fee_of(share + (n < rest), rate) for n in range(parts))
    assert abs(Fraction(total * rate, 10_000) - split) <= Fraction(parts, 2)


@given(
    amount=amounts, fee=st.integers(0, 2**53 - 1), customer=st.integers(1, 10**9 - 1), merchant=st.integers(1, 2**63)
)
def test_the_chain_of_a_payment_is_what_the_events_say_one_by_one(
    amount: int, fee: int, customer: int, merchant: int
) -> None:
    """The hot path packs the whole chain at once; this is the chain, event by event."""
    it = Plan(bytes([1] * 16), bytes([2] * 16), 88_123, 10**9, customer, merchant, 156, amount, fee)
    wallet = account_id(AccountKind.CUSTOMER_WALLET, 156, customer)
    payable = account_id(AccountKind.MERCHANT_PAYABLE, 156, merchant)
    fees = account_id(AccountKind.MERCHANT_FEES, 156, 0)
    events = [
        chart.claim(chart.claim_id(88_123), 10**9),
        chart.use(allowance_id(AllowanceKind.DAY_AMOUNT, 156, customer), amount),
        chart.use(allowance_id(AllowanceKind.DAY_UNVERIFIED_COUNT, 0, customer), 1),
        chart.transfer(it.transfer, wallet, payable, amount, TransferKind.PAYMENT, it.reference),
    ]
    if fee:
        events.append(chart.transfer(plan.fee_transfer(it.transfer), payable, fees, fee, TransferKind.FEE, it.transfer))
    assert plan.payment(it) == chain(*events)


def test_ids_differ_wherever_the_operations_do() -> None:
    one = plan.payment_transfer(1, "A")
    ids = {
        one,
        plan.payment_transfer(1, "B"),
        plan.payment_transfer(2, "A"),
        plan.payment_transfer(11, "A"),
        plan.payment_transfer(1, "1A"),
        plan.fee_transfer(one),
        plan.cancellation(one),
        plan.refundable(one),
        plan.refund_transfer(one, "A"),
        plan.refund_transfer(one, "B"),
        plan.refund_transfer(plan.payment_transfer(1, "B"), "A"),
    }
    assert len(ids) == 11


def test_the_reference_tells_every_field_apart() -> None:
    base = (100, 156, "d", "s", "t")
    others = [
        (101, 156, "d", "s", "t"),
        (100, 978, "d", "s", "t"),
        (100, 156, "ds", "", "t"),
        (100, 156, "d", "t", "s"),
    ]
    references = {plan.content_reference(*content) for content in (base, *others)}
    assert len(references) == 5


def _plan(amount: int, fee: int) -> Plan:
    return Plan(bytes([1] * 16), bytes([2] * 16), 88, 10**9, 1, 1, 156, amount, fee)


def _transfers(chain: bytes) -> list[int]:
    return [event[4] for event in EVENT.iter_unpack(chain) if event[0] == Type.TRANSFER]
