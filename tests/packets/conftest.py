"""A bank of people who give each other red packets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.packets.giving import Giving


@pytest.fixture
def bank(tmp_path: Path, database: str) -> Iterator[Giving]:
    with closing(Giving(tmp_path / "bank", url=database)) as bank:
        yield bank
        assert bank.findings() == []
