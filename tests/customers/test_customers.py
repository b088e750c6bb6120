"""Customers: numbers in order, ids that name them, and memory that knows who exists."""

from __future__ import annotations

import pytest

from feiqian.customers import registry
from feiqian.customers.registry import MAX_NUMBER, Customers, NoNumbersLeft
from feiqian.db import BankDb
from feiqian.ids import CUSTOMER, is_id

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


def test_numbers_end_where_payment_codes_do(db: BankDb, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_NUMBER == 999_999_999
    monkeypatch.setattr(registry, "MAX_NUMBER", 2)
    customers = Customers(db)
    customers.add(["Last but one", "Last"], NOW)
    with pytest.raises(NoNumbersLeft):
        customers.add(["One more"], NOW)
