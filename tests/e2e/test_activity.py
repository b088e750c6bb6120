"""Activity in a browser: a list that goes on by itself, or by a link; search; a receipt and what is added to it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browsing import DESK, PHONE, Demo, Watched
from playwright.sync_api import BrowserContext, Page, expect
from test_accessibility import OPTIONS, findings

Keep = Callable[[Page, str], None]
PRIYA = 9  # place among the demo's people: she has two accounts
MORE_THAN_A_PAGE = 31
NARROW = {"width": 195, "height": 422}  # a phone's at 200 %
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
ROWS, OLDER = "#months [data-movement]", "#older a[rel=next]"


@pytest.fixture(scope="module")
def moved(demo: Demo) -> set[str]:
    """Of which demos it was made sure that she has more than a page: nobody needs more than one."""
    return set()


def moves(context: BrowserContext, demo: Demo, moved: set[str]) -> None:
    """Moves a little money back and forth between her wallet and her account, as her app does."""
    if demo.base in moved:
        return
    moved.add(demo.base)
    (token,) = (cookie["value"] for cookie in context.cookies() if cookie["name"] == "feiqian")
    headers = {"Authorization": f"Bearer {token}"}
    accounts = context.request.get(f"{demo.base}/v1/me/accounts", headers=headers).json()["data"]
    (account, *_) = (one["id"] for one in accounts if (one["kind"], one["currency"]) == ("deposit", "CNY"))
    places = ["wallet", account]
    for number in range(MORE_THAN_A_PAGE):
        source, target = places if number % 2 == 0 else places[::-1]
        body = {"number": f"e2e-{number}", "source": source, "target": target, "amount": 101, "currency": "CNY"}
        answer = context.request.post(f"{demo.base}/v1/me/transfers", data=body, headers=headers)
        assert answer.json()["status"] == "succeeded", answer.text()


def test_the_list_goes_on_by_itself_on_a_phone(demo: Demo, watched: Watched, moved: set[str], keep: Keep) -> None:
    page = watched.phone(demo, PRIYA, reduced_motion="reduce")
    moves(page.context, demo, moved)
    page.goto(f"{demo.base}/activity")
    first = page.locator(ROWS).count()
    keep(page, "activity")
    page.locator("#older").scroll_into_view_if_needed()
    expect(page.locator(OLDER)).to_have_count(0)
    assert page.locator(ROWS).count() > first
    ids = page.locator(ROWS).evaluate_all("rows => rows.map(row => row.dataset.movement)")
    months = page.locator(".month").evaluate_all("months => months.map(month => month.dataset.month)")
    assert len(ids) == len(set(ids)) > MORE_THAN_A_PAGE
    assert months == sorted(set(months), reverse=True)
    page.locator("#f-q").fill("1.01")
    page.keyboard.press("Enter")
    expect(page.locator(".find-clear")).to_be_visible()
    assert page.locator(ROWS).count() == 30
    page.locator("summary").click()
    page.locator("#f-way").select_option("in")
    page.locator(".narrow .button").click()
    expect(page).to_have_url(re.compile("way=in"))
    expect(page.locator("#none")).to_contain_text("Nothing found")


def test_the_list_goes_on_by_a_link_without_scripts(demo: Demo, watched: Watched, moved: set[str]) -> None:
    page = watched.phone(demo, PRIYA, java_script_enabled=False)
    moves(page.context, demo, moved)
    page.goto(f"{demo.base}/activity")
    expect(page.locator(ROWS)).to_have_count(30)
    newest = page.locator(ROWS).first.get_attribute("data-movement")
    page.locator(OLDER).click()
    expect(page.locator(OLDER)).to_have_count(0)
    assert page.locator(ROWS).first.get_attribute("data-movement") != newest
    page.locator("#older a").click()
    assert page.locator(ROWS).first.get_attribute("data-movement") == newest


def test_a_receipt_is_noted_given_away_and_reported(demo: Demo, watched: Watched, moved: set[str], keep: Keep) -> None:
    page = watched.phone(demo, PRIYA)
    moves(page.context, demo, moved)
    page.goto(f"{demo.base}/activity")
    page.locator(ROWS).nth(2).locator("a").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".paying-amount")).to_have_text("−¥1.01")
    receipt = page.url
    page.locator("#f-remark").fill("For the trip to Ningbo")
    page.keyboard.press("Enter")
    expect(page.locator(".notice-good")).to_contain_text("saved")
    page.locator('form[action$="/share"] button').click()
    code = page.locator(".receipt-code")
    expect(code).to_have_text(re.compile("^([A-Z2-7]{4}-){5}[A-Z2-7]{4}$"))
    keep(page, "activity-receipt")
    pdf = page.context.request.get(f"{receipt}/receipt.pdf")
    assert pdf.body().startswith(b"%PDF")
    stranger = watched.open(f"{demo.base}/receipts", DESK)
    stranger.locator("#f-code").fill(code.inner_text().lower())
    stranger.keyboard.press("Enter")
    expect(stranger.locator(".notice-good")).to_contain_text("genuine")
    expect(stranger.locator(".paying-amount")).to_have_text("¥1.01")
    keep(stranger, "receipt-public")
    page.locator('a[href$="/problem"]').click()
    page.locator("text=I was charged twice").click()
    page.locator("#f-text").fill("Once would do.")
    page.locator("form.form .button").click()
    expect(page.locator(".notice-good")).to_contain_text("arrived")
    page.goto(f"{demo.base}/activity?q=ningbo")
    expect(page.locator(ROWS)).to_have_count(1)


def test_nothing_serious_is_found_and_nothing_is_too_wide(
    demo: Demo, watched: Watched, moved: set[str], keep: Keep
) -> None:
    page = watched.phone(demo, PRIYA, PHONE, **OPTIONS)
    moves(page.context, demo, moved)
    page.goto(f"{demo.base}/activity")
    receipt = page.locator(ROWS).first.locator("a").get_attribute("href")
    found: list[str] = []
    paths = ("/activity", "/activity?account=wallet-CNY", "/activity?q=zzz", receipt, f"{receipt}/problem", "/receipts")
    for place, path in enumerate(paths):
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        page.goto(f"{demo.base}{path}")
        found += findings(page, f"activity-{place}", keep)
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        assert page.evaluate(WIDER) <= 0, path
    assert found == []
