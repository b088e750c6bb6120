"""A bank with two merchants, and a browser of the portal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from staff_pages import Browser
from staffed_shops import Shops, browsing


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Shops]:
    with closing(Shops(tmp_path / "bank")) as bank:
        yield bank


@pytest.fixture
def browser(bank: Shops) -> Iterator[Browser]:
    with browsing(bank) as browser:
        yield browser
