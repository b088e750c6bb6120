"""A merchant's people: invited by e-mail, enrolled with an app or a passkey, removed while they look on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyotp
from browsing import DESK, PHONE, Demo, Watched
from persons import SLOW, authenticator, forgive
from playwright.sync_api import Page, expect
from touring import merchant_page

Keep = Callable[[Page, str], None]
LINK = re.compile(r"(/merchants/invitation/[A-Za-z0-9_-]{43})")
PASSWORD = "nineteen copper kettles"
OVERFLOW = "html => html.scrollWidth - html.clientWidth"


def invite(owner: Page, demo: Demo, email: str, role: str) -> str:
    """By the owner, with the demo's key; the link, as the message in the demo's inbox has it."""
    owner.goto(f"{demo.base}/merchants/people")
    owner.locator("#f-email").fill(email)
    owner.locator("#f-role").select_option(role)
    owner.locator(".panel-form button").click()
    expect(owner.locator(".slip, main")).to_contain_text([email])
    owner.locator("[data-demo-key]").click()
    expect(owner.locator(".notice-good")).to_contain_text("Invited")
    inbox = owner.context.new_page()
    inbox.goto(f"{demo.base}/messages")
    letter = inbox.locator(".letter").filter(has_text=email).filter(has_text=LINK)
    expect(letter.first).to_be_visible(timeout=SLOW)
    found = LINK.search(letter.first.inner_text())
    inbox.close()
    assert found
    return demo.base + found[1]


def fits(page: Page) -> None:
    assert page.locator("html").evaluate(OVERFLOW) <= 0, page.url  # waits for a page that is just coming


def say_name(page: Page, name: str) -> None:
    page.locator("#f-name").fill(name)
    fits(page)
    page.locator("form.form button.wide").click()
    fits(page)


def test_somebody_accepts_with_an_app_on_a_phone_and_is_removed(demo: Demo, watched: Watched, keep: Keep) -> None:
    owner = merchant_page(watched, demo)
    email = "mei@shop.example"
    link = invite(owner, demo, email, "developer")
    mei = watched.open(link, PHONE, locale="zh-CN")
    expect(mei.locator("main")).to_contain_text(email)
    keep(mei, "merchant-invitation")
    say_name(mei, "梅琳")
    for field in ("password", "again"):
        mei.locator(f"#f-{field}").fill(PASSWORD)
    mei.locator('form[action$="/password"] button.wide').click()
    mei.locator(".by-hand summary").click()
    secret = mei.locator(".secret-text code").inner_text().replace(" ", "")
    fits(mei)
    used = pyotp.TOTP(secret).now()
    mei.locator("#f-code").fill(used)
    mei.locator("form.form button.wide").click()
    expect(mei).to_have_url(re.compile(r"/merchants/sign-in\?said=enrolled$"))
    mei.locator("#f-email").fill(email)
    mei.locator("#f-password").fill(PASSWORD)
    mei.locator("form.form button.wide").click()
    expect(mei.locator("#f-code")).to_be_visible()
    mei.locator("#f-code").fill(pyotp.TOTP(secret).at(_now(mei) + 30))  # the next one: no code is taken twice
    mei.locator("form.form button.wide").click()
    expect(mei.locator("h1")).to_contain_text("梅琳")
    for place in ("", "/people", "/security"):
        mei.goto(f"{demo.base}/merchants{place}")
        fits(mei)
    owner.goto(f"{demo.base}/merchants/people")
    owner.get_by_role("link", name="梅琳").click()
    keep(owner, "merchant-person")
    owner.locator('button[value="remove"]').click()
    owner.locator("[data-demo-key]").click()
    expect(owner.locator(".notice-good")).to_contain_text("Removed")
    mei.reload()
    expect(mei).to_have_url(re.compile(r"/merchants/sign-in\?next="))
    stolen = watched.open(link, PHONE)
    expect(stolen.locator("h1")).to_have_text("This invitation does not open")
    forgive(watched, 404)


def _now(page: Page) -> int:
    """The browser's time, which is the bank's, in seconds."""
    return int(page.evaluate("Math.floor(Date.now() / 1000)"))


def test_somebody_accepts_with_a_passkey_at_a_desk(demo: Demo, watched: Watched, keep: Keep) -> None:
    owner = merchant_page(watched, demo)
    link = invite(owner, demo, "luz@shop.example", "viewer")
    luz = watched.open(link, DESK, locale="es-ES")
    authenticator(luz, "passkey")
    say_name(luz, "Luz Romero")
    luz.locator("#key-form [data-factor=passkey]").click()
    expect(luz).to_have_url(re.compile(r"/merchants/sign-in\?said=enrolled$"))
    luz.locator("#key-form [data-factor=passkey]").click()
    expect(luz.locator("h1")).to_have_text("Hola, Luz Romero")
    luz.goto(f"{demo.base}/merchants/people")
    expect(luz.locator("tbody tr").filter(has_text="Luz Romero")).to_contain_text("Consulta")
    expect(luz.locator("#f-email")).to_have_count(0)
    keep(luz, "merchant-people-viewer")
    luz.locator('form[action="/merchants/sign-out"] button').click()
    expect(luz).to_have_url(re.compile(r"/merchants/sign-in\?said=out$"))
