"""A bank of people in a folder of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / folder) for folder in ("customers", "auth/challenges")]  # helpers; a key in software

from people import People  # noqa: E402  # found by the line above


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[People]:
    people = People(tmp_path / "bank")
    yield people
    people.close()
