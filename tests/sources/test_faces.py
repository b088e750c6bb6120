"""The page of sources, the row under the code, receipts, staff and /v1, at a bank that is served."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from feiqian.accounts.kinds import AccountKind
from feiqian.deposits.model import DepositAccount
from feiqian.ids import CustomerNumber
from feiqian.ledger import chart
from feiqian.ledger.engine import Refusal, Side
from feiqian.money import CNY
from feiqian.sources.support import PaymentSources
from feiqian.subjects import Role, Subject, customer
from feiqian.testing.served import Served
from feiqian.testing.sessions import open_session

PATH = "/v1/me/payment-sources"
OPERATOR = Subject(Role.STAFF, 0)


class Holder:
    """A customer with 500.00 in the wallet, their browser and their app."""

    def __init__(self, served: Served) -> None:
        self.served, self.number = served, served.customer()
        services, who = served.bank.services, customer(self.number)

        def opened(connection: Any) -> str:
            return open_session(services.sessions, connection, who, services.clock.now()).token

        self.services, self.codes = services, served.codes(self.number, 8)
        token = served.wait_for(services.transactions.write(opened))
        at_home = {"host": "localhost:8080", "sec-fetch-site": "same-origin", "accept-language": "en"}
        self.pages = httpx.Client(base_url=served.url, headers=at_home, cookies={"feiqian": token}, timeout=30)
        self.app = httpx.Client(base_url=served.url, headers={"authorization": f"Bearer {token}"}, timeout=30)

    def account(self, balance: int = 0) -> DepositAccount:
        deposits = self.services.deposits
        id = self.served.wait_for(deposits.open(self.number, CNY.number, "current", OPERATOR))
        account = self.services.transactions.read_now(deposits.get, id)
        if balance:
            self.post(
                chart.transfer(
                    chart.derived_id(b"test", account.ledger_id),
                    debit=chart.account_id(AccountKind.BANK_CASH, CNY.number, chart.BANK),
                    credit=account.ledger_id,
                    amount=balance,
                )
            )
        return account

    def post(self, events: bytes) -> None:
        assert self.served.inside(lambda: self.services.ledger.post(events).refusal) is Refusal.OK

    @property
    def mark(self) -> str:
        """Of whom the pages are made for."""
        found = re.search(r'name="page_for" value="([^"]*)"', self.pages.get("/sources").text)
        assert found
        return found[1]

    def save(self, **fields: str) -> httpx.Response:
        return self.pages.post("/sources", data={"page_for": self.mark, "currency": "CNY", **fields})

    def pay(self, amount: int) -> str:
        with self.served.client() as shop:
            paid = shop.post(
                "/v1/payments", json=self.served.order(self.number, amount=amount, payment_code=self.codes.pop())
            ).json()
        assert paid["status"] == "succeeded", paid
        return str(paid["id"])


@pytest.fixture
def holder(paged: Served) -> Iterator[Holder]:
    holder = Holder(paged)
    yield holder
    holder.pages.close()
    holder.app.close()


def test_whoever_has_only_the_wallet_is_told_so_and_has_no_row_under_the_code(holder: Holder) -> None:
    page = holder.pages.get("/sources").text
    assert "You have no account to choose" in page
    assert "<select" not in page
    assert "Paid from" not in holder.pages.get("/wallet/pay").text


def test_the_order_is_chosen_without_scripts_and_the_next_payment_is_taken_from_it(holder: Holder) -> None:
    account = holder.account(100_00)
    assert "Paid from" in holder.pages.get("/wallet/pay").text
    assert holder.save(**{"CNY-1": account.id, "CNY-2": "wallet", "CNY-falls": "yes"}).status_code == 303
    page = holder.pages.get("/sources?saved=1").text
    assert "Saved." in page
    assert page.index(f"••••&#160;{account.last_four}") < page.index('row-title">Wallet')
    payment = holder.pay(60_00)
    wallet = holder.pages.get("/wallet/pay").text
    assert f"••••&#160;{account.last_four}" in wallet
    assert "¥40.00" in wallet, "the row shows what is left"
    receipt = holder.pages.get(f"/confirm/{payment}").text
    assert f"•••• {account.last_four}" in receipt
    assert holder.app.get("/v1/me/payments").json()["data"][0]["source"] == account.id
    holder.pay(50_00)  # more than the account has
    assert holder.app.get("/v1/me/payments").json()["data"][0]["source"] == "wallet"


def test_what_the_code_is_paid_from_is_changed_where_it_is_shown_and_counts_from_the_next_payment(
    holder: Holder,
) -> None:
    first, second = holder.account(100_00), holder.account(100_00)
    holder.save(**{"CNY-1": first.id, "CNY-2": "wallet", "CNY-falls": "yes"})

    def choose(source: str, **more: str) -> httpx.Response:
        fields = {"page_for": holder.mark, "currency": "CNY", "source": source} | more
        return holder.pages.post("/sources/first", data=fields)

    page = holder.pages.get("/wallet/pay").text
    assert 'action="/sources/first"' in page
    assert all(f'name="source" value="{one}"' in page for one in ("wallet", second.id))
    assert f'name="source" value="{first.id}"' not in page
    done = choose(second.id)
    assert (done.status_code, done.headers["location"]) == (303, "/wallet/pay")
    shown = holder.app.get(PATH).json()["data"][0]
    assert ([one["id"] for one in shown["order"]], shown["falls_through"]) == ([second.id, first.id, "wallet"], True)
    holder.pay(60_00)
    assert holder.app.get("/v1/me/payments").json()["data"][0]["source"] == second.id
    assert choose("wallet").status_code == 303
    holder.pay(60_00)
    assert holder.app.get("/v1/me/payments").json()["data"][0]["source"] == "wallet"
    for wrong in (choose("acc_of_somebody"), choose(first.id, currency="none")):
        assert (wrong.status_code, "Please choose among your own accounts" in wrong.text) == (422, True)
    assert choose(first.id, page_for="x").status_code in (403, 409)


def test_an_account_that_was_closed_meanwhile_does_not_keep_another_from_being_chosen(holder: Holder) -> None:
    closing, other = holder.account(), holder.account(100_00)
    holder.save(**{"CNY-1": closing.id, "CNY-2": "wallet"})
    holder.served.wait_for(holder.services.closing.close_for(holder.number, closing.id, "wallet", OPERATOR))
    fields = {"page_for": holder.mark, "currency": "CNY", "source": other.id}
    assert holder.pages.post("/sources/first", data=fields).status_code == 303
    assert [one["id"] for one in holder.app.get(PATH).json()["data"][0]["order"]] == [other.id, "wallet"]
    again = holder.pages.post("/sources/first", data=fields | {"source": closing.id})
    assert (again.status_code, "This account is closed" in again.text) == (422, True)


def test_a_form_that_cannot_be_is_shown_again_with_the_reason(holder: Holder) -> None:
    account = holder.account()
    twice = holder.save(**{"CNY-1": account.id, "CNY-2": account.id})
    assert (twice.status_code, "Please choose each account once." in twice.text) == (422, True)
    assert holder.save(**{"CNY-1": "acc_of_somebody"}).status_code == 422
    assert holder.save().status_code == 422
    assert holder.save(currency="none").status_code == 422


def test_frozen_and_closed_accounts_are_shown_as_such(holder: Holder) -> None:
    frozen, closed = holder.account(10_00), holder.account()
    holder.save(**{"CNY-1": frozen.id, "CNY-2": closed.id, "CNY-3": "wallet"})
    holder.post(chart.freeze(frozen.ledger_id, Side.DEBIT))
    holder.post(chart.close(closed.ledger_id))
    page = holder.pages.get("/sources").text
    assert '<span class="badge bad">frozen</span>' in page
    assert '<span class="badge bad">closed</span>' in page
    assert f'<option value="{closed.id}"' not in page
    assert '<span class="badge bad">frozen</span>' in holder.pages.get("/wallet/pay").text
    shown = holder.app.get(PATH).json()["data"][0]
    assert [source["state"] for source in shown["order"]] == ["frozen", "closed", "open"]
    assert shown["next"] == frozen.id


def test_the_wallets_stream_brings_the_row_anew(holder: Holder) -> None:
    account = holder.account(100_00)
    holder.save(**{"CNY-1": account.id})
    holder.pay(25_00)
    first = next(line for line in _stream(holder) if '"parts"' in line)
    assert "¥75.00" in first
    assert f"••••&#160;{account.last_four}" in first


def _stream(holder: Holder) -> Iterator[str]:
    with holder.pages.stream("GET", "/wallet/events", headers={"page-for": holder.mark}) as answer:
        yield from answer.iter_lines()


def test_an_app_lists_and_replaces_the_order_and_the_same_again_is_told_once(holder: Holder) -> None:
    account = holder.account(1_00)
    body = {"currency": "CNY", "sources": [account.id, "wallet"], "falls_through": True}
    for _ in range(2):
        answer = holder.app.post(PATH, json=body)
        assert answer.status_code == 200, answer.text
    (told,) = answer.json()["data"]
    assert [source["id"] for source in told["order"]] == [account.id, "wallet"]
    assert (told["next"], told["falls_through"], told["others"]) == (account.id, True, [])
    services = holder.services
    log = services.transactions.read_now(services.audit_log.of, str(customer(holder.number)))
    assert [entry.action for entry in log].count("sources_chosen") == 1


@pytest.mark.parametrize(
    ("sources", "reason"),
    [(["acc_1"], "unknown"), (["wallet", "wallet"], "twice"), ([], None), (["wallet"] * 21, None)],
)
def test_an_app_is_told_which_order_cannot_be(holder: Holder, sources: list[str], reason: str | None) -> None:
    refused = holder.app.post(PATH, json={"currency": "CNY", "sources": sources})
    assert refused.status_code == 422
    if reason:
        assert refused.json()["errors"] == [{"field": "sources", "message": reason}]


def test_abuse_17_anothers_account_is_no_source(paged: Served, holder: Holder) -> None:
    account = Holder(paged).account(100_00)
    assert holder.app.post(PATH, json={"currency": "CNY", "sources": [account.id]}).status_code == 422
    assert account.id not in holder.app.get(PATH).text


def test_supporters_see_the_order(holder: Holder) -> None:
    account = holder.account()
    holder.save(**{"CNY-1": account.id, "CNY-2": "wallet"})
    section = PaymentSources(holder.services)
    number = CustomerNumber(holder.number)
    with holder.services.db.read() as connection:
        kept = section.read(connection, number)
    (standing,) = holder.served.wait_for(section.look(number, kept))
    assert [source.id for source in standing.order] == [account.id, "wallet"]
