"""Shares use all there is while one is alone, and are equal while others are there."""

from __future__ import annotations

import pytest

from feiqian.runtime import shares
from feiqian.runtime.shares import Admission, Overloaded, Places, Shares, Throttle


def test_one_alone_may_use_everything() -> None:
    alone: Shares[str] = Shares(4)
    assert [alone.enter("a") for _ in range(5)] == [True] * 4 + [False]
    assert (alone.total, alone.refused, alone.full) == (4, 1, True)


def test_who_comes_when_all_is_taken_gets_a_share_and_who_took_all_waits() -> None:
    places: Shares[str] = Shares(8)
    assert all(places.enter("greedy") for _ in range(8))
    assert [places.enter("late") for _ in range(5)] == [True] * 4 + [False]
    assert not places.enter("greedy")
    for _ in range(5):
        places.leave("greedy")  # holds three now; the other four
    assert places.enter("greedy")  # there is room again


def test_all_together_hold_no_more_than_twice_the_limit_and_one_each() -> None:
    places: Shares[int] = Shares(10)
    for key in range(100):
        while places.enter(key):
            pass
    assert places.total <= 2 * 10 + 100
    assert all(held >= 1 for held in places.held.values())
    assert len(places.held) == 100


def test_nothing_is_admitted_where_the_limit_is_nothing() -> None:
    assert not Shares(0).enter("a")


def test_admission_says_that_nothing_was_done() -> None:
    admission = Admission(1)
    admission.begin(1)
    with pytest.raises(Overloaded):
        admission.begin(1)
    admission.begin(2)
    assert (admission.total, admission.refused) == (2, 1)


def test_who_holds_most_gives_way_to_who_holds_less() -> None:
    places: Places[str, int] = Places(4)
    for holder in range(3):
        places.add("greedy", holder)
    places.add("other", 9)
    assert places.giving_way("new") == ("greedy", [0, 1, 2])
    assert places.giving_way("other") == ("greedy", [0, 1, 2])
    assert places.giving_way("greedy") is None
    assert places.remove("greedy", 0)
    assert not places.remove("greedy", 0)
    assert places.giving_way("other") is None  # two and one: they would only take turns


def test_who_holds_nothing_is_given_a_place_even_where_all_hold_one() -> None:
    places: Places[str, int] = Places(2)
    places.add("a", 1)
    places.add("b", 2)
    assert places.giving_way("c") in (("a", [1]), ("b", [2]))


def test_one_key_holds_only_so_many_places_whoever_else_is_there() -> None:
    places: Places[str, int] = Places(100, of_one=2)
    places.add("a", 1)
    assert places.room_for("a")
    places.add("a", 2)
    assert not places.room_for("a")
    assert places.giving_way("a") is None
    assert places.room_for("b")


def test_buckets_are_each_callers_own_and_of_a_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "CALLERS_KEPT", 2)
    throttle: Throttle[str] = Throttle(1, 1, lambda: 0.0)
    assert [throttle.allow(key) for key in ("a", "a", "b", "c", "a")] == [True, False, True, True, True]
    assert throttle.refused == 1
