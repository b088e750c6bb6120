"""What is typed on customers' pages: cells and pads, other languages, wrong repetitions, and the browser's arrows."""

from __future__ import annotations

import re

from browsing import DESK, Demo, Watched
from cashier import answered, key_in
from persons import SLOW, demo_person, forgive, newcomer
from playwright.sync_api import expect
from test_accessible import findings

MATEO = 8  # a place among the demo's people


def test_a_newcomer_loses_nothing_typed(demo: Demo, watched: Watched) -> None:
    she = newcomer(watched, demo, 61, "陈静怡", email="jing@example.com", options={"bypass_csp": True})
    page = she.page
    she.go("/register")
    page.locator("#f-country").select_option("GB")
    page.locator("#f-mobile").fill("07400 123")
    page.locator('.languages [value="es"]').click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator("#f-mobile")).to_have_value("07400 123")
    expect(page.locator("#f-country")).to_have_value("GB")
    page.locator("form.form .button").click()  # no such number
    expect(page.locator("#summary")).to_be_focused()
    page.locator('.languages [value="en"]').click()  # on the answer to a form, too
    expect(page.locator("#f-mobile")).to_have_value("07400 123")
    she.confirm_mobile()
    she.type_document()
    page.locator('button[name="do"][value="next"]').click()
    page.locator("#f-password").fill(she.password)
    page.locator("#f-pin").fill(she.pin)
    page.locator("#f-again").fill(she.pin[::-1])
    page.locator('button[value="finish"]').click()
    expect(page.locator("#differs-again")).to_be_visible()
    expect(page.locator("#f-again")).to_be_focused()
    expect(page.locator("#f-password")).to_have_value(she.password)
    assert findings(page) == []
    page.locator("#f-again").fill(she.pin)
    page.locator('button[value="finish"]').click()
    expect(page).to_have_url(f"{demo.base}/identity", timeout=SLOW)
    forgive(watched, 422)


def test_a_code_is_pasted_a_pin_tapped_and_the_arrows_meet_no_dead_page(demo: Demo, watched: Watched) -> None:
    he = demo_person(watched, demo, MATEO, has_touch=True, bypass_csp=True)
    page, till = he.page, watched.open(demo.till(2, beside=MATEO), DESK)
    key_in(till, "120000")
    till.locator("#beside").click()
    answered(till, "needs_verification")
    page.locator(".waiting-card").first.wait_for(timeout=SLOW)
    page.goto(demo.base + page.locator(".waiting-card").first.get_attribute("href"))
    expect(page.locator(".slip .slip-mark")).to_be_hidden()
    assert findings(page) == []
    page.locator("#f-answer").fill("１１１ 222")
    expect(page.locator("#f-answer")).to_have_value("111222")
    page.locator("#answering button.wide").click()
    expect(page.locator("#e-answer")).to_be_visible()
    page.goto(f"{demo.base}/security")
    page.go_back()  # to the answer to a form: it is asked for anew
    expect(page.locator("#f-answer")).to_be_visible()
    page.go_forward()
    expect(page.locator("h1")).to_have_text("Security centre")
    page.go_back()
    for digit in (*he.pin[:5], "back", *he.pin[4:]):  # the sixth digit sends it
        page.locator(f'.pad [data-digit="{digit}"]').click()
    expect(page.locator('.ended[data-outcome="succeeded"]')).to_contain_text("Reference", timeout=SLOW)
    assert findings(page) == []
    page.locator(".buttons a[href='/wallet']").click()
    page.locator("#lately .row-link").first.click()
    expect(page).to_have_url(re.compile("/activity/"))
    forgive(watched, 422)
