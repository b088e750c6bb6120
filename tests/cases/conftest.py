"""Cases over a database of their own, with an audit log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from feiqian.audit_log.log import AuditLog
from feiqian.cases.service import Cases
from feiqian.db import BankDb
from feiqian.field_cipher import FieldCipher
from feiqian.testing.empty_bank import empty_bank


class SupportView(NamedTuple):
    db: BankDb
    cases: Cases
    audit_log: AuditLog


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SupportView]:
    db = empty_bank(tmp_path)
    audit_log = AuditLog()
    yield SupportView(db, Cases(audit_log, FieldCipher(b"k" * 32)), audit_log)
    db.close()
