"""Quick payment over the JSON interface: a customer who is signed in pays a merchant from an own account."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from feiqian.accounts.kinds import AccountKind
from feiqian.deposits.model import DepositAccount
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.money import CNY
from feiqian.quick.model import Way
from feiqian.subjects import Role, Subject
from feiqian.testing.people import Person, picture
from feiqian.testing.served import Served

PATH, CHALLENGES = "/v1/me/quick-payments", "/v1/me/challenges"
OPERATOR = Subject(Role.STAFF, 0)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(tmp_path_factory.mktemp("quick") / "bank")
    yield served
    served.stop()


_people = iter(range(700, 800))


@pytest.fixture
def payer(served: Served) -> Iterator[Person]:
    """Registered and checked."""
    person = Person(served, next(_people))
    person.register()
    person.post("/v1/me/identity", {"images": [base64.b64encode(picture()).decode()]})
    yield person
    person.api.close()


@pytest.fixture
def account(served: Served, payer: Person) -> DepositAccount:
    """The payer's, with 1,000 yuan."""
    s = served.bank.services

    async def opened() -> DepositAccount:
        id = await s.deposits.open(CustomerNumber(payer.number), CNY.number, "current", OPERATOR)
        account = await s.transactions.read(s.deposits.get, id)
        cash = chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK)
        brought = chart.derived_id(b"test", id.encode())
        s.ledger.post(chart.transfer(brought, debit=cash, credit=account.ledger_id, amount=1_000_00))
        await s.ledger.durable(s.ledger.position)
        await s.transactions.write(s.quick.open_within, account, OPERATOR, Way.STAFF)
        return account

    return served.wait_for(opened())


def six(served: Served, account: DepositAccount) -> str:
    s = served.bank.services
    return str(served.wait_for(s.transactions.read(s.deposits.number, account.id)))[-6:]


def asked(served: Served, own: DepositAccount, **more: Any) -> dict[str, Any]:
    shop = served.bank.services.merchants.all()[0]
    said = {"merchant": shop.id, "amount": 88_00, "currency": "CNY", "reference": "2026-117"}
    return said | {"account": six(served, own)} | more


def test_a_customer_pays_a_merchant_from_an_account(served: Served, payer: Person, account: DepositAccount) -> None:
    begun = payer.post(PATH, asked(served, account, description="Water"))
    assert (begun["status"], begun["account"], begun["payment"]) == ("open", account.last_four, None)
    assert payer.get(PATH)["data"] == [], "what was not confirmed is not listed"
    challenge = payer.post(f"{PATH}/{begun['id']}/challenge")
    assert "88.00" in challenge["text"]
    assert challenge["combinations"] == [["sms"]]
    payer.prove(CHALLENGES, challenge, ("sms", ""))
    confirm = {"challenge": challenge["id"]}
    paid = payer.post(f"{PATH}/{begun['id']}/confirm", confirm)
    assert paid["status"] == "succeeded"
    assert paid == payer.post(f"{PATH}/{begun['id']}/confirm", confirm) == payer.get(f"{PATH}/{begun['id']}")
    assert payer.get(PATH) == {"data": [paid], "next": None}
    assert served.inside(lambda: served.bank.services.deposits.balance(account)) == 1_000_00 - 88_00
    with served.client(0) as shop:
        listed = shop.get(f"/v1/payments/{paid['payment']}").json()
    assert listed["merchant_order"] == f"2026-117/{begun['id']}"
    assert "customer" not in listed


def test_who_has_paid_the_same_minutes_ago_is_told_before_they_confirm(
    served: Served, payer: Person, account: DepositAccount
) -> None:
    first = payer.post(PATH, asked(served, account))
    assert first["paid_before"] is None
    challenge = payer.prove(CHALLENGES, payer.post(f"{PATH}/{first['id']}/challenge"), ("sms", ""))
    paid = payer.post(f"{PATH}/{first['id']}/confirm", {"challenge": challenge["id"]})
    assert (paid["status"], paid["paid_before"]) == ("succeeded", None), "not by itself"
    again = payer.post(PATH, asked(served, account, reference="2026-118"))
    assert again["paid_before"] is not None
    assert payer.get(f"{PATH}/{again['id']}") == again
    assert payer.post(PATH, asked(served, account, amount=88_01))["paid_before"] is None, "another amount"
    assert [one["paid_before"] for one in payer.get(PATH)["data"]] == [None]


def test_what_was_paid_is_listed_in_pages_however_much_else_was_paid(
    served: Served, payer: Person, account: DepositAccount
) -> None:
    paid = []
    for amount in (1, 2, 3):
        begun = payer.post(PATH, asked(served, account, amount=amount))
        challenge = payer.prove(CHALLENGES, payer.post(f"{PATH}/{begun['id']}/challenge"), ("sms", ""))
        paid.append(payer.post(f"{PATH}/{begun['id']}/confirm", {"challenge": challenge["id"]}))
    first = payer.get(f"{PATH}?limit=2")
    assert first["data"] == [paid[2], paid[1]]
    assert payer.get(f"{PATH}?limit=2&cursor={first['next']}") == {"data": [paid[0]], "next": None}
    assert payer.api.get(f"{PATH}?limit=101").status_code == 422


def test_what_cannot_be_paid_is_refused_with_the_field(served: Served, payer: Person, account: DepositAccount) -> None:
    for wrong, field in (
        ({"merchant": "mer_nobody"}, "merchant"),
        ({"currency": "EUR"}, "currency"),
        ({"amount": 10**12}, "amount"),
        ({"account": "000000"}, "account"),
    ):
        refused = payer.api.post(PATH, json=asked(served, account, **wrong))
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


def test_an_amount_above_the_small_limits_asks_for_more(served: Served, payer: Person, account: DepositAccount) -> None:
    begun = payer.post(PATH, asked(served, account, amount=1_000_01))
    challenge = payer.post(f"{PATH}/{begun['id']}/challenge")
    assert challenge["combinations"] == [["pin", "sms"]], "of what the payer has"


def test_a_limit_that_stops_it_is_told_as_for_payments_by_code(
    served: Served, payer: Person, account: DepositAccount
) -> None:
    payer.post("/v1/me/limits/lower", {"currency": "CNY", "scope": "quick", "period": "day", "amount": 50_00})
    begun = payer.post(PATH, asked(served, account))
    challenge = payer.prove(CHALLENGES, payer.post(f"{PATH}/{begun['id']}/challenge"), ("sms", ""))
    declined = payer.post(f"{PATH}/{begun['id']}/confirm", {"challenge": challenge["id"]})
    assert (declined["status"], declined["reason"]) == ("declined", "method_daily_limit")
    (listed,) = [one for one in payer.get("/v1/me/payments")["data"] if one["id"] == declined["payment"]]
    assert declined["limit"] == listed["limit"]
    assert (declined["limit"]["scope"], declined["limit"]["rule"], declined["limit"]["left"]) == ("quick", "own", 50_00)


def test_abuse_28_anothers_quick_payment_is_not_there(served: Served, payer: Person, account: DepositAccount) -> None:
    begun = payer.post(PATH, asked(served, account))
    other = Person(served, next(_people))
    other.register()
    for path, body in (("challenge", None), ("confirm", {"challenge": "chl_1"})):
        answer = other.api.post(f"{PATH}/{begun['id']}/{path}", json=body)
        assert answer.status_code == 404
    assert other.api.get(f"{PATH}/{begun['id']}").status_code == 404
    other.api.close()


def test_abuse_62_the_accounts_number_is_in_no_answer(served: Served, payer: Person, account: DepositAccount) -> None:
    number = served.wait_for(served.bank.services.transactions.read(served.bank.services.deposits.number, account.id))
    begun = payer.api.post(PATH, json=asked(served, account))
    assert number[-6:] not in begun.text
