"""A bank whose customers have wallets and accounts, and shops that they pay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.activity.movers import Movers


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Movers]:
    bank = Movers(tmp_path / "bank")
    yield bank
    bank.close()
