"""Cases over a database of their own, with a trail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from feiqian.audit_log.log import Trail
from feiqian.cases.service import Cases
from feiqian.db import BankDb
from feiqian.sealing import Sealer


class Desk(NamedTuple):
    db: BankDb
    cases: Cases
    trail: Trail


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    db = BankDb(tmp_path)
    trail = Trail(db)
    yield Desk(db, Cases(db, trail, Sealer(b"k" * 32)), trail)
    db.close()
