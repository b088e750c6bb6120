"""A customer locks money over the JSON interface, and a merchant learns nothing of it."""

from __future__ import annotations

import httpx
import pytest

from feiqian.money import CNY
from feiqian.testing.people import PASSWORD, PIN, Person
from feiqian.testing.served import Served
from tests.web.v1.test_me import CHALLENGES, pay, payer

__all__ = ["payer"]
LOCK = {"currency": "CNY", "amount": 900_00, "reference": "L-1"}


def test_what_is_locked_is_declined_as_insufficient_and_opens_with_three_factors(
    served: Served, shop: httpx.Client, payer: Person
) -> None:
    locked = payer.post("/v1/me/locks", LOCK)
    assert (locked["state"], locked["account"], locked["opens_at"]) == ("locked", "wallet", None)
    assert payer.post("/v1/me/locks", LOCK) == locked
    assert payer.post("/v1/me/locks", LOCK | {"account": "wallet"}) == locked
    declined = pay(shop, served, payer, 101_00)
    assert (declined["status"], declined["reason"]) == ("declined", "insufficient_funds")
    assert "lock" not in str(declined).lower()
    assert pay(shop, served, payer, 100_00)["status"] == "succeeded"
    path = f"/v1/me/locks/{locked['id']}"
    challenge = payer.prove(
        CHALLENGES, payer.post(f"{path}/challenge"), ("password", PASSWORD), ("pin", PIN), ("sms", "")
    )
    opening = payer.post(f"{path}/open", {"challenge": challenge["id"]})
    assert opening["state"] == "opening"
    assert opening["opens_at"]
    payer.post(f"{path}/challenge", status=409)
    assert payer.post(f"{path}/keep")["state"] == "locked"
    assert [one["state"] for one in payer.get("/v1/me/locks")["locks"]] == ["locked"]
    me = payer.get("/v1/me")
    assert me["wallets"] == [{"currency": CNY.code, "balance": 900_00}]


@pytest.mark.parametrize(
    ("more", "field", "why"),
    [
        ({"amount": 1_000_01}, "amount", "insufficient"),
        ({"currency": "XQX"}, "currency", "is no currency of ISO 4217"),
        ({"currency": "EUR"}, "account", "account"),
        ({"account": f"acc_{'0' * 32}"}, "account", "account"),
        ({"amount": 1}, "reference", "reference"),
    ],
)
def test_what_cannot_be_locked_says_which_field_is_wrong(
    payer: Person, more: dict[str, object], field: str, why: str
) -> None:
    payer.post("/v1/me/locks", LOCK | {"amount": 2})
    reference = {} if field == "reference" else {"reference": "L-2"}
    problem = payer.post("/v1/me/locks", LOCK | reference | more, status=422)
    assert problem["errors"] == [{"field": field, "message": why}]


def test_an_empty_account_is_none(payer: Person) -> None:
    problem = payer.post("/v1/me/locks", LOCK | {"account": ""}, status=422)
    assert [one["field"] for one in problem["errors"]] == ["account"]


def test_no_lock_of_another_is_found(served: Served, payer: Person) -> None:
    for path in ("challenge", "keep"):
        payer.post(f"/v1/me/locks/lck_0/{path}", status=404)
