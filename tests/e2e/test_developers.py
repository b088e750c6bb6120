"""A merchant's people in Chromium: a key is made, copied and used; an order is refunded by an operator; on phone and
desk, by day and by night, in three languages nothing serious is found by an automatic checker."""

from __future__ import annotations

import httpx
import pytest
from browsing import DESK, PHONE
from playwright.sync_api import Browser, Page, expect
from receiving import Receiver
from receiving import receiver as receiver
from shop_people import COOKIE, PASSWORD, Bank, User
from shop_people import bank as bank
from test_accessible import findings

from feiqian.webhooks.endpoints import Wanted

LONG = "網店 Ünïcode " + "of a name that goes on and on " * 2


def looking(browser: Browser, bank: Bank, user: User, **how: object) -> Page:
    """A browser in which this person is signed in."""
    context = browser.new_context(**{"viewport": DESK, "base_url": f"{bank.url}/merchants"} | how)  # type: ignore[arg-type]
    context.add_cookies([{"name": COOKIE, "value": user.client.cookies[COOKIE], "url": bank.url}])
    return context.new_page()


def confirm(page: Page, user: User) -> None:
    """Password and token, as the page asks for them."""
    for factor in ("password", "totp"):
        expect(page.locator('#answering input[name="factor"]')).to_have_value(factor)
        page.locator("#f-answer").fill(PASSWORD if factor == "password" else user.shown())
        page.locator('#answering button[value="answer"]').click()


def test_a_key_is_made_used_and_revoked(browser: Browser, bank: Bank) -> None:
    dev = bank.join("developer")
    page = looking(browser, bank, dev)
    page.goto(f"{bank.url}/merchants/developers/keys")
    page.locator("#f-name").fill(LONG[:60])
    page.locator('input[name="scope-orders:read"]').check()
    page.locator('form[action="/merchants/developers/keys"] button.button').click()
    confirm(page, dev)
    key = page.locator(".once code").inner_text()
    expect(page.locator(".once button.copy")).to_be_visible()
    asked = {"Authorization": f"Bearer {key}"}
    assert httpx.get(f"{bank.url}/v1/orders", headers=asked).status_code == 200
    assert httpx.get(f"{bank.url}/v1/balance", headers=asked).json()["type"] == "/problems/scope-missing"
    page.locator("a.button").click()
    page.locator("tbody th a").first.click()
    page.locator("button.danger").click()
    confirm(page, dev)
    expect(page.locator('.notice[role="status"]')).to_be_visible()
    assert httpx.get(f"{bank.url}/v1/orders", headers=asked).status_code == 401


def test_an_order_is_refunded_by_an_operator_and_its_webhook_is_seen(
    browser: Browser, bank: Bank, receiver: Receiver
) -> None:
    owner, operator = bank.join("owner"), bank.join("operator")
    page = looking(browser, bank, owner)
    page.goto(f"{bank.url}/merchants/developers/webhooks")
    page.locator("#f-url").fill(receiver.url)
    page.locator('form[action="/merchants/developers/webhooks"] button.button').click()
    receiver.secret = page.locator(".once code").inner_text()
    order = bank.paid_order()
    place = f"{bank.url}/merchants/orders/{order['id']}"
    till = looking(browser, bank, operator)
    till.goto(place)
    till.locator("#f-amount").fill("1.25")
    till.locator("#f-why").fill("Broken cup")
    till.locator(f'form[action="/merchants/orders/{order["id"]}/refund"] button.button').dblclick()
    confirm(till, operator)
    expect(till.locator('.notice[role="status"]')).to_be_visible()
    while not any(got.type == "order.refunded" for got in receiver.got):
        receiver.wait()
    page.goto(place)
    page.locator(".timeline a", has_text="order.refunded").first.click()
    expect(page.locator(".body-of").last).to_contain_text('"refunded": 125')
    page.locator('form[action$="/replay"] button').click()
    expect(page.locator('.notice[role="status"]')).to_be_visible()
    while sum(got.type == "order.refunded" for got in receiver.got) < 2:
        receiver.wait()


def test_a_page_that_another_person_left_is_loaded_anew_within_the_portal(
    browser: Browser, bank: Bank, receiver: Receiver
) -> None:
    """The page with a new secret is the answer to a form, and has no address of its own."""
    first, second = bank.join("owner"), bank.join("developer")
    page = looking(browser, bank, first)
    page.goto(f"{bank.url}/merchants/developers/webhooks")
    page.locator("#f-url").fill(receiver.url)
    page.locator('form[action="/merchants/developers/webhooks"] button.button').click()
    page.goto(f"{bank.url}/merchants/developers/webhooks")
    page.locator("tbody a").first.click()
    page.locator('form[action$="/rotate"] button').click()
    expect(page.locator(".once code")).to_be_visible()
    page.context.add_cookies([{"name": COOKIE, "value": second.client.cookies[COOKIE], "url": bank.url}])
    page.wait_for_load_state("load")  # the scripts of the page listen
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page).to_have_url(f"{bank.url}/merchants")
    expect(page.locator(".once code")).to_have_count(0)


@pytest.mark.parametrize(
    ("viewport", "scheme", "language"), [(PHONE, "light", "es"), (PHONE, "dark", "zh"), (DESK, "light", "en")]
)
def test_nothing_serious_is_found(
    browser: Browser, bank: Bank, receiver: Receiver, viewport: dict[str, int], scheme: str, language: str
) -> None:
    owner = bank.join("owner", name=f"Owner {language}")
    with bank.services.db.write() as connection:
        wanted = Wanted(f"{receiver.url}/{'long' * 20}", ("*",), LONG)
        create = bank.services.webhooks.endpoints.create.within
        endpoint, _ = create(connection, bank.merchants[0].number, wanted)
    order = bank.paid_order(description=LONG)
    page = looking(browser, bank, owner, viewport=viewport, color_scheme=scheme, bypass_csp=True)
    page.context.add_cookies([{"name": "feiqian-lang", "value": language, "url": bank.url}])
    found = []
    for path in ("developers", "developers/keys", "developers/keys/over", "developers/webhooks", "orders"):
        page.goto(f"{bank.url}/merchants/{path}")
        found += findings(page)
    for path in (f"developers/webhooks/{endpoint.id}", f"orders/{order['id']}"):
        page.goto(f"{bank.url}/merchants/{path}")
        found += findings(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    assert found == []
