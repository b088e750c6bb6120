"""Ids that are computed and never meet, and events that are what the protocol's table says."""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import pairwise

import pytest

from feiqian.ledger import chart
from feiqian.ledger.bounds import MAX_AMOUNT, MAX_SUM, BoundExceeded, check_sums
from feiqian.ledger.engine import EVENT, EVENT_SIZE, NO_ID, UNLIMITED, Period, Side, Type
from feiqian.ledger.spec import SpecEngine

A, B, C, R = b"a" * 16, b"b" * 16, b"c" * 16, b"r" * 16
TABLE = [
    # event, and then: type, kind, aux, amount, id, debit, credit, reference
    (chart.account(A, 1, 156, overdraft=7), (Type.ACCOUNT, 1, 156, 7, A, NO_ID, NO_ID, NO_ID)),
    (chart.transfer(A, debit=B, credit=C, amount=5, kind=1, reference=R), (Type.TRANSFER, 1, 0, 5, A, B, C, R)),
    (
        chart.hold(A, debit=B, credit=C, amount=5, timeout_seconds=60, kind=1, reference=R),
        (Type.HOLD, 1, 60, 5, A, B, C, R),
    ),
    (chart.capture(A, hold=B, amount=5, kind=1, reference=R), (Type.CAPTURE, 1, 0, 5, A, B, NO_ID, R)),
    (chart.release(A, hold=B, kind=1, reference=R), (Type.RELEASE, 1, 0, 0, A, B, NO_ID, R)),
    (chart.sweep(A, debit=B, credit=C, at_most=5, kind=1, reference=R), (Type.SWEEP, 1, 0, 5, A, B, C, R)),
    (chart.freeze(A, Side.DEBIT), (Type.FREEZE, 1, 0, 0, A, NO_ID, NO_ID, NO_ID)),
    (chart.unfreeze(A, Side.CREDIT), (Type.UNFREEZE, 2, 0, 0, A, NO_ID, NO_ID, NO_ID)),
    (chart.close(A), (Type.CLOSE, 0, 0, 0, A, NO_ID, NO_ID, NO_ID)),
    (chart.allowance(A, 9, Period.MONTH), (Type.ALLOWANCE, 2, 0, 9, A, NO_ID, NO_ID, NO_ID)),
    (chart.use(A, 3), (Type.USE, 0, 0, 3, A, NO_ID, NO_ID, NO_ID)),
    (chart.restore(A, amount=3, period_number=202611), (Type.RESTORE, 0, 202611, 3, A, NO_ID, NO_ID, NO_ID)),
    (chart.claim(A, 1_800_000_000), (Type.CLAIM, 0, 0, 1_800_000_000, A, NO_ID, NO_ID, NO_ID)),
]


@pytest.mark.parametrize(("event", "fields"), TABLE, ids=[fields[0].name for _, fields in TABLE])
def test_an_event_is_what_the_protocol_says(event: bytes, fields: tuple[object, ...]) -> None:
    assert len(event) == EVENT_SIZE
    type_, flags, *rest = EVENT.unpack(event)
    assert (type_, *rest) == fields
    assert flags == 0


def test_every_type_that_a_caller_may_ask_for_has_a_builder() -> None:
    assert {fields[0] for _, fields in TABLE} == {type_ for type_ in Type if type_ < Type.TIME}


def test_ids_never_meet() -> None:
    kinds = [1, 2, 255, 256, 0xFFFF]
    owners = [0, 1, 2**32, 2**64 - 1]
    ids = [chart.account_id(kind, currency, owner) for kind in kinds for currency in (0, 156, 999) for owner in owners]
    ids += [chart.claim_id(201, number) for number in (0, 1, 2**64 - 1, 2**64, 10**20 - 1)]
    assert len(set(ids)) == len(ids)
    assert {len(id) for id in ids} == {16}
    assert NO_ID not in ids
    assert chart.allowance_id(101, 156, 5) == chart.account_id(101, 156, 5)
    assert all(a < b for a, b in pairwise(chart.account_id(1, 156, n) for n in range(300)))  # ordered as bytes


def test_derived_ids_keep_their_parts_apart() -> None:
    ids = {
        chart.derived_id(b"payment", b"ab", b"c"),
        chart.derived_id(b"payment", b"a", b"bc"),
        chart.derived_id(b"payment", b"abc"),
        chart.derived_id(b"payment", b"abc", b""),
        chart.derived_id(b"refund", b"ab", b"c"),
    }
    assert len(ids) == 5
    assert chart.derived_id(b"payment", b"ab", b"c") in ids


def test_abuse_3_what_does_not_fit_is_no_event() -> None:
    with pytest.raises(struct.error):
        chart.transfer(A, debit=B, credit=C, amount=-1)
    with pytest.raises(BoundExceeded):
        chart.transfer(A, debit=B, credit=C, amount=2**64)


@pytest.mark.parametrize(
    "build",
    [
        lambda n: chart.transfer(A, debit=B, credit=C, amount=n),
        lambda n: chart.hold(A, debit=B, credit=C, amount=n, timeout_seconds=0),
    ],
)
def test_one_event_moves_at_most_the_largest_amount(build: Callable[[int], bytes]) -> None:
    assert len(build(MAX_AMOUNT)) == EVENT_SIZE
    for amount in (MAX_AMOUNT + 1, 2**63 - 1, 2**63, 2**64 - 1):
        with pytest.raises(BoundExceeded) as refused:
            build(amount)
        assert refused.value.reason == "amount"


def test_an_accounts_total_is_bounded_over_chains_and_within_one() -> None:
    engine = SpecEngine()
    accounts = (chart.account(id, 1, 156, overdraft=UNLIMITED) for id in (B, C))
    engine.apply(b"".join(accounts), 1, 20270101)
    most = [
        chart.transfer(bytes([9, n // 256, n % 256]) + bytes(13), debit=B, credit=C, amount=MAX_AMOUNT)
        for n in range(512)
    ]
    check_sums(engine, b"".join(most))
    with pytest.raises(BoundExceeded):
        check_sums(engine, b"".join(most) + chart.transfer(A, debit=B, credit=C, amount=MAX_SUM - 512 * MAX_AMOUNT + 1))
    engine.apply(b"".join(most), 1, 20270101)
    for debit, credit in ((B, C), (C, B)):
        check_sums(engine, chart.transfer(A, debit=debit, credit=credit, amount=512))
    with pytest.raises(BoundExceeded) as refused:
        check_sums(engine, chart.transfer(A, debit=B, credit=C, amount=513))
    assert refused.value.reason == "sum"
    check_sums(engine, chart.transfer(A, debit=C, credit=B, amount=MAX_AMOUNT))  # the other sides have room
