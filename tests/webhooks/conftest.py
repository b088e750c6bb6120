"""A bank with a shop, and a receiver of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.webhooks.receiving import HookedBank, receiver

__all__ = ["receiver"]


@pytest.fixture(params=["sqlite"])
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HookedBank]:
    """A test that asks for both databases says so: `@BOTH`."""
    url = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    bank = HookedBank(tmp_path / "bank", url)
    yield bank
    bank.close()
