"""Two and three people at once on phones: money is asked for, a bill is split, a code is scanned; the others see it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import FAKE_CAMERA, PHONE, Watched, screenshot
from payers import page_of
from playwright.sync_api import Browser, Page, Playwright, expect
from sqlalchemy import update
from test_paying import write_video
from test_sending_money import fits_and_is_accessible

from feiqian.clock import DAY
from feiqian.requests.tables import requests
from feiqian.testing import chromium
from feiqian.testing.people import PIN
from feiqian.testing.served import Served
from tests.transfers.friends import Friend

Keep = Callable[[Page, str], None]
HEARS = re.compile("/wallet/home/events")
LOOKS: dict[str, Any] = {"viewport": PHONE, "reduced_motion": "reduce", "bypass_csp": True}


@pytest.fixture(scope="module")
def paged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Served(tmp_path_factory.mktemp("asking"), pages=True)
    yield bank
    bank.stop()


@pytest.fixture(scope="module")
def friends(paged: Served) -> Iterator[list[Friend]]:
    friends = [Friend(paged, place) for place in (851, 852, 853)]
    yield friends
    for friend in friends:
        friend.close()


@pytest.fixture
def watching(browser: Browser, paged: Served) -> Iterator[Watched]:
    watched = Watched(browser, paged.url)
    yield watched
    watched.close()
    assert watched.complaints == []


def phone(paged: Served, friend: Friend, watching: Watched, path: str, **options: Any) -> Page:
    return page_of(paged, friend, watching, paged.url + path, **{**LOOKS, **options})


def send(page: Page) -> None:
    page.locator("#main form.form button.button").last.click()


def prove(page: Page, amount: str) -> None:
    """The amount stays in sight of whoever gives the PIN, whatever is warned of above it."""
    expect(page.locator(".paying-amount")).to_have_text(amount)
    expect(page.locator(".paying-amount")).to_be_in_viewport()
    page.locator("#f-answer").fill(PIN)
    page.locator('#answering button[value="answer"]').click()
    expect(page.locator('[data-outcome="succeeded"]')).to_be_visible()


def ask(page: Page, base: str, person: str, amount: str) -> None:
    page.goto(f"{base}/requests/new")
    page.locator("#f-person").fill(person)
    page.locator("#f-amount").fill(amount)
    page.locator("#f-message").fill("Cinema 电影票")
    send(page)
    expect(page.locator("[data-request]")).to_have_attribute("data-status", "open")


def pay(page: Page, amount: str) -> None:
    """What the list shows first."""
    page.locator("[data-request] .row-link").first.click()
    page.locator('form[action$="/pay"] .button').click()
    prove(page, amount)


def becomes(page: Page, status: str) -> None:
    """By itself."""
    expect(page.locator(f'[data-request][data-status="{status}"]')).to_be_visible()
    expect(page.locator("#followed-said")).not_to_be_empty()


def test_money_is_asked_for_seen_at_once_and_paid(
    paged: Served, friends: list[Friend], watching: Watched, keep: Keep
) -> None:
    mei, eve = friends[:2]
    his = phone(paged, eve, watching, "/wallet", scheme="dark", locale="zh-CN")
    hers = phone(paged, mei, watching, "/requests/new")
    ask(hers, paged.url, eve.mobile, "12.34")
    his.locator("#attention .waiting-card").click()  # which has come by itself
    expect(his.locator("[data-request]")).to_have_count(1)
    keep(his, "asked-list")
    pay(his, "¥12.34")
    becomes(hers, "paid")
    keep(hers, "asked-paid")
    hers.get_by_role("link", name="See the transfer").click()
    expect(hers.locator('[data-outcome="succeeded"]')).to_contain_text("¥12.34")


def test_it_is_declined_the_asker_is_blocked_and_reminds_a_day_later(
    paged: Served, friends: list[Friend], watching: Watched, keep: Keep
) -> None:
    mei, eve = friends[:2]
    hers, his = (phone(paged, one, watching, "/requests") for one in (mei, eve))
    ask(hers, paged.url, eve.mobile, "21")
    expect(his.locator('[data-status="open"]')).to_have_count(1)
    his.locator('[data-status="open"] .row-link').click()
    his.locator('form[action$="/decline"] button').click()
    expect(his.locator('.paying[data-status="declined"]')).to_be_visible()
    becomes(hers, "declined")
    his.locator("details.more summary").click()
    his.locator('form[action$="/block"] button').click()
    expect(his.get_by_text("This person can ask you for nothing more.")).to_be_visible()
    ask(hers, paged.url, eve.mobile, "22")  # which looks like any other
    expect(hers.locator('form[action$="/remind"]')).to_have_count(0)
    services = paged.bank.services
    earlier = {"asked_at": requests.c.asked_at - DAY, "ends_at": requests.c.ends_at - DAY}
    services.transactions.write_now(lambda connection: connection.execute(update(requests).values(earlier)))
    hers.reload()
    hers.locator('form[action$="/remind"] button').click()
    expect(hers.get_by_text("The reminder is on its way.")).to_be_visible()
    keep(hers, "asked-reminded")
    his.goto(f"{paged.url}/requests")
    expect(his.locator("[data-request]").first).to_contain_text("¥21.00")
    his.get_by_role("link", name="Blocked people").click()
    his.get_by_role("button", name=re.compile("Unblock")).click()
    expect(his.get_by_text("Nobody is blocked")).to_be_visible()


def test_a_bill_is_split_among_three_and_who_has_paid_is_seen_live(
    paged: Served, friends: list[Friend], watching: Watched, keep: Keep
) -> None:
    mei, eve, bo = friends
    hers = phone(paged, mei, watching, "/splits/new")
    hers.locator("#f-total").fill("100")
    for row, one in enumerate((eve, bo), start=1):
        hers.locator(f"#f-person-{row}").fill(one.mobile)
    hers.locator("#f-remainder").select_option("2")
    send(hers)
    parts = hers.locator("[data-request]")
    expect(parts.locator(".row-amount")).to_have_text(["¥33.33", "¥33.34"])
    both = [phone(paged, one, watching, "/requests", scheme="dark") for one in (eve, bo)]
    for his, row, amount in ((both[1], 1, "¥33.34"), (both[0], 0, "¥33.33")):
        pay(his, amount)
        expect(parts.nth(row)).to_have_attribute("data-status", "paid")
        expect(parts.locator("xpath=self::*[@data-status='paid']")).to_have_count(2 - row)
        keep(hers, f"split-{row}")
    expect(hers.get_by_role("progressbar")).to_have_js_property("value", 100_00)


def test_the_camera_of_another_reads_a_receive_code_and_the_receiver_sees_what_came(
    paged: Served, friends: list[Friend], watching: Watched, playwright: Playwright, tmp_path: Path, keep: Keep
) -> None:
    mei, eve = friends[:2]
    hers, video = phone(paged, mei, watching, "/splits"), tmp_path / "phone.y4m"
    with hers.expect_response(HEARS):
        hers.goto(f"{paged.url}/receive")
    hers.locator("#f-amount").fill("8.80")
    with hers.expect_response(HEARS):  # from now on she is shown what comes
        hers.locator("form.form .button").click()
    expect(hers.locator("#receive-code")).to_contain_text("¥8.80")
    write_video(screenshot(hers.locator("#receive-qr")), video)
    camera = chromium.launch(playwright, *FAKE_CAMERA, f"--use-file-for-fake-video-capture={video}")
    try:
        watched = Watched(camera, paged.url)
        his = phone(paged, eve, watched, "/scan", permissions=["camera"])
        expect(his).to_have_url(re.compile("/receive/to/"))
        send(his)
        prove(his, "¥8.80")
        assert watched.complaints == []
    finally:
        camera.close()
    expect(hers.locator("#came .row")).to_contain_text("+¥8.80")
    keep(hers, "receive-came")


def test_a_bill_is_split_and_answered_with_the_keyboard_alone(
    paged: Served, friends: list[Friend], watching: Watched
) -> None:
    mei, eve, bo = friends
    page = phone(paged, mei, watching, "/splits/new")
    page.locator("#f-total").focus()
    for key in ("60", "Tab", "Tea", "Tab", "ArrowDown", "Tab", " ", "Tab", eve.mobile, "Tab", "2", "Tab", bo.mobile):
        page.keyboard.press(key) if key in ("Tab", "ArrowDown", " ") else page.keyboard.type(key)
    page.keyboard.press("Enter")  # which asks everybody, although the button for more people stands first
    expect(page.locator("[data-request] .row-amount")).to_have_text(["¥40.00", "¥20.00"])
    his = phone(paged, bo, watching, "/requests")
    his.locator("[data-request] .row-link").first.focus()
    his.keyboard.press("Enter")
    his.locator('form[action$="/decline"] button').focus()
    his.keyboard.press("Enter")
    expect(his.locator('.paying[data-status="declined"]')).to_be_visible()
    expect(page.locator("[data-request]").nth(1)).to_have_attribute("data-status", "declined")


def test_the_pages_of_asking_are_accessible_and_fit_when_they_are_enlarged(
    paged: Served, friends: list[Friend], watching: Watched, keep: Keep
) -> None:
    mei, eve, bo = friends
    page = phone(paged, mei, watching, "/requests")
    asked = eve.fill(eve.page("/requests/new"), "/requests/new", person=mei.mobile, amount="5", message="Tea " * 20)
    bill = {"total": "9", "how": "shares", "mine": "yes", "share-1": "2", "person-1": eve.mobile, "person-2": bo.mobile}
    split = mei.fill(mei.page("/splits/new"), "/splits/new", **bill)
    code = re.search("rcv_[0-9a-f]+", bo.page("/receive"))
    assert code
    made = [one.headers["location"] for one in (asked, split)]
    lists = "/requests", "/requests?side=made", "/requests/blocked", "/splits", "/receive?amount=x"
    for path in (*made, *lists, f"/receive/to/{code[0]}", f"/requests/new?person={code[0]}", "/receive/to/rcv_0"):
        page.goto(paged.url + path)
        fits_and_is_accessible(page, re.sub(r"\?.*|_\w+", "", path).strip("/").replace("/", "-"), keep)
    watching.complaints.clear()  # of a page that asks again, and one that is over
