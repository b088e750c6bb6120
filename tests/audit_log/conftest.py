"""An audit log with a few entries, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from feiqian.audit_log.log import AuditLog
from feiqian.db import BankDb
from feiqian.subjects import Subject, customer, staff
from feiqian.testing.postgres import Postgres

NOW = 1_800_000_000_000_000
ALICE, MEI = staff(1), customer(17)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[BankDb]:
    db = BankDb(tmp_path)
    yield db
    db.close()


@pytest.fixture(params=["sqlite", "postgres"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BankDb]:
    url = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    db = BankDb(tmp_path, url)
    yield db
    db.close()


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
