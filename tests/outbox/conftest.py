"""An outbox in SQLite, and in PostgreSQL for tests that ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sending import Bank

from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.runtime.work import Work
from feiqian.testing.clock import ManualClock


@pytest.fixture(params=["sqlite"])
def bank(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bank]:
    """A test that asks for both databases says so: `@BOTH`."""
    url = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    db, work = BankDb(tmp_path, url), Work()
    bank = Bank(db, FieldCipher(bytes(range(32))), ManualClock(), work)
    bank.build()
    yield bank
    work.close()
    db.close()
