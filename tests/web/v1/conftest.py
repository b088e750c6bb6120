"""People who come to the bank that is served, each from a place of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from feiqian.testing.people import Person
from feiqian.testing.served import Served


@pytest.fixture(scope="module")
def places() -> Iterator[int]:
    return iter(range(1, 900))


@pytest.fixture
def newcomer(served: Served, places: Iterator[int]) -> Iterator[Person]:
    person = Person(served, next(places))
    yield person
    person.api.close()
