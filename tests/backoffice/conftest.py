"""A bank with its people and its staff."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / folder) for folder in ("backoffice", "customers", "auth/challenges")]  # helpers

from staffed import Staffed  # noqa: E402  # found by the line above


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Staffed]:
    bank = Staffed(tmp_path / "bank")
    yield bank
    bank.close()
