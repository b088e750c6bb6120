"""When the bank's answer does not arrive: nobody guesses, and nobody pays twice."""

from __future__ import annotations

import re

from browsing import DESK, Demo, Watched
from cashier import answered, balance, key_in
from playwright.sync_api import Browser, Page, Route, expect


def lose_answers(till: Page) -> None:
    """The request gets through; its answer does not."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort("connectionfailed")

    till.route(re.compile("/payments$"), lose)


def test_a_lost_answer_is_asked_for_again_and_the_money_moves_once(demo: Demo, browser: Browser) -> None:
    watched = Watched(browser, demo.base)  # that an answer is lost, the browser does complain of
    phone, till = watched.phone(demo, 6), watched.open(demo.till(4, beside=6), DESK)
    before = balance(phone)
    lose_answers(till)
    key_in(till, "2000")
    till.locator("#beside").click()
    answered(till, "unknown")
    expect(till.locator(".outcome")).to_contain_text("do not take the money twice")
    till.reload()  # even who closes the page is led back to the question
    answered(till, "succeeded")
    expect(till.locator(".outcome-amount")).to_have_text("¥20.00")
    expect(phone.locator(".sheet-body.paid")).to_be_visible()
    assert before - balance(phone) == 20
    watched.close()


def test_what_the_bank_never_heard_of_took_nothing(demo: Demo, browser: Browser) -> None:
    watched = Watched(browser, demo.base)
    phone, till = watched.phone(demo, 7), watched.open(demo.till(4, beside=7))
    before = balance(phone)
    till.route(re.compile("/payments$"), lambda route: route.abort("connectionfailed"))
    key_in(till, "2000")
    till.locator("#beside").click()
    answered(till, "unknown")
    till.locator('[data-do="ask"]').click()
    answered(till, "missing")
    assert balance(phone) == before
    watched.close()


def test_a_lost_connection_is_said_and_found_again(demo: Demo, browser: Browser) -> None:
    watched = Watched(browser, demo.base)
    phone = watched.phone(demo, 8)
    expect(phone.locator("#banner")).to_be_hidden()
    phone.context.set_offline(True)
    phone.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as when a phone wakes up
    expect(phone.locator("#banner")).to_contain_text("No connection")
    expect(phone.locator("#banner-retry")).to_be_visible()
    phone.context.set_offline(False)
    expect(phone.locator("#banner")).to_be_hidden()  # it asks again by itself
    watched.close()


def test_a_refused_camera_is_explained(demo: Demo, watched: Watched) -> None:
    till = watched.open(demo.till(), permissions=[])
    refuse = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    till.evaluate("() => {" + refuse + "}")
    key_in(till, "500")
    till.locator("#camera").click()
    expect(till.locator("#viewer-text")).to_contain_text("not allowed")
    expect(till.locator("#camera-text")).to_have_text("Try the camera again")
