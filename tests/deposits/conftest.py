"""A bank with customers who have deposit accounts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.customers.people import People
from tests.deposits.holders import Holders


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    people = People(tmp_path / "bank")
    yield people
    people.close()


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Holders]:
    bank = Holders(tmp_path / "bank")
    yield bank
    bank.close()
