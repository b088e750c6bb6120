"""The staff's console: look-ups, freezes that two take back, identities decided; every look is in the audit log."""

from __future__ import annotations

import re
from collections.abc import Callable

from browsing import PHONE, Demo, Watched
from persons import SLOW, demo_person, forgive
from playwright.sync_api import Page, expect
from touring import ALICE, BOB, LISTED, listed_newcomer, open_customer, staff_page

Keep = Callable[[Page, str], None]
VALENTINA = 7  # place among the demo's people
NAME = "Valentina Rossi"


def test_one_freezes_and_two_take_the_freeze_back(demo: Demo, watched: Watched, keep: Keep) -> None:
    phone = demo_person(watched, demo, VALENTINA).page
    expect(phone.locator("#code")).to_be_visible()
    alice, bob = staff_page(watched, demo, ALICE), staff_page(watched, demo, BOB)
    open_customer(alice, demo.base, NAME)
    keep(alice, "staff-customer")
    alice.locator("#f-why").fill("She called: payments that she does not know.")
    alice.locator("button.danger").click()
    expect(alice.locator(".notice-good")).to_contain_text("Frozen")
    expect(phone.locator(".pass-none")).to_contain_text("The bank has stopped payments", timeout=SLOW)
    alice.locator('a[href$="/propose/unfreeze"]').click()
    alice.locator("#f-why").fill("It was her daughter.")
    alice.locator(".panel-form .button").click()
    expect(alice.locator("section[aria-labelledby=decide]")).to_contain_text("Somebody else has to")
    expect(alice.locator('button[value="approve"]')).to_have_count(0)
    change = alice.url.split("?")[0]
    bob.goto(demo.base + "/staff/changes")
    keep(bob, "staff-changes")
    bob.locator(f'a[href="{change.removeprefix(demo.base)}"]').click()
    keep(bob, "staff-change")
    bob.locator('button[value="approve"]').click()
    bob.locator("[data-demo-key]").click()
    expect(bob.locator(".notice-good")).to_contain_text("Approved and carried out")
    expect(phone.locator("#code")).to_be_visible(timeout=SLOW)  # by itself
    forgive(watched, 404)  # the phone was told that there are no codes now
    seen_in_the_trail(bob, alice, demo, keep)
    forgive(watched, 403)


def seen_in_the_trail(bob: Page, alice: Page, demo: Demo, keep: Keep) -> None:
    bob.goto(f"{demo.base}/staff/trail")
    for action in ("Opened the customer", "Froze the wallets", "Proposed a change", "Approved a change"):
        row = bob.locator("tbody tr").filter(has_text=action).first
        expect(row).to_contain_text("bob" if action == "Approved a change" else "alice")
    bob.get_by_role("button", name="Check the chain").click()
    expect(bob.locator(".notice-good")).to_contain_text("The chain is whole")
    keep(bob, "staff-trail")
    assert (alice.goto(f"{demo.base}/staff/trail") or bob).status == 403  # type: ignore[union-attr]


def test_an_identity_like_a_listed_one_is_decided_by_a_person(demo: Demo, watched: Watched, keep: Keep) -> None:
    she = listed_newcomer(watched, demo, "7400123456")
    she.register()
    she.show_document()
    expect(she.page.locator(".notice-wait")).to_contain_text("Our staff are looking at your document")
    keep(she.page, "identity-waits")
    alice = staff_page(watched, demo, ALICE)
    keep(alice, "staff-home")
    alice.locator('.queue[href="/staff/identity"]').click()
    keep(alice, "staff-identity")
    alice.get_by_role("link", name=LISTED).click()
    expect(alice.locator("section[aria-labelledby=matches]")).to_contain_text("QUILLFEATHER")
    assert alice.locator(".viewer img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    keep(alice, "staff-review")
    alice.locator("#decide ~ form .button").click()
    expect(alice.locator("#summary")).to_contain_text("Choose one of the two")
    alice.locator('input[name="outcome"][value="verified"]').check()
    alice.locator("#f-note").fill("Another birthplace; the picture is hers.")
    alice.locator("#decide ~ form .button").click()
    alice.locator("[data-demo-key]").click()
    expect(alice.locator(".notice-good")).to_contain_text("It waits for another reviewer")
    bob = staff_page(watched, demo, BOB)
    bob.goto(f"{demo.base}/staff/identity")
    bob.get_by_role("link", name=LISTED).click()
    expect(bob.locator("section[aria-labelledby=matches]")).to_contain_text("First cleared by")
    bob.locator('input[name="outcome"][value="verified"]').check()
    bob.locator("#f-note").fill("Compared the picture; another person.")
    bob.locator("#decide ~ form .button").click()
    bob.locator("[data-demo-key]").click()
    expect(bob.locator(".notice-good")).to_contain_text("Decided")
    she.go("/identity")
    expect(she.page.locator(".notice-good")).to_be_visible()
    she.go("/wallet/pay")
    expect(she.page.locator("#code")).to_be_visible()
    forgive(watched, 422)


def test_customers_and_strangers_stay_outside(demo: Demo, watched: Watched) -> None:
    he = demo_person(watched, demo, VALENTINA)
    for place in ("", "/customers?q=Noah", "/trail"):
        answer = he.page.goto(f"{demo.base}/staff{place}")
        assert answer is not None
        assert answer.status == 403
        expect(he.page.locator("h1")).to_have_text("For staff only")
    stranger = watched.open(demo.base + "/staff/customers?q=Noah")
    expect(stranger).to_have_url(re.compile("/staff/sign-in"))
    forgive(watched, 403)


def test_the_console_fits_a_phone(demo: Demo, watched: Watched, keep: Keep) -> None:
    alice = staff_page(watched, demo, ALICE, viewport=PHONE)
    open_customer(alice, demo.base, NAME)
    assert alice.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    keep(alice, "staff-customer-phone")
