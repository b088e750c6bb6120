"""A bank of people in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from people import People


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[People]:
    people = People(tmp_path / "bank")
    yield people
    people.close()
