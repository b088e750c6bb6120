"""Phones' issuing devices: one each, few of a customer, revoked with the phone, and known after a restart."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from feiqian.clock import MICROSECONDS
from feiqian.customers.phones import MOST, PhoneDevices, TooManyPhones
from feiqian.customers.registry import Customers
from feiqian.db import BankDb
from feiqian.subjects import customer, staff
from feiqian.testing.clock import ManualClock

HOUR = 3600


class Bank:
    """Two customers, whose own devices are 1 and 2."""

    def __init__(self, db: BankDb) -> None:
        self.db, self.clock, self.customers = db, ManualClock(), Customers(db)
        self.customers.add(["Mei", "Ann"], self.clock.now())
        self.issuing = self.customers.issuing
        self.phones = PhoneDevices(issuing=self.issuing, clock=self.clock)

    @property
    def now(self) -> int:
        return self.clock.now() // MICROSECONDS

    def do(self, rule: Callable[..., object], *args: object) -> object:
        with self.db.write() as connection:
            return rule(connection, *args)

    def take(self, phone: str, until: int = 0, number: int = 1) -> int:
        return self.do(self.phones.take, number, phone, until or self.now + HOUR)  # type: ignore[return-value]

    def sign_out(self, phone: str = "", but: str = "", number: int = 1) -> None:
        self.do(self.phones.signed_out, customer(number), phone, but)

    def memory(self, count: int = 12) -> tuple[list[int], list[int]]:
        return [self.issuing.customer_of(n) for n in range(count)], [self.issuing.device_of(n) for n in range(5)]

    def restarted(self) -> tuple[list[int], list[int]]:
        self.issuing = Customers(self.db).issuing
        return self.memory()


@pytest.fixture
def bank(db: BankDb) -> Bank:
    return Bank(db)


def test_a_phone_has_a_device_of_its_own_and_the_customer_s_stays_what_it_was(bank: Bank) -> None:
    assert bank.take("dev_a") == 3
    assert bank.take("dev_a") == 3
    assert bank.take("dev_b") == 4
    assert bank.take("dev_c", number=2) == 5
    assert bank.memory() == ([0, 1, 2, 1, 1, 2, *[0] * 6], [0, 1, 2, 0, 0])
    assert bank.restarted() == bank.memory()
    bank.customers.add(["Li"], bank.clock.now())  # customer 3, device 6
    bank.customers.take_up(3)
    bank.issuing = bank.customers.issuing
    assert bank.issuing.device_of(3) == 6
    assert bank.restarted()[1] == [0, 1, 2, 6, 0]


def test_a_phone_that_is_signed_out_is_of_nobody_at_once_and_after_a_restart(bank: Bank) -> None:
    a, b, other = bank.take("dev_a"), bank.take("dev_b"), bank.take("dev_a", number=2)
    bank.sign_out("dev_a")
    assert [bank.issuing.customer_of(n) for n in (a, b, other)] == [0, 1, 2]
    assert bank.restarted() == ([0, 1, 2, 0, 1, 2, *[0] * 6], [0, 1, 2, 0, 0])

    bank.sign_out(but="dev_b")
    assert bank.issuing.customer_of(b) == 1
    bank.sign_out()
    assert Customers(bank.db).issuing.customer_of(b) == 0
    assert Customers(bank.db).issuing.customer_of(other) == 2
    bank.do(bank.phones.signed_out, staff(2), "", "")
    assert Customers(bank.db).issuing.customer_of(other) == 2, "staff 2 is not customer 2"


def test_a_number_is_used_again_once_its_codes_are_over_and_never_by_another(bank: Bank) -> None:
    first = bank.take("dev_a", bank.now + 100)
    bank.sign_out("dev_a")
    assert bank.take("dev_a", bank.now + 100) != first, "codes of before might come back to life"
    bank.clock.advance(101)
    assert bank.take("dev_c") == first
    assert bank.take("dev_d", number=2) > first
    assert bank.issuing.customer_of(first) == 1


def test_a_customer_has_few_however_often_they_come_and_go(bank: Bank) -> None:
    numbers = set()
    for n in range(MOST):
        numbers.add(bank.take(f"dev_{n}", bank.now + 100))
        bank.sign_out(f"dev_{n}")
    with pytest.raises(TooManyPhones):
        bank.take("dev_next")
    bank.clock.advance(101)
    for n in range(20):
        numbers.add(bank.take(f"dev_{n}", bank.now + 1))
        bank.clock.advance(2)
    assert len(numbers) == MOST


def test_a_number_that_must_hold_longer_is_asked_for_again(bank: Bank) -> None:
    number = bank.take("dev_a", bank.now + 100)
    with bank.db.read() as connection:
        assert bank.phones.of(connection, 1, "dev_a", bank.now + 100) == number
        assert bank.phones.of(connection, 1, "dev_a", bank.now + 101) == 0
        assert bank.phones.of(connection, 1, "dev_b", bank.now) == 0
        assert bank.phones.of(connection, 2, "dev_a", bank.now) == 0


def test_many_at_once_leave_memory_as_the_database(bank: Bank) -> None:
    def come_and_go(n: int) -> None:
        with suppress(TooManyPhones):
            bank.take(f"dev_{n % 3}", number=n % 2 + 1)
        if n % 3 == 0:
            bank.sign_out(f"dev_{n % 3}", number=n % 2 + 1)

    with ThreadPoolExecutor(4) as at_once:
        list(at_once.map(come_and_go, range(40)))
    assert bank.memory(20) == _memory(Customers(bank.db))


def _memory(customers: Customers) -> tuple[list[int], list[int]]:
    issuing = customers.issuing
    return [issuing.customer_of(n) for n in range(20)], [issuing.device_of(n) for n in range(5)]
