"""A bank whose customers ask for statements."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.statements.keepers import Keepers


@pytest.fixture
def bank(tmp_path: Path, database: str) -> Iterator[Keepers]:
    bank = Keepers(tmp_path / "bank", url=database)
    yield bank
    bank.close()
