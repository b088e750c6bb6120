"""A bank whose customers are told things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.customers.people import People


@pytest.fixture
def people(tmp_path: Path, database: str) -> Iterator[People]:
    people = People(tmp_path / "bank", url=database)
    yield people
    people.close()
