"""Activity under /v1, as a customer's app asks for it; every answer is held against the description."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from pypdf import PdfReader

from feiqian.testing.people import PIN
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


def test_an_app_lists_searches_and_reads_receipts(holder: PageHolder, paged: Served) -> None:
    for number in range(3):
        move(holder, f"T{number}", 100 + number)
    first = holder.get("/v1/me/activity?limit=2")
    last = holder.get(f"/v1/me/activity?limit=2&cursor={first['next']}")
    every = [*first["data"], *last["data"]]
    assert [it["amount"] for it in every] == [-102, -101, -100, 1_000_00]
    assert last["next"] is None
    assert every[0]["kind"] == "own_transfer"
    assert every[0]["other"] == holder.account
    of_account = holder.get(f"/v1/me/activity?account={holder.account}&direction=in&least=101")["data"]
    assert [it["amount"] for it in of_account] == [102, 101]
    assert [it["amount"] for it in holder.get("/v1/me/activity?text=1.01")["data"]] == [-101]
    moved = datetime.fromisoformat(every[0]["at"]).astimezone(ZoneInfo(paged.settings.zone))
    month = holder.get(f"/v1/me/activity/months/{moved:%Y-%m}")
    assert month["sums"] == [{"currency": "CNY", "came": 1_000_00, "left": 0}]
    holder.get("/v1/me/activity/months/2026-13", 404)
    receipt = holder.get(f"/v1/me/activity/{every[0]['id']}")
    assert receipt["movement"] == every[0]
    assert receipt["references"] == [{"name": "transfer", "value": every[0]["reference"]}]
    assert holder.get(f"/v1/me/activity/{every[0]['reference']}") == receipt
    holder.get("/v1/me/activity/mov_01a21ac8d8a073fb8e8d69f236941c11", 404)
    holder.get(f"/v1/me/activity?account={every[0]['id']}", 404)
    holder.get("/v1/me/activity?cursor=1-2", 422)


def test_an_app_notes_reports_and_gives_away(paged: Served, holder: PageHolder) -> None:
    move(holder, "rent", 250_00)
    id = holder.get("/v1/me/activity?limit=1")["data"][0]["id"]
    assert holder.post(f"/v1/me/activity/{id}/note", {"note": "Rent"})["movement"]["own_note"] == "Rent"
    holder.post(f"/v1/me/activity/{id}/note", {"note": "x" * 201}, 422)
    made = holder.post(f"/v1/me/activity/{id}/report", {"problem": "twice"})
    assert holder.post(f"/v1/me/activity/{id}/report", {"problem": "twice"}) == made | {"again": True}
    holder.post(f"/v1/me/activity/{id}/report", {"problem": "other"}, 422)
    given = holder.post(f"/v1/me/activity/{id}/code", {})
    told = httpx.get(f"{paged.url}/v1/receipts/{given['code']}")
    assert told.json()["amount"] == 250_00
    assert told.json()["payer"] == "W** X**"
    assert given["address"].endswith(f"/receipts/{given['code']}")
    assert holder.get(f"/v1/me/activity/{id}")["code"] == given["code"]
    assert httpx.get(f"{paged.url}/v1/receipts/{'A' * 24}").status_code == 404
    printed = holder.api.get(f"/v1/me/activity/{id}/receipt")
    assert printed.content.startswith(b"%PDF")


def test_a_payment_that_waited_is_found_by_its_own_id_before_and_after(paged: Served, holder: PageHolder) -> None:
    shop = paged.client()
    code = holder.get("/v1/me/code")["digits"]
    waiting = shop.post("/v1/payments", json=paged.order(1, payment_code=code, amount=450_00)).json()
    assert waiting["status"] == "needs_verification"
    id, path = waiting["id"], f"/v1/me/confirmations/{waiting['id']}"
    before = holder.get(f"/v1/me/activity/{id}")["movement"]
    assert (before["id"], before["status"], before["balance"]) == (id, "needs_verification", None)
    holder.post(f"/v1/me/activity/{id}/code", {}, 404)
    assert holder.api.get(f"/v1/me/activity/{id}/receipt").status_code == 404
    challenge = holder.prove("/v1/me/challenges", holder.post(f"{path}/challenge"), ("pin", PIN))
    holder.post(f"{path}/confirm", {"challenge": challenge["id"]})
    receipt = holder.get(f"/v1/me/activity/{id}")
    after = receipt["movement"]
    assert (after["id"][:4], after["status"], after["balance"]) == ("mov_", "succeeded", 550_00)
    assert [step["step"] for step in receipt["steps"]] == ["waited", "paid"]
    assert [it["id"] for it in holder.get("/v1/me/activity?direction=out")["data"]] == [after["id"]]
    assert holder.browser.get(f"/activity/{id}").headers["location"] == f"/activity/{after['id']}"
    shop.close()


def test_abuse_63_what_a_shop_wrote_is_no_markup_on_paper_or_page(paged: Served, holder: PageHolder) -> None:
    shop, wrote = paged.client(), '#eval("1+1") $x$ = <b>咖啡</b> \\ @a'
    code = holder.get("/v1/me/code")["digits"]
    order = paged.order(1, payment_code=code, amount=12_00, description=wrote)
    paid = shop.post("/v1/payments", json=order).json()
    assert paid["status"] == "succeeded"
    receipt = holder.get(f"/v1/me/activity/{paid['id']}")["movement"]
    assert receipt["note"] == wrote
    made = holder.api.get(f"/v1/me/activity/{receipt['id']}/receipt").content
    (page,) = PdfReader(io.BytesIO(made)).pages
    said = page.extract_text()
    for part in (wrote, receipt["id"], "Wang Xiaoming", "−¥12.00"):
        assert part in said
    shown = holder.page(f"/activity/{receipt['id']}")
    assert "&lt;b&gt;咖啡&lt;/b&gt;" in shown
    shop.close()


def test_moments_are_date_times_and_nothing_else(holder: PageHolder) -> None:
    assert (
        len(holder.get("/v1/me/activity?since=2026-01-01T00:00:00Z&until=2999-12-31T23:59:59.5%2B08:00")["data"]) == 1
    )
    assert holder.get("/v1/me/activity?since=2999-01-01T00:00:00Z")["data"] == []
    for wrong in ("0.5", "2026-01-01", "2026-02-31T00:00:00Z", "2026-01-01T29:00:00Z", "2026-01-01T00:00:00"):
        holder.get(f"/v1/me/activity?until={wrong}", 422)
