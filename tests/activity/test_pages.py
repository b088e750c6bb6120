"""The pages of activity and receipts, as a browser without scripts has them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from feiqian.testing.served import Served
from tests.activity.page_holder import with_money
from tests.deposits.holder_pages import PageHolder


@pytest.fixture
def holder(paged: Served, request: pytest.FixtureRequest) -> Iterator[PageHolder]:
    holder = with_money(paged, request.node.name)
    yield holder
    holder.close()


def move(holder: PageHolder, number: str, amount: int) -> None:
    body = {"source": "wallet", "target": holder.account, "currency": "CNY"}
    holder.post("/v1/me/transfers", body | {"number": number, "amount": amount})


def links(page: str) -> list[str]:
    return re.findall(r'class="row-title row-link" href="(/activity/[^"]+)"', page)


def test_the_list_goes_on_by_a_link_and_says_what_the_month_came_to(holder: PageHolder) -> None:
    for number in range(32):
        move(holder, f"T{number}", 100 + number)
    first = holder.page("/activity")
    assert len(links(first)) == 30
    assert "Out ¥0.00" in first
    assert "In ¥1,000.00" in first
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    last = holder.page(older[1].replace("&amp;", "&"))
    assert len(links(last)) == 3
    assert 'rel="next"' not in last
    assert not set(links(first)) & set(links(last))
    of_account = holder.page(f"/activity?account={holder.account}")
    assert "In ¥36.96" in of_account
    assert len(links(holder.page("/activity?q=1.07"))) == 1
    assert "Nothing found" in holder.page("/activity?q=nobody")
    holder.page("/activity?older=nonsense", 404)


def test_a_receipt_has_a_note_a_report_and_a_pdf(paged: Served, holder: PageHolder) -> None:
    move(holder, "rent", 250_00)
    path = links(holder.page("/activity"))[0]
    receipt = holder.page(path)
    assert "−¥250.00" in receipt
    saved = holder.fill(receipt, f"{path}/note", remark="Rent of December")
    assert "Rent of December" in holder.page(saved.headers["location"])
    assert links(holder.page("/activity?q=december")) == [path]
    assert holder.fill(receipt, f"{path}/problem").status_code == 422
    done = holder.fill(receipt, f"{path}/problem", problem="twice", text="Please look")
    assert "Your report has arrived" in holder.page(done.headers["location"])
    made = holder.browser.get(f"{path}/receipt.pdf")
    assert made.headers["content-type"] == "application/pdf"
    assert made.content.startswith(b"%PDF")
    code = re.search(r'receipt-code" translate="no">([A-Z2-7-]+)<', holder.page(path))
    assert code is not None
    other = holder.browser.get(f"{paged.url}/receipts/{code[1].lower()}", headers={"cookie": ""})
    assert "This receipt is genuine" in other.text
    assert "¥250.00" in other.text
