"""Both engines against the conformance tables; the tables against the list of refusals."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from notation import Case, Run, answers, read_cases

from feiqian.ledger.engine import Engine, Refusal
from feiqian.ledger.native import NativeEngine
from feiqian.ledger.spec import SpecEngine

HERE = Path(__file__).parent
REFUSALS, PRECEDENCE, CHAINS = (HERE / f"{name}.table" for name in ("refusals", "precedence", "chains"))
ENGINES = [SpecEngine, lambda: NativeEngine(seed=1)]
CASES = [case for path in (REFUSALS, PRECEDENCE, CHAINS) for case in read_cases(path)]

# What can meet in one event, in order. Apart stand neighbours that exclude each other: a thing that is not found has no
# state, a hold has one state, two accounts that are equal have one currency, an amount is not both zero and too large.
_R = Refusal
_ORDER = list(Refusal)
_FORM = (_R.TYPE_INVALID, _R.FLAGS_INVALID, _R.ID_MUST_NOT_BE_ZERO)
_SIDES = (_R.ID_MUST_NOT_BE_ZERO, _R.SIDES_INVALID, _R.ACCOUNT_NOT_FOUND)
_BETWEEN = (_R.ACCOUNTS_MUST_BE_DIFFERENT, _R.DEBIT_ACCOUNT_NOT_FOUND, _R.CREDIT_ACCOUNT_NOT_FOUND)
_STOPPED = (_R.DEBIT_ACCOUNT_CLOSED, _R.CREDIT_ACCOUNT_CLOSED, _R.DEBIT_ACCOUNT_FROZEN, _R.CREDIT_ACCOUNT_FROZEN)
MEETINGS: list[tuple[Refusal, ...]] = [
    _FORM,
    (_R.ID_MUST_NOT_BE_ZERO, _R.CURRENCY_INVALID, _R.EXISTS_WITH_DIFFERENT_KIND),
    (_R.EXISTS_WITH_DIFFERENT_KIND, _R.EXISTS_WITH_DIFFERENT_CURRENCY, _R.EXISTS_WITH_DIFFERENT_OVERDRAFT),
    _SIDES,
    (_R.SIDES_INVALID, _R.ACCOUNT_CLOSED),
    (_R.ID_MUST_NOT_BE_ZERO, _R.ACCOUNT_NOT_FOUND),
    (_R.ID_MUST_NOT_BE_ZERO, _R.PERIOD_INVALID, _R.EXISTS_WITH_DIFFERENT_PERIOD),
    (_R.ID_MUST_NOT_BE_ZERO, _R.ALLOWANCE_NOT_FOUND),
    (_R.ID_MUST_NOT_BE_ZERO, _R.CLAIM_ALREADY_PAST, _R.CLAIMED),
    (_R.EXISTS_WITH_DIFFERENT_TYPE, _R.EXISTS_WITH_DIFFERENT_DEBIT, _R.EXISTS_WITH_DIFFERENT_CREDIT),
    (_R.EXISTS_WITH_DIFFERENT_CREDIT, _R.EXISTS_WITH_DIFFERENT_AMOUNT, _R.EXISTS_WITH_DIFFERENT_KIND),
    (_R.EXISTS_WITH_DIFFERENT_KIND, _R.EXISTS_WITH_DIFFERENT_REFERENCE),
    (_R.FLAGS_INVALID, _R.ID_ALREADY_USED, _R.AMOUNT_MUST_NOT_BE_ZERO, *_BETWEEN, _R.DEBIT_ACCOUNT_CLOSED),
    (_R.ID_MUST_NOT_BE_ZERO, _R.AMOUNT_MUST_NOT_BE_ZERO),
    (_R.CURRENCIES_DIFFER, *_STOPPED, _R.OVERFLOW, _R.INSUFFICIENT_FUNDS),
    (_R.CREDIT_ACCOUNT_FROZEN, _R.NOTHING_AVAILABLE),
    (_R.ID_ALREADY_USED, _R.HOLD_NOT_FOUND),
    (_R.ID_MUST_NOT_BE_ZERO, _R.HOLD_NOT_FOUND),
    (_R.HOLD_CAPTURED, _R.AMOUNT_MUST_NOT_BE_ZERO, _R.DEBIT_ACCOUNT_FROZEN),
    (_R.HOLD_CAPTURED, _R.AMOUNT_ABOVE_HOLD, _R.DEBIT_ACCOUNT_CLOSED),
    (_R.HOLD_RELEASED, _R.AMOUNT_MUST_NOT_BE_ZERO),
    (_R.HOLD_EXPIRED, _R.AMOUNT_MUST_NOT_BE_ZERO),
]


@pytest.mark.parametrize("new_engine", ENGINES, ids=["spec", "native"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_conformance(case: Case, new_engine: Callable[[], Engine]) -> None:
    run = Run(new_engine())
    for at, row in case.rows:
        run.row(at, row)
    run.engine.check()
    again = new_engine()
    again.replay(run.records)
    assert again.digest() == run.engine.digest(), "the records do not lead to the same state"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_both_engines_hand_out_the_same(case: Case) -> None:
    spec, native = (Run(new_engine()) for new_engine in ENGINES)
    for at, row in case.rows:
        spec.row(at, row)
        native.row(at, row)
        assert spec.records == native.records, f"line {at}"
    assert b"".join(spec.engine.dump()) == b"".join(native.engine.dump())


def test_every_refusal_has_a_case_of_its_own_in_order() -> None:
    titles = [case.title for case in read_cases(REFUSALS)]
    names = [refusal.name.lower() for refusal in Refusal]
    assert [title for title in titles if title in names] == names


def test_every_refusal_is_answered_in_its_case() -> None:
    for case in read_cases(REFUSALS):
        if case.title in (refusal.name.lower() for refusal in Refusal):
            assert any(row.split()[-1] == case.title for _, row in case.rows), case.title


def test_the_earlier_refusal_wins_wherever_two_can_meet() -> None:
    shown = {(first, second) for _, first, second in answers(PRECEDENCE) if second is not None}
    needed = {pair for meeting in MEETINGS for pair in pairwise(meeting)}
    assert not (missing := needed - shown), [f"{a.name} over {b.name}" for a, b in sorted(missing)]


def test_precedence_is_the_order_of_declaration() -> None:
    for verb, first, second in answers(PRECEDENCE):
        assert second is None or _ORDER.index(first) < _ORDER.index(second), f"{verb}: {first.name} over {second.name}"
    for meeting in MEETINGS:
        assert list(meeting) == sorted(meeting, key=_ORDER.index)


def test_every_refusal_meets_another_or_stands_alone() -> None:
    met = {refusal for meeting in MEETINGS for refusal in meeting}
    alone = {_R.OK, _R.EXISTS, _R.CHAIN_OPEN, _R.LINKED_EVENT_FAILED, _R.ALLOWANCE_EXCEEDED, _R.ACCOUNT_NOT_EMPTY}
    assert set(Refusal) == met | alone
