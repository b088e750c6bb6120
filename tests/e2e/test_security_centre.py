"""The security centre: devices, a stolen phone, a lock and the ways back from it, a forgotten password."""

from __future__ import annotations

import re
from collections.abc import Callable

from browsing import DESK, PHONE, Demo, Watched
from persons import SLOW, demo_person, enrol_key, forgive, newcomer
from playwright.sync_api import Page, expect

Keep = Callable[[Page, str], None]
LIN, SOFIA, AMARA, PRIYA, NANA = 0, 1, 4, 9, 12  # places among the demo's people
NEW_PASSWORD = "violin-harbour-31-thistle"


def test_sign_out_everywhere_ends_the_other_browsers_sessions_at_once(demo: Demo, watched: Watched, keep: Keep) -> None:
    here, there = demo_person(watched, demo, LIN, viewport=DESK), demo_person(watched, demo, LIN)
    expect(there.page.locator("#code")).to_be_visible()
    here.go("/security")
    devices = here.page.locator("section[aria-labelledby=devices]")
    expect(devices.locator(".row")).to_have_count(2)
    expect(devices.locator(".row .pill")).to_have_count(1)  # which of them is this one
    keep(here.page, "security-desk")
    devices.locator('form[action="/security/everywhere"] button').click()
    expect(there.page).to_have_url(re.compile("/sign-in"), timeout=SLOW)  # nobody touched it
    expect(here.page.locator(".notice-good")).to_contain_text("everywhere but here")
    here.go("/wallet/pay")
    expect(here.page.locator("#code")).to_be_visible()
    forgive(watched, 401)  # what the other page's script was told


def test_a_forgotten_device_is_signed_out(demo: Demo, watched: Watched) -> None:
    here, there = demo_person(watched, demo, SOFIA), demo_person(watched, demo, SOFIA)
    here.go("/security")
    other = here.page.locator("section[aria-labelledby=devices] .row").filter(has_not=here.page.locator(".pill"))
    other.locator("button").click()
    expect(here.page.locator("section[aria-labelledby=devices] .row")).to_have_count(1)
    expect(there.page).to_have_url(re.compile("/sign-in"), timeout=SLOW)
    forgive(watched, 401)


def test_a_stolen_phone_is_reported_and_its_case_followed(demo: Demo, watched: Watched, keep: Keep) -> None:
    here, stolen = demo_person(watched, demo, AMARA, viewport=DESK), demo_person(watched, demo, AMARA)
    expect(stolen.page.locator("#code")).to_be_visible()
    here.go("/security")
    here.page.get_by_role("link", name="My phone was lost or stolen").click()
    keep(here.page, "stolen-desk")
    here.page.locator("#f-note").fill("Taken from my bag on line 4, at about nine.")
    here.page.locator("#main form.form .button").click()
    expect(here.page.locator(".timeline li").first).to_contain_text("Taken from my bag on line 4")
    expect(here.page.locator(".notice-good")).to_contain_text("Your wallet is frozen")
    keep(here.page, "case-desk")
    expect(stolen.page).to_have_url(re.compile("/sign-in"), timeout=SLOW)
    here.go("/security")
    expect(here.page.locator("section[aria-labelledby=cases]")).to_contain_text("Phone lost or stolen")
    expect(here.page.locator("section[aria-labelledby=devices] .row")).to_have_count(1)
    forgive(watched, 401)


def test_five_wrong_pins_pause_and_a_passkey_opens_nevertheless(demo: Demo, watched: Watched, keep: Keep) -> None:
    she = demo_person(watched, demo, PRIYA)
    enrol_key(she, "passkey", "My phone")
    she.change("pin")
    she.other_way("Payment PIN \\+ Code by text message")
    for left in (4, 3, 2, 1):
        she.answer("135792")
        expect(she.page.locator("#e-answer")).to_contain_text(f"Tries left: {left}")
    she.answer("135792")
    expect(she.page.locator("#main")).to_contain_text("Too many wrong answers")
    keep(she.page, "locked")
    expect(she.page.locator('#main input[type="password"]')).to_have_count(0)  # no field that cannot work
    stranger = watched.open(demo.base + "/sign-in")
    stranger.locator("#f-mobile").fill(she.national)
    stranger.locator("#f-password").fill(she.password)
    stranger.locator('form[action="/sign-in"] .button').click()
    expect(stranger.locator("h1")).to_have_text("Is it you?")  # a lock is of the device that it was earned on
    she.use_key()
    she.page.locator("#f-pin").fill("826193")
    she.page.locator("#f-again").fill("826193")
    she.page.locator("#main form.form .button").click()
    expect(she.page.locator(".notice-good")).to_contain_text("PIN has been changed")
    forgive(watched, 422)


def test_a_forgotten_password_is_recovered_by_text_message_and_e_mail(demo: Demo, watched: Watched, keep: Keep) -> None:
    he = newcomer(watched, demo, 11, "周明", email="zhou.ming@example.com")
    he.register()
    he.show_document()
    he.sign_out()
    page = he.page
    page.get_by_role("link", name="Forgotten your password or PIN?").click()
    he.type_mobile()
    page.locator("#f-number").fill(he.document)
    page.locator("#f-name").fill(he.name)
    keep(page, "recover")
    page.locator("#main form.form .button").click()
    keep(page, "recover-code")
    he.answer_sms()
    expect(page.locator('#answering input[name="factor"]')).to_have_value("email")
    he.answer(he.code(he.email))
    page.locator("#f-password").fill(NEW_PASSWORD)
    keep(page, "recover-new")
    page.locator("#main form.form .button").click()
    expect(page).to_have_url(re.compile("said=recovered"))
    keep(page, "recovered")
    he.type_password(he.password)
    expect(page.locator("#summary")).to_be_visible()  # the old one is no good any more
    he.type_password(NEW_PASSWORD)
    he.answer_sms()
    expect(page.locator(".cooling")).to_be_visible()
    forgive(watched, 422)


def test_who_is_locked_recovers_with_long_codes_and_signs_in(demo: Demo, watched: Watched, keep: Keep) -> None:
    he = newcomer(watched, demo, 13, "周明", email="ming.zhou@example.com")
    he.register()
    he.page = page = watched.open(demo.base + "/", PHONE)  # a browser that he has not signed in from
    for _ in range(4):
        he.type_password("not the password")
        expect(page.locator("#summary")).to_be_visible()
    he.type_password("not the password")
    expect(page.locator(".notice-bad")).to_contain_text("Try again:")
    expect(page.locator("#f-password")).to_have_count(0)
    keep(page, "locked-sign-in-no-field")
    page.locator('.notice-bad a[href="/recover"]').click()
    he.type_mobile()
    page.locator("#f-number").fill(f"{he.document[:6]}\u00a0{he.document[6:14]}-{he.document[14:]}")
    page.locator("#f-name").fill(he.name)
    page.locator("#main form.form .button").click()
    expect(page.locator("#h-answer")).to_contain_text("16 digits")
    keep(page, "locked-recover-code")
    he.answer_sms()
    expect(page.locator('#answering input[name="factor"]')).to_have_value("email")
    expect(page.locator("#h-answer")).to_contain_text("16 digits")
    he.answer(he.code(he.email).replace(" ", "\u00a0"))
    page.locator("#f-password").fill(NEW_PASSWORD)
    page.locator("#main form.form .button").click()
    expect(page).to_have_url(re.compile("said=recovered"))
    he.type_password(NEW_PASSWORD)
    he.answer_sms()
    expect(page).to_have_url(re.compile("/(wallet|identity)$"))
    forgive(watched, 422)


def test_a_lost_phone_is_reported_without_signing_in(demo: Demo, watched: Watched, keep: Keep) -> None:
    he = newcomer(watched, demo, 14, "周亮")
    he.register()
    he.show_document()
    he.page = page = watched.open(demo.base + "/sign-in", PHONE)
    page.locator('a[href="/lost"]').click()
    he.type_mobile()
    page.locator("#f-number").fill(he.document)
    page.locator("#f-name").fill(he.name)
    keep(page, "lost")
    page.locator("#main form.form .button").click()
    expect(page.locator(".notice-good")).to_contain_text("We have your report")
    keep(page, "lost-done")
    he.type_password()
    he.answer_sms()
    he.go("/security")
    expect(page.locator(".freeze.frozen")).to_be_visible()
    he.change("unfreeze")
    he.answer_pin()
    he.answer_sms()
    expect(page.locator(".notice-good")).to_contain_text("open again")


def test_recovery_looks_the_same_for_a_number_that_nobody_has(demo: Demo, watched: Watched) -> None:
    nobody = newcomer(watched, demo, 12, "Nobody Here")
    nobody.go("/recover")
    nobody.type_mobile()
    nobody.page.locator("#f-number").fill(nobody.document)
    nobody.page.locator("#f-name").fill(nobody.name)
    nobody.page.locator("#main form.form .button").click()
    expect(nobody.page.locator("h1")).to_have_text("Confirm that it is you")
    expect(nobody.page.locator("#f-answer")).to_be_visible()
    nobody.answer("123456")
    expect(nobody.page.locator("#e-answer")).to_contain_text("This code is not right")
    forgive(watched, 422)


def test_the_password_is_changed_where_one_is_signed_in(demo: Demo, watched: Watched) -> None:
    she = demo_person(watched, demo, NANA)
    she.change("password")
    she.answer(she.password)
    she.answer_sms()
    she.page.locator("#f-password").fill(NEW_PASSWORD)
    she.page.locator("#main form.form .button").click()
    expect(she.page.locator(".notice-good")).to_contain_text("password has been changed")
