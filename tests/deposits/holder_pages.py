"""A customer with an account and a browser without scripts, at a served bank."""

from __future__ import annotations

import base64
import re

import httpx

from feiqian.ids import CustomerNumber
from feiqian.money import CNY
from feiqian.testing.people import Person, picture
from feiqian.testing.served import Served
from tests.deposits.holders import OPERATOR

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


class PageHolder(Person):
    """Whose identity is verified, with a current account in yuan."""

    def __init__(self, bank: Served, place: int) -> None:
        super().__init__(bank, place)
        self.register()
        self.post("/v1/me/identity", {"images": [base64.b64encode(picture()).decode()]})
        opening = bank.bank.services.deposits.open(CustomerNumber(self.number), CNY.number, "current", OPERATOR)
        self.account = bank.wait_for(opening)
        token = self.api.headers["authorization"].removeprefix("Bearer ")
        self.browser = httpx.Client(
            base_url=bank.url, cookies={"feiqian": token}, headers={"origin": bank.url}, timeout=30
        )

    def page(self, path: str, status: int = 200) -> str:
        answer = self.browser.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def fill(self, page: str, path: str, **fields: str) -> httpx.Response:
        """Sends the form of a page."""
        return self.browser.post(path, data=dict(HIDDEN.findall(page)) | fields)

    def close(self) -> None:
        self.browser.close()
        self.api.close()
