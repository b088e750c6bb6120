"""The pages of statements as a browser without scripts has them, and the operations under /v1/me."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from feiqian.ids import CustomerNumber
from feiqian.money import CNY, MinorUnits
from feiqian.testing.served import Served
from tests.deposits.holder_pages import PageHolder
from tests.statements.keepers import of_camt, of_csv, text_of_pdf

CODE = re.compile(r"\b([A-Z2-7]{4}(?:-[A-Z2-7]{4}){5})\b")


@pytest.fixture(scope="module")
def holder(paged: Served) -> Iterator[PageHolder]:
    """With 1,000.00 yuan in the wallet."""
    holder, accounts = PageHolder(paged, 77), paged.bank.services.accounts
    paged.wait_for(accounts.adjust(CustomerNumber(holder.number), CNY.number, MinorUnits(1_000_00), "gift-77"))
    yield holder
    holder.close()


def test_the_form_offers_every_account_and_the_periods_that_are_mostly_asked_for(holder: PageHolder) -> None:
    page = holder.page(f"/statements?account={holder.account}")
    assert f'<option value="{holder.account}" selected>' in page
    assert '<option value="wallet-CNY">' in page
    months = re.findall(r'<option value="(\d{4}-\d{2})"', page)
    assert len(months) == 13
    assert re.search(r'<option value="\d{4}-Q[1-4]"', page)
    assert re.search(r'<option value="\d{4}"', page)


@pytest.mark.parametrize("format", ["pdf", "csv", "xlsx", "ofx", "camt053"])
def test_the_form_gives_a_file_that_browsers_save_and_keep_nowhere_else(holder: PageHolder, format: str) -> None:
    answer = holder.browser.get("/statements/file", params={"account": "wallet-CNY", "format": format})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith('attachment; filename="statement-wallet-cny-')
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"first": "2026-11-30", "last": "2026-11-01"}, "first"),
        ({"first": "2026-11-30"}, "first"),
        ({"first": "nonsense", "last": "2026-11-01"}, "first"),
        ({"period": "2099-01"}, "period"),
        ({"period": "2026-13"}, "period"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(holder: PageHolder, asked: dict[str, str], field: str) -> None:
    answer = holder.browser.get("/statements/file", params={"account": "wallet-CNY", **asked})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text


def test_another_account_or_no_currency_is_not_found(holder: PageHolder) -> None:
    for account in ("acc_" + "0" * 32, "wallet-XQZ", "wallet-JPY"):
        assert holder.browser.get("/statements/file", params={"account": account}).status_code == 404


def test_who_is_not_signed_in_gets_no_statement_but_may_check_one(holder: PageHolder, paged: Served) -> None:
    code = CODE.search(text_of_pdf(holder.browser.get("/statements/file").content))
    assert code is not None
    holder.browser.cookies, kept = type(holder.browser.cookies)(), holder.browser.cookies
    try:
        assert holder.browser.get("/statements/file").status_code == 401
        asked = holder.browser.get("/statements", headers={"accept": "text/html"})
        assert asked.headers["location"].startswith("/sign-in")
        assert "¥1,000.00" in holder.page(f"/statements/check?statement={code[1]}")
        assert 'id="e-statement"' in holder.page("/statements/check?statement=AAAA", 404)
        holder.page("/statements/check")
        told = httpx.get(f"{paged.url}/v1/statements/{code[1]}").json()
        assert (told["holder"], told["closing"], told["entries"]) == ("W** X**", 1_000_00, 1)
        assert httpx.get(f"{paged.url}/v1/statements/{'A' * 24}").status_code == 404
    finally:
        holder.browser.cookies = kept


def test_the_api_tells_the_same_as_the_file(holder: PageHolder) -> None:
    year = re.findall(r'value="(\d{4})"', holder.page("/statements"))[0]
    said = holder.api.get("/v1/me/statements", params={"period": year}).json()
    assert (said["opening"], said["closing"], said["currency"]) == (0, 1_000_00, "CNY")
    assert (said["came"], said["left"]) == ({"entries": 1, "amount": 1_000_00}, {"entries": 0, "amount": 0})
    assert said["provisional"] is True
    asked = {"first": said["first"], "last": said["last"], "language": "zh"}
    camt = holder.api.get("/v1/me/statements/file", params={**asked, "format": "camt053"})
    assert camt.headers["content-type"] == "application/xml"
    csv = holder.api.get("/v1/me/statements/file", params={**asked, "format": "csv"})
    assert csv.headers["content-disposition"] == 'attachment; filename="statement.csv"'
    shown = holder.browser.get("/statements/file", params={**asked, "format": "csv"})
    assert {shown.headers["content-type"], csv.headers["content-type"]} == {"text/csv; charset=utf-8"}
    assert [entry[:3] for entry in of_camt(camt.content).entries] == [
        entry[:3] for entry in of_csv(csv.content).entries
    ]
    assert "账户对账单" in text_of_pdf(holder.api.get("/v1/me/statements/file", params=asked).content)


@pytest.mark.parametrize(
    ("asked", "status", "slug"),
    [
        ({}, 422, "invalid-request"),
        ({"period": "2026", "first": "2026-01-01", "last": "2026-01-02"}, 422, "invalid-request"),
        ({"first": "2026-01-02", "last": "2026-01-01"}, 422, "invalid-request"),
        ({"period": "2099"}, 422, "invalid-request"),
        ({"period": "2026", "account": "acc_" + "0" * 32}, 404, "not-found"),
        ({"period": "2026", "currency": "XQZ"}, 404, "not-found"),
        ({"period": "2026", "format": "docx"}, 422, "invalid-request"),
    ],
)
def test_what_the_api_refuses_is_a_problem(holder: PageHolder, asked: dict[str, str], status: int, slug: str) -> None:
    answer = holder.api.get("/v1/me/statements/file", params=asked)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (status, slug)
