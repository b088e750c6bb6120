"""The pages of accounts, as a browser without scripts has them: seen, moved between, closed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from feiqian.ids import CustomerNumber
from feiqian.money import CNY, MinorUnits
from feiqian.testing.people import PIN
from feiqian.testing.served import Served
from tests.deposits.holder_pages import PageHolder


@pytest.fixture
def holder(paged: Served, request: pytest.FixtureRequest) -> Iterator[PageHolder]:
    """With 1,000.00 yuan in the wallet."""
    place = 300 + sum(ord(letter) for letter in request.node.name) % 600
    holder, accounts = PageHolder(paged, place), paged.bank.services.accounts
    gift = accounts.adjust(CustomerNumber(holder.number), CNY.number, MinorUnits(1_000_00), f"gift-{place}")
    paged.wait_for(gift)
    yield holder
    holder.close()


def test_money_moves_once_however_often_the_form_is_sent(holder: PageHolder) -> None:
    form = holder.page("/accounts/transfer")
    places = {"source": "wallet-CNY", "target": holder.account}
    sent = [holder.fill(form, "/accounts/transfer", **places, amount="250,00") for _ in range(2)]
    assert [answer.status_code for answer in sent] == [303, 303]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    assert "¥250.00" in holder.page(sent[0].headers["location"])
    overview = holder.page("/accounts")
    assert "¥750.00" in overview
    assert "¥250.00" in overview
    changed = holder.fill(form, "/accounts/transfer", **places, amount="1")
    assert changed.status_code == 422
    assert "was sent before" in changed.text


def test_what_is_wrong_is_said_at_the_form_and_what_is_declined_on_a_page_of_its_own(holder: PageHolder) -> None:
    form, path = holder.page("/accounts/transfer"), "/accounts/transfer"
    for amount in ("", "0", "-5", "1e3", "12.345"):
        refused = holder.fill(form, path, source="wallet-CNY", target=holder.account, amount=amount)
        assert refused.status_code == 422
        assert "above zero" in refused.text
    same = holder.fill(form, path, source="wallet-CNY", target="wallet-CNY", amount="1")
    assert "another account" in same.text
    declined = holder.fill(form, path, source=holder.account, target="wallet-CNY", amount="1")
    assert "not enough money" in holder.page(declined.headers["location"])
    assert holder.fill(form, path, source="wallet-XQZ", target=holder.account, amount="1").status_code == 404


def test_a_statement_goes_on_page_by_page(holder: PageHolder) -> None:
    body = {"source": "wallet", "target": holder.account, "currency": "CNY"}
    for number in range(32):
        holder.post("/v1/me/transfers", body | {"number": f"T{number}", "amount": 100 + number})
    first = holder.page(f"/accounts/{holder.account}")
    older = re.search(r'href="(/accounts/[^"]*older=[^"]*)"', first)
    assert older is not None
    assert "Show older" in first
    assert "+¥1.31" in first
    assert "+¥1.00" not in first
    last = holder.page(older[1])
    assert "+¥1.01" in last
    assert "+¥1.00" in last
    assert "Show older" not in last
    holder.page(f"/accounts/{holder.account}?older=nonsense", 404)


def test_the_whole_number_is_on_the_page_of_its_account_alone(holder: PageHolder) -> None:
    number = str(holder.get(f"/v1/me/accounts/{holder.account}")["number"])
    shown = holder.page(f"/accounts/{holder.account}")
    assert number in shown.replace(" ", "")
    for path in ("/accounts", "/accounts/transfer", f"/accounts/{holder.account}/close", "/wallet"):
        assert number[-6:] not in holder.page(path).replace(" ", "")


def test_nobody_sees_the_accounts_of_somebody_else(paged: Served, holder: PageHolder) -> None:
    other = PageHolder(paged, 999)
    for path in (f"/accounts/{other.account}", f"/accounts/{other.account}/close"):
        holder.page(path, 404)
    form = holder.page("/accounts/transfer")
    moved = holder.fill(form, "/accounts/transfer", source=other.account, target="wallet-CNY", amount="1")
    assert moved.status_code == 404
    other.close()


def test_an_account_is_closed_on_its_page(holder: PageHolder) -> None:
    holder.post(
        "/v1/me/transfers",
        {"number": "T1", "source": "wallet", "target": holder.account, "amount": 100_00, "currency": "CNY"},
    )
    place = f"/accounts/{holder.account}/close"
    begun = holder.fill(holder.page(place), place, target="wallet")
    assert begun.status_code == 303
    challenge = begun.headers["location"].partition("?")[0]
    page = holder.page(challenge)
    holder.prove("/v1/me/challenges", {"id": challenge.rpartition("/")[2]}, ("pin", PIN), ("sms", ""))
    done = holder.fill(page, challenge)
    assert done.status_code == 303, done.text
    assert "The account is closed" in holder.page(done.headers["location"])
    overview = holder.page("/accounts")
    assert "¥1,000.00" in overview
    past = overview[overview.index("Closed accounts") :]
    assert f'href="/accounts/{holder.account}"' in past, "its statement is found for as long as it is kept"
    statement = holder.page(f"/accounts/{holder.account}")
    assert all(part in statement for part in ("To Wallet", "Balance of a closed account"))
    assert "Move money" not in statement
    assert "It is closed already" in holder.page(place, 409)
