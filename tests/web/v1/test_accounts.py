"""A customer's accounts over the JSON interface: what they hold, what moved, and transfers between them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from feiqian.money import CNY, MinorUnits
from feiqian.subjects import Role, Subject
from feiqian.testing.people import PIN, Person, picture
from feiqian.testing.served import Served

OPERATOR = Subject(Role.STAFF, 0)


def open_account(served: Served, person: Person) -> str:
    opened: str = served.wait_for(
        served.bank.services.deposits.open(person.number, CNY.number, "current", OPERATOR)  # type: ignore[arg-type]
    )
    return opened


@pytest.fixture
def holder(served: Served, newcomer: Person) -> Person:
    """Registered, checked, and with 1,000.00 yuan in the wallet."""
    newcomer.register()
    newcomer.post("/v1/me/identity", {"images": [base64.b64encode(picture()).decode()]})
    accounts = served.bank.services.accounts
    gift = accounts.adjust(newcomer.number, CNY.number, MinorUnits(1_000_00), f"gift-{newcomer.number}")  # type: ignore[arg-type]
    served.wait_for(gift)
    return newcomer


def wanted(number: str, source: str, target: str, amount: int) -> dict[str, Any]:
    return {"number": number, "source": source, "target": target, "amount": amount, "currency": "CNY"}


def test_money_moves_to_an_account_and_both_statements_say_so(served: Served, holder: Person) -> None:
    account = open_account(served, holder)
    body = wanted("T-1", "wallet", account, 250_00)
    made = holder.post("/v1/me/transfers", body)
    assert (made["status"], made["source"], made["target"], made["amount"]) == ("succeeded", "wallet", account, 250_00)
    assert holder.post("/v1/me/transfers", body) == made
    assert holder.get(f"/v1/me/transfers/{made['id']}") == made
    assert holder.get("/v1/me/transfers")["data"] == [made]
    told = [(one["id"], one["balance"]) for one in holder.get("/v1/me/accounts")["data"]]
    assert told == [("wallet", 750_00), (account, 250_00)]
    details = holder.get(f"/v1/me/accounts/{account}")
    assert len(details["number"]) == 19
    assert details["number"] not in str(holder.get("/v1/me/accounts")), "a list has no whole number"
    (line,) = holder.get(f"/v1/me/accounts/{account}/entries")["data"]
    assert (line["amount"], line["balance"], line["kind"], line["other"]) == (250_00, 250_00, "own_transfer", "wallet")
    first = holder.get("/v1/me/accounts/wallet/entries?limit=1")
    assert first["data"][0]["other"] == account
    second = holder.get(f"/v1/me/accounts/wallet/entries?limit=1&cursor={first['next']}")
    assert [one["amount"] for one in (*first["data"], *second["data"])] == [-250_00, 1_000_00]
    assert second["next"] is None


def test_what_cannot_be_moved_is_told_and_retold(served: Served, holder: Person) -> None:
    account = open_account(served, holder)
    body = wanted("T-1", account, "wallet", 1_00)
    declined = holder.post("/v1/me/transfers", body)
    assert (declined["status"], declined["reason"]) == ("declined", "insufficient_funds")
    holder.post("/v1/me/transfers", wanted("T-2", "wallet", account, 1_00))
    assert holder.post("/v1/me/transfers", body) == declined
    assert holder.post("/v1/me/transfers", body | {"amount": 2_00}, 422)["type"] == "/problems/id-reused"
    same = holder.post("/v1/me/transfers", wanted("T-3", account, account, 1_00), 422)
    assert same["errors"] == [{"field": "target", "message": "invalid"}]


def test_nobody_sees_or_moves_what_is_anothers(served: Served, holder: Person, places: Any) -> None:
    account = open_account(served, holder)
    made = holder.post("/v1/me/transfers", wanted("T-1", "wallet", account, 1_00))
    other = Person(served, next(places))
    other.register()
    other.post("/v1/me/identity", {"images": [base64.b64encode(picture()).decode()]})
    for path in (f"accounts/{account}", f"accounts/{account}/entries", f"transfers/{made['id']}"):
        assert other.get(f"/v1/me/{path}", 404)["type"] == "/problems/not-found"
    assert other.post("/v1/me/transfers", wanted("T-1", account, "wallet", 1_00), 404)["type"] == "/problems/not-found"
    other.api.close()


def test_an_account_is_closed_with_a_challenge_and_its_money_moves(served: Served, holder: Person) -> None:
    account = open_account(served, holder)
    holder.post("/v1/me/transfers", wanted("T-1", "wallet", account, 250_00))
    place, target = f"/v1/me/accounts/{account}", {"target": "wallet"}
    begun = holder.post(f"{place}/closing", target)
    refused = holder.post(f"{place}/close", target | {"challenge": begun["id"]}, 403)
    assert refused["type"] == "/problems/challenge-not-passed"
    passed = holder.prove("/v1/me/challenges", begun, ("pin", PIN), ("sms", ""))
    closed = holder.post(f"{place}/close", target | {"challenge": passed["id"]})
    assert (closed["state"], closed["balance"]) == ("closed", 0)
    assert closed["closed_at"]
    assert [(one["id"], one["balance"]) for one in holder.get("/v1/me/accounts")["data"]] == [("wallet", 1_000_00)]
    told = {state: holder.get(f"/v1/me/accounts?status={state}")["data"] for state in ("closed", "open", "frozen")}
    assert {state: [one["id"] for one in ones] for state, ones in told.items()} == {
        "closed": [account],
        "open": ["wallet"],
        "frozen": [],
    }
    assert [one["kind"] for one in holder.get(f"{place}/entries")["data"]] == ["closing", "own_transfer"]
    again = holder.post(f"{place}/closing", target, 409)
    assert again["detail"] == "the account cannot be closed: closed"
