"""Two customers at a served bank who send each other money, each with a browser without scripts."""

from __future__ import annotations

import re

import httpx

from feiqian.ids import CustomerNumber
from feiqian.money import CNY, MinorUnits
from feiqian.testing.people import PIN
from feiqian.testing.served import Served
from tests.deposits.holder_pages import PageHolder

NAME = "Wang Xiaoming"  # of everybody who registers there


class Friend(PageHolder):
    """Seen face to face, with 1,000.00 yuan in the wallet."""

    def __init__(self, bank: Served, place: int) -> None:
        super().__init__(bank, place)
        self.put_level("full")
        services, number = bank.bank.services, CustomerNumber(self.number)
        bank.wait_for(services.accounts.adjust(number, CNY.number, MinorUnits(1_000_00), f"gift-{place}"))

    def put_level(self, name: str) -> None:
        services, number = self.bank.bank.services, CustomerNumber(self.number)
        level = services.policy.level(name)
        services.transactions.write_now(services.customers.put_level, number, level.number)
        services.customers.take_up(number)
        self.bank.wait_for(services.accounts.set_level(number, level))

    def check(self, payee: str, name: str = NAME, way: str = "mobile") -> httpx.Response:
        form = self.page(f"/transfers/new?way={way}")
        return self.fill(form, "/transfers/new", payee=payee, name=name)

    def begin(self, payee: str, amount: str, **more: str) -> httpx.Response:
        """Up to the page that asks for the PIN."""
        place = self.check(payee).headers["location"]
        return self.fill(self.page(place), place, **({"source": "wallet-CNY", "amount": amount} | more))

    def confirm(self, begun: httpx.Response) -> httpx.Response:
        """Answers with the PIN; to the page of what became of it."""
        place = begun.headers["location"].partition("?")[0]
        answered = self.fill(self.page(place), place, factor="pin", answer=PIN)
        assert answered.status_code == 303, answered.text
        return self.browser.get(answered.headers["location"])

    def send(self, payee: str, amount: str, **more: str) -> str:
        """The path of the transfer's page."""
        done = self.confirm(self.begin(payee, amount, **more))
        assert done.status_code == 303, done.text
        return str(done.headers["location"])


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", page))
