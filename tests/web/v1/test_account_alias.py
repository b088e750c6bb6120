"""An alias of an account, by its holder's app and page."""

from __future__ import annotations

import base64

import pytest

from feiqian.money import CNY
from feiqian.subjects import staff
from feiqian.testing.people import Person, picture
from feiqian.testing.served import Served


@pytest.fixture
def account(served: Served, newcomer: Person) -> str:
    """Of a newcomer who was checked."""
    newcomer.register()
    newcomer.post("/v1/me/identity", {"images": [base64.b64encode(picture()).decode()]})
    return served.wait_for(served.bank.services.deposits.open(newcomer.number, CNY.number, "current", staff(0)))


def test_an_app_gives_an_account_an_alias(newcomer: Person, account: str) -> None:
    path = f"/v1/me/accounts/{account}/alias"
    assert newcomer.post(path, {"alias": "rent2026"}) == {"id": account, "alias": "rent2026"}
    wrong = newcomer.api.post(path, json={"alias": "123456"})
    said = [{"field": "alias", "message": "it is a number, or looks like one"}]
    assert (wrong.status_code, wrong.json()["errors"]) == (422, said)
    assert newcomer.api.post(f"/v1/me/accounts/acc_{'0' * 32}/alias", json={"alias": "rent"}).status_code == 404
