"""A bank whose customers are reminded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reminders.reminded import Reminded


@pytest.fixture(params=["sqlite"])
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reminded]:
    """A test that asks for both databases says so: `@BOTH`."""
    url = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    bank = Reminded(tmp_path / "bank", url)
    yield bank
    bank.close()
