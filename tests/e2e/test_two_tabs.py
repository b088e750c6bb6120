"""Two people in one browser, in two tabs: a page acts for whom it shows."""

from __future__ import annotations

import re

from browsing import DESK, PHONE, Demo, Watched
from persons import SLOW
from playwright.sync_api import APIResponse, Browser, Page, Route, expect

SAID = "Another person is signed in in this browser"


def open_wallet(page: Page, demo: Demo, place: int) -> None:
    """By the start page's button, as anybody does."""
    page.goto(demo.base + "/")
    page.locator("select[name=customer]").select_option(demo.customers[place])
    page.get_by_role("button", name="Open the phone").click()
    expect(page.locator("#balance")).to_contain_text("¥")
    page.goto(demo.base + "/wallet/pay")


def test_abuse_91_the_first_tab_says_that_another_is_signed_in_and_shows_theirs(
    demo: Demo, browser: Browser, keep
) -> None:
    watched = Watched(browser, demo.base)  # the browser complains of what is refused
    first = watched.open(demo.base + "/", PHONE)
    second = first.context.new_page()
    open_wallet(first, demo, 0)
    expect(first.locator("h1")).to_contain_text(demo.names[0].split()[0])
    codes: list[int] = []
    first.on("response", lambda answer: "/wallet/code" in answer.url and codes.append(answer.status))
    open_wallet(second, demo, 1)
    first.bring_to_front()
    expect(first.locator("h1")).to_contain_text(demo.names[1].split()[0], timeout=SLOW)
    expect(first.locator("#banner")).to_contain_text(SAID)
    keep(first, "another-person-in-this-browser")
    assert 200 not in codes or first.locator("h1").text_content() == second.locator("h1").text_content()
    open_wallet(first, demo, 0)
    second.bring_to_front()
    expect(second.locator("h1")).to_contain_text(demo.names[0].split()[0], timeout=SLOW)
    watched.close()


def test_abuse_91_a_form_without_scripts_is_refused_and_says_why(demo: Demo, browser: Browser, keep) -> None:
    watched = Watched(browser, demo.base)
    first = watched.open(demo.base + "/", PHONE, java_script_enabled=False)
    second = first.context.new_page()
    open_wallet(first, demo, 2)
    first.goto(demo.base + "/security")
    open_wallet(second, demo, 3)
    first.locator('form[action="/security/freeze"] button').click()
    expect(first.locator("h1")).to_contain_text(SAID)
    keep(first, "refused-for-another-person")
    second.goto(demo.base + "/wallet/pay")
    expect(second.locator("#code")).to_be_visible()  # neither of the two is frozen
    open_wallet(second, demo, 2)
    expect(second.locator("#code")).to_be_visible()
    watched.close()


def test_abuse_91_phone_and_till_side_by_side_stay_of_one_person(demo: Demo, browser: Browser) -> None:
    watched = Watched(browser, demo.base)
    together = watched.open(demo.base + "/", DESK)
    together.locator("select[name=customer]").select_option(demo.customers[4])
    together.get_by_role("button", name="Open phone, till and bank").click()
    phone, till = (together.frame_locator(f".pane-{name} iframe") for name in ("phone", "till"))
    expect(phone.locator("h1")).to_contain_text(demo.names[4].split()[0])
    open_wallet(together.context.new_page(), demo, 5)
    together.bring_to_front()
    expect(phone.locator("h1")).to_contain_text(demo.names[5].split()[0], timeout=SLOW)
    expect(till.locator("#whose")).to_have_value(demo.customers[5], timeout=SLOW)
    watched.close()


def test_abuse_91_a_wallet_left_open_over_a_sign_out_leads_to_the_sign_in_page(demo: Demo, browser: Browser) -> None:
    watched = Watched(browser, demo.base)
    first = watched.open(demo.base + "/", PHONE)
    open_wallet(first, demo, 6)
    second = first.context.new_page()
    second.goto(demo.base + "/me")
    second.locator('form[action="/sign-out"] button').first.click()
    expect(second).to_have_url(re.compile("/sign-in"))
    first.bring_to_front()
    expect(first).to_have_url(re.compile("/sign-in"), timeout=SLOW)
    watched.close()


def test_a_form_that_signs_out_leads_where_its_answer_says_although_the_page_looks_meanwhile(
    demo: Demo, browser: Browser
) -> None:
    """The sign-out is done, and its answer on its way, when the page is told that nobody is signed in any more."""
    watched = Watched(browser, demo.base)
    page = watched.open(demo.base + "/", PHONE)
    open_wallet(page, demo, 7)
    page.goto(demo.base + "/me")
    answers: list[tuple[Route, APIResponse]] = []
    page.route("**/sign-out", lambda route: answers.append((route, route.fetch(max_redirects=0))))
    looked: list[int] = []
    page.on("response", lambda answer: answer.url.endswith("/page-for") and looked.append(answer.status))
    page.evaluate("setInterval(() => document.dispatchEvent(new Event('visibilitychange')), 50)")
    page.evaluate("document.querySelector('form[action=\"/sign-out\"]').requestSubmit()")
    while not answers:  # the test's own limit ends a wait in vain
        page.wait_for_timeout(20)
    while 401 not in looked:
        page.wait_for_timeout(20)
    [(route, answer)] = answers
    route.fulfill(response=answer)
    expect(page).to_have_url(re.compile(r"/sign-in\?said=out$"), timeout=SLOW)
    watched.close()
