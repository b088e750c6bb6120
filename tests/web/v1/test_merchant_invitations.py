"""The bank's own systems invite the first of a merchant's people, with a key of theirs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from feiqian.ids import MerchantNumber
from feiqian.merchant_users.model import MerchantRole, UserState
from feiqian.merchants import bank_keys
from feiqian.testing.served import Served

PATH = "/v1/bank/merchant-invitations"


@pytest.fixture(scope="module")
def key(served: Served) -> str:
    return served.bank.services.transactions.write_now(bank_keys.create, "test", 1)


def asked(served: Served, bearer: str, **fields: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {bearer}"}
    return httpx.post(f"{served.url}{PATH}", json=fields, headers=headers, timeout=30)


def test_somebody_is_invited_by_a_key_of_the_bank_and_no_other(served: Served, key: str) -> None:
    s = served.bank.services
    shop = s.merchants.by_number(MerchantNumber(1))
    assert shop is not None
    wanted = {"merchant": shop.id, "email": "lin@shop.example"}
    with served.client() as merchant:
        assert merchant.post(PATH, json=wanted).status_code == 401
    answer = asked(served, key, **wanted)
    assert (answer.status_code, answer.json()["role"]) == (200, "owner")
    assert "token" not in answer.text
    assert "/invitation/" not in answer.text
    (user,) = s.transactions.read_now(s.merchant_users.users.of, shop.number)
    assert (user.id, user.role, user.state) == (answer.json()["id"], MerchantRole.OWNER, UserState.INVITED)
    assert asked(served, key, **wanted).json()["id"] == user.id


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"merchant": "mer_" + "0" * 32}, 404), ({"email": "no address"}, 422), ({"role": "king"}, 422)],
)
def test_what_cannot_be_is_said(served: Served, key: str, wrong: dict[str, str], status: int) -> None:
    shop = served.bank.services.merchants.by_number(MerchantNumber(1))
    assert shop is not None
    fields = {"merchant": shop.id, "email": "mei@shop.example"} | wrong
    assert asked(served, key, **fields).status_code == status
