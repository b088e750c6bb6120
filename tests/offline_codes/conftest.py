"""A bank whose people pay by code, with network and without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from feiqian.auth.sessions.model import Session
from feiqian.composition import add_offline_codes
from feiqian.deposits.model import DepositAccount
from feiqian.offline_codes.service import CodeAhead
from feiqian.payments.requests import PaymentRequest
from feiqian.payments.views import PaymentView
from feiqian.subjects import customer
from feiqian.testing.pages import bank_routes, lent_application
from feiqian.testing.sessions import open_session
from feiqian.web.application import site_of
from feiqian.web.cookies import Cookies
from tests.quick.paying_bank import PayingBank
from tests.quick.paying_bank import bank as bank
from tests.quick.paying_bank import mei as mei


class Tills:
    """The bank as its tills and phones see it; Mei pays from her account."""

    def __init__(self, bank: PayingBank, mei: DepositAccount) -> None:
        self.bank, self.mei, self.s, self._order = bank, mei, bank.services, 0
        add_offline_codes(self.s)
        self.s.payments.choose_sources(self.s.sources.choose, self.s.sources.names)
        bank.run(self.s.sources.put(mei.customer, mei.currency, [mei.id], False))

    def signed_in(self, phone: str | None = None) -> Any:
        """Mei signs in on a phone: an `Opened`; `phone` is the token that an earlier one gave."""
        return self.bank.do(
            lambda c: open_session(self.s.sessions, c, customer(self.mei.customer), self.bank.clock.now(), device=phone)
        )

    def ahead(self, session: Session) -> list[CodeAhead]:
        return self.bank.run(self.s.offline_codes.coming(session))

    def pay(self, code: str, amount: int = 10_00) -> PaymentView:
        self._order += 1
        request = PaymentRequest(payment_code=code, amount=amount, currency="CNY", merchant_order=f"O-{self._order}")  # type: ignore[arg-type]
        return self.bank.run(self.s.payments.pay(self.bank.shop, request))

    def outcome(self, code: str, amount: int = 10_00) -> str:
        view = self.pay(code, amount)
        return view.reason or view.status


@pytest.fixture
def tills(bank: PayingBank, mei: DepositAccount) -> Tills:
    return Tills(bank, mei)


@pytest.fixture
def browser(tills: Tills) -> Iterator[TestClient]:
    """Of a phone on which Mei is signed in."""
    opened = tills.signed_in()
    with (
        lent_application(site_of(tills.s), bank_routes) as app,
        TestClient(app, base_url="http://127.0.0.1:8080") as client,
    ):
        client.headers["Sec-Fetch-Site"] = "same-origin"
        client.cookies.set(Cookies(tills.s.settings.public_origin).session, opened.token)
        yield client
