"""Whom the shoppers play: customers whom the seed invented, and nobody who registered in this run or before."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.customers.registry import Customers
from feiqian.customers.seeded import seeded_numbers
from feiqian.db import BankDb
from feiqian.demo.seeding import Plan, seed
from feiqian.demo.traffic import LEFT_ALONE, crowd
from feiqian.settings import Settings

SEEDED, REGISTERED = 40, 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "bank"
    seed(Settings(data=str(folder)), Plan(SEEDED, 2, sample_people=True))
    return folder


def owners(db: BankDb, customers: Customers) -> list[int]:
    return [customers.issuing.customer_of(device) for device in crowd(db, customers)]


def test_nobody_who_registered_is_played_before_or_after_a_restart(folder: Path) -> None:
    db = BankDb(folder)
    customers = Customers(db)
    customers.add(["Registered"] * REGISTERED, 2, level=2)
    assert owners(db, customers) == list(range(LEFT_ALONE + 1, SEEDED + 1))
    db.close()
    again = BankDb(folder)
    assert owners(again, Customers(again)) == list(range(LEFT_ALONE + 1, SEEDED + 1))
    again.close()


def test_an_invented_customer_whose_device_was_revoked_is_not_played(folder: Path) -> None:
    db = BankDb(folder)
    customers = Customers(db)
    customers.issuing.revoke(customers.issuing.device_of(SEEDED), 2)
    assert owners(db, customers) == list(range(LEFT_ALONE + 1, SEEDED))
    db.close()


def test_without_a_seed_nobody_is_played(tmp_path: Path) -> None:
    db = BankDb(tmp_path)
    customers = Customers(db)
    customers.add(["Registered"] * 30, 1, level=2)
    assert seeded_numbers(db) == range(0)
    assert crowd(db, customers) == []
    db.close()
