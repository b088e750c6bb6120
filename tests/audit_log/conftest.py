"""An audit log with a few entries, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from feiqian.audit_log.log import AuditLog
from feiqian.db import BankDb
from feiqian.subjects import customer, staff

NOW = 1_800_000_000_000_000
ALICE, MEI = staff(1), customer(17)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[BankDb]:
    with closing(BankDb(tmp_path)) as db:
        yield db


@pytest.fixture
def db(url: str, tmp_path: Path) -> Iterator[BankDb]:
    """A test that takes it runs once on each database."""
    with closing(BankDb(tmp_path, url)) as db:
        yield db


@pytest.fixture
def written(sqlite: BankDb) -> AuditLog:
    """Ten entries."""
    audit_log = AuditLog(sqlite)
    for n in range(10):
        audit_log.record(ALICE, "customer_opened", str(MEI), {"why": "asked", "n": n}, NOW + n)
    return audit_log
