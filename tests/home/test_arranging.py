"""The order of somebody's accounts, and what is left out: pure, then as it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.home.errors import ArrangementInvalid
from feiqian.home.model import Place, arranged, moved, switched
from feiqian.ids import CustomerNumber
from tests.customers.people import EVE, EVE_DETAILS, People
from tests.databases import ON_BOTH

A, B, C = (Place(name) for name in "abc")


@pytest.fixture
def people(tmp_path: Path, database: str) -> Iterator[People]:
    people = People(tmp_path / "bank", url=database)
    yield people
    people.close()


def test_new_accounts_stand_at_the_end_and_closed_ones_are_gone() -> None:
    assert arranged("abc", [C, Place("x"), A._replace(hidden=True)]) == [C, A._replace(hidden=True), B]
    assert arranged("", [A]) == []


@pytest.mark.parametrize(
    ("name", "by", "after"), [("a", 1, "bac"), ("c", -1, "acb"), ("a", -1, "abc"), ("c", 1, "abc"), ("x", 1, "abc")]
)
def test_one_is_moved_as_far_as_there_are_places(name: str, by: int, after: str) -> None:
    assert "".join(place.name for place in moved([A, B, C], name, by)) == after


def test_one_is_left_out_and_shown_again() -> None:
    once = switched([A, B], "b", hidden=True)
    assert once == [A, Place("b", hidden=True)]
    assert switched(once, "b", hidden=False) == [A, B]
    assert switched([A], "x", hidden=True) == [A]


@ON_BOTH
def test_it_is_kept_for_each_and_replaced_as_a_whole(people: People) -> None:
    mei = people.checked().session.subject.customer
    eve = people.checked(EVE, EVE_DETAILS).session.subject.customer
    arrangements = people.services.arrangements
    people.run(arrangements.put(mei, [B, Place("a", hidden=True)], "abc"))
    assert people.run(arrangements.of(mei)) == [B, Place("a", hidden=True)]
    assert people.run(arrangements.of(eve)) == []
    people.run(arrangements.put(mei, [C], "abc"))
    assert people.run(arrangements.of(mei)) == [C]
    people.run(arrangements.put(mei, [], "abc"))
    assert people.run(arrangements.of(mei)) == []


@pytest.mark.parametrize("wanted", [[A, A], [Place("x")]])
def test_what_is_named_twice_or_is_anothers_is_refused(people: People, wanted: list[Place]) -> None:
    mei = CustomerNumber(people.checked().session.subject.customer)
    people.run(people.services.arrangements.put(mei, [B], "abc"))
    with pytest.raises(ArrangementInvalid):
        people.run(people.services.arrangements.put(mei, wanted, "abc"))
    assert people.run(people.services.arrangements.of(mei)) == [B]
