"""Bills are divided: whole minor units, and the parts always sum to the total."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.money import CNY, MinorUnits
from feiqian.requests.errors import RequestInvalid
from feiqian.requests.model import MOST_PEOPLE, Bill, How, Person
from feiqian.requests.sharing import HIGHEST_SHARE, parts_of


def bill(total: int, shares: list[int], how: How = How.EQUAL, mine: int | None = 1, remainder: int = 0) -> Bill:
    people = tuple(Person(f"person {place}", share) for place, share in enumerate(shares))
    return Bill("S1", MinorUnits(total), CNY.number, how, people, mine, remainder)


@pytest.mark.parametrize(
    ("asked", "mine", "parts"),
    [
        (bill(100_00, [1, 1]), 33_34, [33_33, 33_33]),
        (bill(100_00, [1, 1], remainder=2), 33_33, [33_33, 33_34]),
        (bill(100_00, [1, 1, 1], mine=None, remainder=1), None, [33_34, 33_33, 33_33]),
        (bill(10, [1, 2], How.SHARES, mine=1), 3, [2, 5]),
        (bill(10, [3, 4], How.EXACT, mine=3), 3, [3, 4]),
        (bill(7, [3, 4], How.EXACT, mine=None), None, [3, 4]),
    ],
)
def test_parts_are_as_agreed_and_what_is_left_goes_to_who_is_named(
    asked: Bill, mine: int | None, parts: list[int]
) -> None:
    assert parts_of(asked) == (mine, parts)


@given(
    total=st.integers(1, 10**15),
    shares=st.lists(st.integers(1, HIGHEST_SHARE), min_size=1, max_size=MOST_PEOPLE),
    how=st.sampled_from([How.EQUAL, How.SHARES]),
    mine=st.none() | st.integers(1, HIGHEST_SHARE),
    remainder=st.integers(0, MOST_PEOPLE),
)
def test_abuse_07_no_division_loses_or_makes_a_cent(
    total: int, shares: list[int], how: How, mine: int | None, remainder: int
) -> None:
    own, parts = None, []
    try:
        own, parts = parts_of(bill(total, shares, how, mine, remainder))
    except RequestInvalid as refused:
        why = refused.field
    else:
        why = ""
    if why:
        assert why == "total" if remainder <= len(shares) and (remainder or mine) else why == "remainder"
        return
    assert (own or 0) + sum(parts) == total
    assert all(part > 0 for part in parts)
    assert (own is None) == (mine is None)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (bill(100, []), "people"),
        (bill(100, [1] * (MOST_PEOPLE + 1)), "people"),
        (bill(0, [1]), "total"),
        (bill(-5, [1]), "total"),
        (bill(2, [1, 1]), "total"),  # three people, two cents
        (bill(100, [0], How.SHARES), "shares"),
        (bill(100, [HIGHEST_SHARE + 1], How.SHARES), "shares"),
        (bill(100, [60], How.EXACT, mine=39), "shares"),
        (bill(100, [-1, 100], How.EXACT, mine=1), "shares"),
        (bill(100, [1], mine=None), "remainder"),  # who has no part pays no rest
        (bill(100, [1], remainder=2), "remainder"),
    ],
)
def test_what_cannot_be_divided_is_refused(asked: Bill, field: str) -> None:
    with pytest.raises(RequestInvalid) as refused:
        parts_of(asked)
    assert refused.value.field == field
