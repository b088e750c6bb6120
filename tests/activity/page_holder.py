"""A customer of a served bank with 1,000.00 yuan in the wallet, and an account."""

from __future__ import annotations

from feiqian.ids import CustomerNumber
from feiqian.money import CNY, MinorUnits
from feiqian.testing.served import Served
from tests.deposits.holder_pages import PageHolder


def with_money(bank: Served, name: str) -> PageHolder:
    """`name` of the test, so that no two share a mobile number."""
    place = 1_000 + sum(ord(letter) * (at + 1) for at, letter in enumerate(name)) % 90_000
    holder, accounts = PageHolder(bank, place), bank.bank.services.accounts
    gift = accounts.adjust(CustomerNumber(holder.number), CNY.number, MinorUnits(1_000_00), f"gift-{place}")
    bank.wait_for(gift)
    return holder
