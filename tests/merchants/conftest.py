"""A feature database in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.db import BankDb


@pytest.fixture
def db(tmp_path: Path) -> Iterator[BankDb]:
    db = BankDb(tmp_path)
    yield db
    db.close()
