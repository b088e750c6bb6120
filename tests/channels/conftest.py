"""A bank with its people and its staff."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from staffed import Staffed


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Staffed]:
    bank = Staffed(tmp_path / "bank")
    yield bank
    bank.close()
