"""Accounts of customers, for tests of quick payment."""

from __future__ import annotations

from feiqian.deposits.model import DepositAccount
from feiqian.ids import CustomerNumber
from feiqian.money import CNY
from feiqian.subjects import Role, Subject
from tests.customers.people import People

OPERATOR = Subject(Role.STAFF, 1)


def account_of(people: People, owner: CustomerNumber) -> DepositAccount:
    id = people.run(people.services.deposits.open(owner, CNY.number, "current", OPERATOR))
    return people.do(people.services.deposits.get, id)


def number_of(people: People, account: DepositAccount) -> str:
    return people.do(people.services.deposits.number, account.id)
