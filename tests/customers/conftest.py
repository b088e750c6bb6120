"""A bank of people in a folder of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "auth/challenges")]  # helpers beside the tests; a key in software

from people import People  # noqa: E402  # found by the line above


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[People]:
    people = People(tmp_path / "bank")
    yield people
    people.close()
