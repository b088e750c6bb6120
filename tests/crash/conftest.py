"""A served bank in a process of its own, which a test may kill."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from served_bank import ServedBank


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[ServedBank]:
    with closing(ServedBank(tmp_path / "bank")) as bank:
        yield bank
