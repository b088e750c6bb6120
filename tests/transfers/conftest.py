"""A bank of people who send each other money."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.transfers.sending import Sending


@pytest.fixture
def bank(tmp_path: Path, database: str) -> Iterator[Sending]:
    with closing(Sending(tmp_path / "bank", url=database)) as bank:
        yield bank
        assert bank.findings() == []
