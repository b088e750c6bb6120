"""An audit log with a few entries, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from feiqian.audit_log.log import AuditLog
from feiqian.db import BankDb
from feiqian.subjects import Subject, customer, staff
from feiqian.testing.empty_bank import empty_bank

NOW = 1_800_000_000_000_000
ALICE, MEI = staff(1), customer(17)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[BankDb]:
    with closing(empty_bank(tmp_path)) as db:
        yield db


@pytest.fixture
def db(url: str, tmp_path: Path) -> Iterator[BankDb]:
    """A test that takes it runs once on each database."""
    with closing(empty_bank(tmp_path, url)) as db:
        yield db


@pytest.fixture
def record() -> Callable[..., int]:
    """Writes an entry in a transaction of its own."""

    def record(db: BankDb, actor: Subject, action: str, about: str, details: Mapping[str, object], now: int) -> int:
        with db.write() as connection:
            return AuditLog().append(connection, actor, action, about, details, now)

    return record


@pytest.fixture
def written(sqlite: BankDb, record: Callable[..., int]) -> AuditLog:
    """Ten entries."""
    audit_log = AuditLog()
    for n in range(10):
        record(sqlite, ALICE, "customer_opened", str(MEI), {"why": "asked", "n": n}, NOW + n)
    return audit_log
