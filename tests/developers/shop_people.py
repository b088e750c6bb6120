"""A served bank whose clock stands, and a merchant's people in front of the portal, without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from staff_pages import hidden

from feiqian.auth.sessions.model import Opened
from feiqian.ids import CustomerNumber
from feiqian.merchant_users.model import MerchantRole
from feiqian.merchants.registry import Merchant
from feiqian.subjects import staff
from feiqian.testing.clock import ManualClock
from feiqian.testing.served import Served

PASSWORD = "nineteen copper kettles"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
BROWSER = {"user-agent": FIREFOX, "sec-fetch-site": "same-origin", "accept": "text/html,*/*"}
COOKIE = "feiqian-merchant"


class Bank(Served):
    """Its pages are served, and webhooks go to this machine, too."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        super().__init__(folder, pages=True, clock=self.clock, webhook_loopback=True)

    @property
    def services(self) -> Any:
        return self.bank.services

    def merchant(self, index: int = 0) -> Merchant:
        found = self.services.merchants.by_number(self.merchants[index].number)
        assert found is not None
        return found  # type: ignore[no-any-return]

    def join(self, role: str, index: int = 0, name: str = "") -> User:
        return User(self, role, index, name or role.title())

    def paid_order(self, amount: int = 12_50, **fields: object) -> dict[str, Any]:
        """An order of the first merchant's, paid at its till."""
        customer = self.customer()
        with self.client() as shop:
            number = f"A-{int(customer)}"
            wanted = {"merchant_order": number, "amount": amount, "currency": "CNY", "description": "Tea"} | fields
            order = shop.post("/v1/orders", json=wanted).json()
            paid = {"payment_code": self.code(customer), "amount": amount, "currency": "CNY"}
            told = shop.post("/v1/payments", json=paid | {"merchant_order": f"T-{number}", "order": order["id"]}).json()
            assert told["status"] in ("succeeded", "authorised"), told
            return shop.get(f"/v1/orders/{order['id']}").json()  # type: ignore[no-any-return]

    def code(self, customer: CustomerNumber) -> str:
        return str(self.inside(lambda: self.services.payments.code_for(customer).digits))


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    bank = Bank(tmp_path_factory.mktemp("bank"))
    yield bank
    bank.stop()


_joined = count(1)


class User:
    """One of a merchant's people, with two factors, signed in; `page` is what they look at."""

    def __init__(self, bank: Bank, role: str, index: int, name: str) -> None:
        self.bank, self.email = bank, f"{name.lower().replace(' ', '.')}.{next(_joined)}@shop.example"
        self.client = httpx.Client(base_url=bank.url, headers=BROWSER, timeout=60)
        users = bank.services.merchant_users
        number, now = bank.merchants[index].number, bank.clock.now()
        with bank.services.db.write() as connection:
            invitation = users.users.invite(connection, number, self.email, MerchantRole(role), "en", staff(0), now)
        bank.wait_for(users.name(invitation.token, name))
        bank.wait_for(users.choose_password(invitation.token, PASSWORD))
        enrolment = bank.wait_for(users.begin_token(invitation.token))
        self._totp = pyotp.parse_uri(enrolment.uri).secret
        self.number = bank.wait_for(users.finish_token(invitation.token, enrolment.id, self.shown())).number
        self.client.cookies.set(COOKIE, self.let_in().token)
        self.page = self.client.get("/merchants/security").text

    def let_in(self) -> Opened:
        users, bank = self.bank.services.merchant_users, self.bank
        view = bank.wait_for(users.password(self.email, PASSWORD, "en"))
        return bank.wait_for(users.code(self.email, view.id, self.shown(), FIREFOX, "en"))

    def shown(self) -> str:
        """What their token shows, a step later each time: no code is taken twice."""
        self.bank.clock.advance(30)
        return pyotp.TOTP(self._totp).at(self.bank.clock.now() // 1_000_000)

    def get(self, path: str) -> str:
        answer = self.client.get(f"/merchants{path}")
        assert answer.status_code == 200, (answer.status_code, answer.text[:2000])
        self.page = answer.text
        return self.page

    def post(self, path: str, **fields: str) -> httpx.Response:
        """Sends a form of the page; what it leads to is looked at."""
        fields = {"page_for": hidden(self.page, "page_for")} | fields
        answer = self.client.post(f"/merchants{path}", data=fields)
        while answer.status_code == 303:
            answer = self.client.get(answer.headers["location"])
        self.page = answer.text
        return answer

    def confirm(self, place: str, times: int = 1) -> httpx.Response:
        """Shows password and token to the challenge at this place; the last form is sent so many times."""
        way = hidden(self.page, "way")
        for factor, answer in (("password", PASSWORD), ("totp", "")):
            fields = {"way": way, "factor": factor, "do": "answer", "answer": answer or self.shown()}
            page, cookies = self.page, [(one.name, one.value or "") for one in self.client.cookies.jar]
            told = self.post(place, **fields)
        for _ in range(times - 1):
            self.page = page
            self.client.cookies.clear()
            for name, value in cookies:
                self.client.cookies.set(name, value)
            self.post(place, **fields)
        return told


def codes(page: str) -> list[str]:
    """What a page shows as code, to be copied."""
    return re.findall(r"<code data-copy[^>]*>([^<]+)</code>", page)
