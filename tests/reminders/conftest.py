"""A bank whose customers are reminded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reminders.reminded import Reminded


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Reminded]:
    bank = Reminded(tmp_path / "bank")
    yield bank
    bank.close()
