"""Newcomers: from nothing to the first payment by code, on a phone, with a Chinese card and with a foreign passport."""

from __future__ import annotations

import re
from collections.abc import Callable

from browsing import DESK, Demo, Watched
from cashier import answered, key_in, paste, unused_code
from persons import PASSPORT, SLOW, Person, choose_picture, newcomer, passport, upload_picture
from playwright.sync_api import Page, Route, expect

Keep = Callable[[Page, str], None]


def test_a_newcomer_registers_shows_a_document_and_pays_by_code(demo: Demo, watched: Watched, keep: Keep) -> None:
    she = newcomer(watched, demo, 1, "陈静怡", email="jingyi@example.com")
    she.register(lambda step: keep(she.page, f"newcomer-{step}"))
    upload_picture(she.page, "back")
    keep(she.page, "newcomer-identity")
    she.show_document()
    expect(she.page.locator(".notice-good")).to_contain_text("Your identity is verified")
    keep(she.page, "newcomer-verified")
    pay(she, watched, keep, "newcomer", "¥500.00", "¥475.00")


def test_an_overseas_newcomer_registers_with_a_passport_in_spanish(demo: Demo, watched: Watched, keep: Keep) -> None:
    page = watched.open(demo.base + "/", locale="es-ES")
    zone = passport("ESP", "GARCIA LOPEZ", "MARIA CARMEN", "XDA123456", "880214")
    she = Person(watched, demo, page, "ES", "612 34 56 78", "+34612345678", "María Carmen García López", zone, PASSPORT)
    she.register(lambda step: keep(she.page, f"overseas-{step}"))
    she.show_document()
    expect(page.locator(".notice-good")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    keep(page, "overseas-verified")
    pay(she, watched, keep, "overseas", "500,00 ¥", "475,00 ¥")


def pay(she: Person, watched: Watched, keep: Keep, name: str, before: str, after: str) -> None:
    """25 yuan at the till, with the demo's play money."""
    she.page.locator(".buttons a[href='/wallet']").click()
    expect(she.page.locator("#balance")).to_have_text(re.compile(before.replace(" ", r"\s")), timeout=SLOW)
    keep(she.page, f"{name}-home")
    she.go("/wallet/pay")
    keep(she.page, f"{name}-wallet")
    till = watched.open(she.demo.till(2), DESK)
    key_in(till, "2500")
    paste(till, unused_code(she.page))
    answered(till, "succeeded")
    expect(she.page.locator(".sheet-body.paid")).to_be_visible(timeout=SLOW)
    expect(she.page.locator("#balance")).to_have_text(re.compile(after.replace(" ", r"\s")))
    keep(she.page, f"{name}-paid")


def test_what_is_typed_wrongly_is_said_at_its_field_and_kept(demo: Demo, watched: Watched, keep: Keep) -> None:
    he = newcomer(watched, demo, 2, "Zhang Wei", document="11010519900307003X", email="zhang@")
    he.go("/register")
    he.page.locator("#f-mobile").fill("12")
    he.page.locator("form.form .button").click()
    expect(he.page.locator("#summary")).to_be_focused()
    keep(he.page, "register-wrong-number")
    he.confirm_mobile()
    he.type_document()
    he.page.locator('button[name="do"][value="next"]').click()
    expect(he.page.locator("#e-number")).to_contain_text("characters must be wrong")
    expect(he.page.locator("#e-email")).to_contain_text("name@example.com")
    expect(he.page.locator("#f-name")).to_have_value("Zhang Wei")
    keep(he.page, "register-wrong-details")
    watched.complaints.clear()  # of the pages that ask again (422)


def test_a_password_that_was_typed_before_the_page_had_its_script_is_judged(demo: Demo, watched: Watched) -> None:
    he, held = newcomer(watched, demo, 4, "Zhang Wei"), list[Route]()
    he.confirm_mobile()
    he.type_document()
    he.page.route(re.compile(r"/js/strength\b"), lambda route: held.append(route))
    he.page.locator('button[name="do"][value="next"]').click(no_wait_after=True)
    he.page.locator("#f-password").fill(he.password)
    while not held:
        he.page.wait_for_timeout(20)
    held.pop().continue_()
    expect(he.page.locator('#strength[data-state="strong"]')).to_be_visible()


def test_a_picture_that_was_chosen_before_the_page_had_its_script_is_shown(demo: Demo, watched: Watched) -> None:
    he, held = newcomer(watched, demo, 5, "Zhang Wei"), list[Route]()
    he.register()
    he.page.route(re.compile(r"/js/images\b"), lambda route: held.append(route))
    he.page.goto(f"{demo.base}/identity", wait_until="commit")
    choose_picture(he.page, "front")
    while not held:
        he.page.wait_for_timeout(20)
    expect(he.page.locator('[data-preview="f-front"] img')).to_have_count(0)
    held.pop().continue_()
    expect(he.page.locator('[data-preview="f-front"] img')).to_be_visible()


def test_a_weak_password_is_refused_while_it_is_typed_and_when_it_is_sent(demo: Demo, watched: Watched) -> None:
    he = newcomer(watched, demo, 3, "Zhang Wei")
    he.confirm_mobile()
    he.type_document()
    he.page.locator('button[name="do"][value="next"]').click()
    he.page.locator("#f-password").fill("password1234")
    expect(he.page.locator('#strength[data-state="weak"]')).to_be_visible()
    he.page.locator("#f-pin").fill("123456")
    he.page.locator("#f-again").fill("123456")
    he.page.locator('button[name="do"][value="finish"]').click()
    expect(he.page.locator("#summary")).to_be_visible()
    watched.complaints.clear()  # of the page that asks again (422)
