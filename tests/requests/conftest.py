"""A bank of people who ask each other for money."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.requests.asking import AskingPeople


@pytest.fixture
def bank(tmp_path: Path, database: str) -> Iterator[AskingPeople]:
    with closing(AskingPeople(tmp_path / "bank", url=database)) as bank:
        yield bank
        assert bank.findings() == []
