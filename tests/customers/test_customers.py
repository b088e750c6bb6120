"""Customers: numbers in order, ids that name them, and memory that knows who exists."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import delete

from feiqian.customers import registry, tables
from feiqian.customers.registry import MAX_NUMBER, Customers, NoNumbersLeft
from feiqian.customers.tables import issuing_devices
from feiqian.db import BankDb
from feiqian.ids import CUSTOMER, CustomerNumber, is_id

NOW = 1_800_000_000_000_000


def test_numbers_are_given_in_order_from_one(db: BankDb) -> None:
    customers = Customers(db)
    assert list(customers.add(["Li Na", "王芳"], NOW)) == [1, 2]
    assert list(customers.add(["Ann"], NOW)) == [3]
    assert list(customers.add([], NOW)) == []
    assert customers.count == 3
    assert [customers.known(n) for n in (0, 1, 3, 4, -1)] == [False, True, True, False, False]


def test_a_customer_is_found_by_number_and_by_id(db: BankDb) -> None:
    customers = Customers(db)
    customers.add(["Li Na", "王芳"], NOW)
    with db.read() as connection:
        customer = customers.by_number(connection, 2)
        assert customer is not None
        assert customers.by_id(connection, customer.id) == customer
        assert customers.by_number(connection, 3) is customers.by_id(connection, "cus_none") is None
    assert (customer.number, customer.name, customer.created_at) == (2, "王芳", NOW)
    assert is_id(CUSTOMER, customer.id)
    assert customers.names([2, 3]) == {2: "王芳"}


def test_who_was_there_before_is_known_after_a_restart_and_a_refresh(db: BankDb) -> None:
    customers = Customers(db)
    Customers(db).add(["Ann"], NOW)
    assert not customers.known(1)
    customers.refresh()
    assert customers.known(1)
    assert Customers(db).known(1)


@pytest.mark.parametrize("usual_share", [0.0, 0.5, 0.99, 1.0])
def test_memory_has_the_level_of_each_after_a_restart(db: BankDb, usual_share: float) -> None:
    """However they are spread: numbers from 1 to 1,200, of which not all are looked at to find the usual level."""
    r, customers = random.Random(1), Customers(db)
    customers.add(["Ann"] * 1_200, NOW, 2)
    expected = {number: 2 if r.random() < usual_share else r.choice([0, 1, 3]) for number in range(1, 1_201)}
    with db.write() as connection:
        for number, level in expected.items():
            customers.put_level(connection, CustomerNumber(number), level)
    after = Customers(db)
    assert {number: after.standing(CustomerNumber(number)) for number in expected} == expected


def test_a_number_that_is_missing_in_the_database_has_no_level(db: BankDb) -> None:
    Customers(db).add(["Ann"] * 1_200, NOW, 2)
    with db.write() as connection:
        connection.execute(delete(issuing_devices).where(issuing_devices.c.customer == 700))
        connection.execute(delete(tables.customers).where(tables.customers.c.number == 700))
    after = Customers(db)
    assert [after.standing(CustomerNumber(number)) for number in (699, 700, 701, 1_201)] == [2, 0, 2, 0]


def test_numbers_end_where_payment_codes_do(db: BankDb, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_NUMBER == 999_999_999
    monkeypatch.setattr(registry, "MAX_NUMBER", 2)
    customers = Customers(db)
    customers.add(["Last but one", "Last"], NOW)
    with pytest.raises(NoNumbersLeft):
        customers.add(["One more"], NOW)
