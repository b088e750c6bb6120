"""Issuing devices: each customer has one from the start, another can be added, one can be revoked alone."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from feiqian.customers import issuing as issuing_module
from feiqian.customers.errors import CustomerNotFound
from feiqian.customers.issuing import MAX_DEVICE, IssuingDevices, NoDevicesLeft
from feiqian.customers.registry import Customers
from feiqian.db import BankDb
from feiqian.payments.permutation import DEVICES

NOW = 1_800_000_000_000_000


def in_memory(issuing: IssuingDevices, count: int = 12) -> tuple[list[int], list[int]]:
    """Whose each device is, and which each customer's."""
    return [issuing.customer_of(n) for n in range(count)], [issuing.device_of(n) for n in range(count)]


def loaded(db: BankDb) -> IssuingDevices:
    issuing = IssuingDevices(db)
    issuing.refresh()
    return issuing


def test_every_new_customer_has_a_device(db: BankDb) -> None:
    customers = Customers(db)
    customers.add(["Li Na", "王芳"], NOW)
    customers.add(["Ann"], NOW)
    owners, devices = in_memory(customers.issuing, 5)
    assert owners == devices == [0, 1, 2, 3, 0]
    assert in_memory(loaded(db)) == in_memory(customers.issuing)


def test_numbers_that_nobody_has_are_of_nobody(db: BankDb) -> None:
    issuing = Customers(db).issuing
    assert [issuing.customer_of(n) for n in (-1, 0, 1, MAX_DEVICE)] == [0] * 4
    assert [issuing.device_of(n) for n in (-1, 0, 1, MAX_DEVICE)] == [0] * 4
    assert not issuing.revoke(1, NOW)
    with pytest.raises(CustomerNotFound):
        issuing.add(1, NOW)


def test_memory_is_what_a_restart_reads_after_any_changes(db: BankDb) -> None:
    customers = Customers(db)
    issuing = customers.issuing
    customers.add(["A", "B", "C"], NOW)
    assert issuing.add(2, NOW) == 4
    customers.add(["D"], NOW)  # customer 4, device 5
    assert issuing.revoke(1, NOW)
    assert not issuing.revoke(1, NOW), "only once"
    assert issuing.revoke(4, NOW)
    assert issuing.add(1, NOW) == 6
    assert in_memory(issuing, 8) == ([0, 0, 2, 3, 0, 4, 1, 0], [0, 6, 2, 3, 5, 0, 0, 0])
    assert in_memory(loaded(db)) == in_memory(issuing)
    issuing.revoke(6, NOW)
    assert issuing.device_of(1) == 0
    assert in_memory(loaded(db)) == in_memory(issuing)


def test_a_device_that_is_missing_in_the_database_is_of_nobody(db: BankDb, tmp_path: Path) -> None:
    customers = Customers(db)
    customers.add(["A", "B", "C"], NOW)
    with sqlite3.connect(tmp_path / "bank.db") as raw:
        raw.execute("DELETE FROM issuing_devices WHERE number = 2")
    assert in_memory(loaded(db), 5) == ([0, 1, 0, 3, 0], [0, 1, 0, 3, 0])


def test_what_another_process_changed_is_known_after_a_refresh(db: BankDb) -> None:
    customers, elsewhere = Customers(db), Customers(db)
    elsewhere.add(["A", "B"], NOW)
    elsewhere.issuing.revoke(1, NOW)
    assert customers.issuing.customer_of(2) == 0
    customers.refresh()
    assert in_memory(customers.issuing) == in_memory(elsewhere.issuing)
    elsewhere.issuing.add(1, NOW)
    customers.take_up(1)
    assert in_memory(customers.issuing) == in_memory(elsewhere.issuing)


def test_what_is_rolled_back_is_not_in_memory(db: BankDb) -> None:
    customers = Customers(db)
    with db.write() as connection:
        customers.add_within(connection, ["A"], NOW)
        connection.rollback()
    assert in_memory(customers.issuing) == in_memory(loaded(db)) == ([0] * 12, [0] * 12)


def test_changes_at_once_leave_memory_as_the_database(db: BankDb) -> None:
    customers = Customers(db)
    customers.add(["A"] * 8, NOW)

    def change(n: int) -> None:
        customer = n % 8 + 1
        customers.issuing.revoke(customers.issuing.device_of(customer), NOW)
        customers.issuing.add(customer, NOW)

    with ThreadPoolExecutor(4) as at_once:
        list(at_once.map(change, range(32)))
    assert in_memory(customers.issuing, 60) == in_memory(loaded(db), 60)
    assert len({customers.issuing.device_of(n) for n in range(1, 9)} - {0}) == 8


def test_numbers_end_where_payment_codes_do(db: BankDb, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_DEVICE == DEVICES - 1
    monkeypatch.setattr(issuing_module, "MAX_DEVICE", 2)
    customers = Customers(db)
    customers.add(["A", "B"], NOW)
    with pytest.raises(NoDevicesLeft):
        customers.add(["C"], NOW)
    assert customers.count == 2, "neither the customer nor the device"
    with pytest.raises(NoDevicesLeft):
        customers.issuing.add(1, NOW)


def test_memory_keeps_eight_bytes_a_customer(db: BankDb) -> None:
    customers = Customers(db)
    customers.add(["A"] * 20_000, NOW)
    issuing = loaded(db)
    arrays = issuing._customers, issuing._devices
    assert sum(len(numbers) * numbers.itemsize for numbers in arrays) <= 8 * 20_001
