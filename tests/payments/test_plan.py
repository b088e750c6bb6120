"""Fees are exact in sum; ids come from what makes an operation one."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.accounts.kinds import AccountKind, AllowanceKind, wallet_id
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.chart import account_id, allowance_id
from feiqian.ledger.engine import EVENT, LINKED, Type, chain
from feiqian.merchants.kinds import MerchantAccountKind
from feiqian.money import CNY
from feiqian.payments import plan
from feiqian.payments.codes import claim_of
from feiqian.payments.intent import Channel, Intent
from feiqian.payments.kinds import TransferKind
from feiqian.payments.methods.code import CODE
from feiqian.payments.plan import fee_of

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
    moved = _transfers(plan.payment(_intent(amount), fee))
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
    claim = chart.claim(claim_of("88123"), 10**9)
    wallet = account_id(AccountKind.CUSTOMER_WALLET, 156, customer)
    linked = claim[:1] + bytes([LINKED]) + claim[2:]
    it = _intent(amount, payer=customer, source=wallet, payee=merchant, events=linked)
    payable = account_id(MerchantAccountKind.PAYABLE, 156, merchant)
    fees = account_id(AccountKind.MERCHANT_FEES, 156, 0)
    events = [
        claim,
        chart.use(allowance_id(AllowanceKind.DAY_AMOUNT, 156, customer), amount),
        chart.use(allowance_id(AllowanceKind.DAY_UNVERIFIED_COUNT, 0, customer), 1),
        chart.transfer(
            it.attempt,
            debit=wallet,
            credit=payable,
            amount=amount,
            kind=TransferKind.PAYMENT,
            reference=plan.content_reference(it),
        ),
    ]
    if fee:
        events.append(
            chart.transfer(
                plan.fee_transfer(it.attempt),
                debit=payable,
                credit=fees,
                amount=fee,
                kind=TransferKind.FEE,
                reference=it.attempt,
            )
        )
    assert plan.payment(it, fee) == chain(*events)
    assert plan.payment(msgspec.structs.replace(it, events=b""), fee) == chain(*events[1:])


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
    others: list[dict[str, Any]] = [
        {"amount": 101},
        {"currency": 978},
        {"description": "ds", "store": ""},
        {"store": "t", "terminal": "s"},
    ]
    base: dict[str, Any] = {"amount": 100, "description": "d", "store": "s", "terminal": "t"}
    references = {plan.content_reference(_intent(**(base | other))) for other in ({}, *others)}
    assert len(references) == 5


def _intent(amount: int, **more: Any) -> Intent:
    base: dict[str, Any] = {
        "attempt": bytes([1] * 16),
        "payer": 1,
        "source": wallet_id(CNY.number, CustomerNumber(1)),
        "payee": 1,
        "currency": 156,
        "fee_basis_points": 60,
        "merchant_order": "A",
        "description": "",
        "store": "",
        "terminal": "",
        "asked_at": 10**15,
        "method": CODE,
        "channel": Channel.POINT_OF_SALE,
    }
    return Intent(amount=amount, **(base | more))


def _transfers(chain: bytes) -> list[int]:
    return [event[4] for event in EVENT.iter_unpack(chain) if event[0] == Type.TRANSFER]
