"""A walk over the pages of customers and of staff, for tests that look at each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from browsing import DESK, Demo, Watched
from cashier import answered, key_in
from persons import PASSPORT, SLOW, Person, passport, upload_picture
from playwright.sync_api import BrowserContext, Page, expect

ALICE, BOB = "alice", "bob"  # alice reviews and supports; bob approves, audits and administers
LISTED = "Ottoline Quillfeather"  # as on the sanctions list that is shipped
LISTED_ZONE = passport("UTO", "QUILLFEATHER", "OTTOLINE", "QF7654321", "740902")


def doors(person: Person) -> Iterator[str]:
    """Pages of those who are not signed in, and what newcomers see. Yields the name of the page that is shown."""
    page = person.page
    for name in ("sign-in", "recover", "register"):
        person.go(f"/{name}")
        yield name
    person.type_mobile()
    page.locator("form.form .button").click()
    expect(page.locator("#f-answer")).to_be_focused()
    yield "register-code"
    person.answer_sms()
    page.locator('button[name="do"][value="next"]').click()
    expect(page.locator("#summary")).to_be_focused()
    yield "register-wrong"
    person.type_document()
    page.locator('button[name="do"][value="next"]').click()
    page.locator("#f-password").fill("abc")
    expect(page.locator("#strength")).to_be_visible()
    yield "register-secrets"
    person.type_secrets()
    expect(page).to_have_url(re.compile("/identity$"), timeout=SLOW)
    upload_picture(page, "front")
    page.locator("details summary").click()
    yield "identity"
    person.go("/wallet")
    yield "home-new"
    person.go("/wallet/pay")
    yield "wallet-new"
    person.go("/identity")
    person.show_document()
    yield "identity-sent"


def rooms(person: Person, place: int, watched: Watched) -> Iterator[str]:
    """Pages of one of the demo's people, for whom a till waits."""
    page, till = person.page, watched.open(person.demo.till(1, beside=place), DESK)
    expect(page.locator("#code")).to_be_visible()
    key_in(till, "130000")
    till.locator("#beside").click()
    answered(till, "needs_verification")
    page.locator(".sheet-body.waiting").wait_for(timeout=SLOW)
    yield "wallet-asks"
    page.locator(".sheet-body.waiting a.button").click()
    expect(page.locator("#f-answer")).to_be_visible()
    yield "confirm"
    page.locator(".refuse-button").click()
    yield "confirm-over"
    asking = "requests", "requests/new", "receive", "splits/new"
    for name in ("security", "security/stolen", "security/contact/mobile", "security/contact/email", *asking):
        person.go(f"/{name}")
        yield name.replace("/", "-")
    person.change("totp")
    yield "challenge"
    person.answer("000000")
    expect(page.locator("#e-answer")).to_be_visible()
    yield "challenge-wrong"
    person.answer_pin()
    expect(page.locator("#answering input[value=sms]")).to_be_attached()
    yield "challenge-code"
    person.answer_sms()
    yield "enrol-totp"
    person.change("passkey")
    page.goto(re.sub(r"[0-9a-f]{8}$", "00000000", page.url))
    yield "challenge-over"
    person.go("/security/stolen")
    page.locator("#f-note").fill("On the ferry, this morning.")
    page.locator("#main form.form .button").click()
    expect(page.locator(".timeline")).to_be_visible()
    yield "case"
    person.go("/security")
    yield "security-frozen"
    person.go("/wallet/pay")
    yield "wallet-frozen"
    for name in ("wallet", "me", "inbox"):
        person.go(f"/{name}")
        yield f"shell-{name}"


def sending(person: Person, other: Person) -> Iterator[str]:
    """Pages of sending money to the other, up to what both see of it."""
    page = person.page
    for name in ("mobile", "alias", "account"):
        person.go(f"/transfers/new?way={name}")
        yield f"transfers-{name}"
    page.locator("form.form .button").click()
    expect(page.locator("#summary")).to_be_visible()
    yield "transfers-wrong"
    for name, typed, look in (("no", "Nobody Here", "bad"), ("fits", other.name, "good")):
        person.go("/transfers/new")
        page.locator("#f-payee").fill(other.mobile)
        page.locator("#f-name").fill(typed)
        page.locator("form.form .button").click()
        expect(page.locator(f".notice-{look}")).to_be_visible()
        yield f"transfers-{name}"
    page.locator("#f-amount").fill("3.21")
    page.locator("#f-message").fill("Thank you")
    page.locator("form.form .button").click()
    expect(page.locator("#f-answer")).to_be_visible()
    yield "transfers-confirm"
    person.answer_pin()
    expect(page.locator("[data-outcome]")).to_be_visible()
    yield "transfers-sent"
    person.go("/transfers/to/pck_" + "0" * 32)
    yield "transfers-anew"
    person.go("/payees/alias")
    yield "payees-alias"


def planning(person: Person, other: Person) -> Iterator[str]:
    """Pages of a transfer that is scheduled, of money that is set aside, and of money that waits for a registration."""
    page = person.page
    person.go("/scheduled")
    yield "scheduled-none"
    place = named(person, "/transfers/new", other.mobile, other.name)
    person.go(place.replace("/transfers/", "/scheduled/"))
    yield "scheduled-new"
    page.locator("form.form .button").click()
    expect(page.locator("#summary")).to_be_visible()
    yield "scheduled-wrong"
    page.locator("#f-amount").fill("7.50")
    page.locator("#f-first").fill(f"{datetime.now(UTC).date() + timedelta(days=7)}")
    page.locator("form.form .button").click()
    expect(page.locator("#f-answer")).to_be_visible()
    yield "scheduled-confirm"
    person.answer_pin()
    expect(page.locator('[data-state="active"]')).to_be_visible()
    yield "scheduled-list"
    page.locator('form[action$="/end"] button').click()
    expect(page.locator('[data-state="ended"]')).to_be_visible()
    yield "scheduled-ended"
    named(person, "/transfers/new", "+8613999990001", "Nobody Yet")
    page.locator("details.more summary").click()
    yield "transfers-offer"
    page.locator("#f-amount").fill("8")
    page.locator("form.form .button").click()
    expect(page.locator("#f-answer")).to_be_visible()
    yield "transfers-waits"
    person.answer_pin()
    expect(page.locator('[data-outcome="waiting"]')).to_be_visible()
    yield "transfers-waiting"
    page.locator('form[action$="/cancel"] button').click()
    expect(page.locator('[data-outcome="cancelled"]')).to_be_visible()
    yield "transfers-cancelled"


def giving(person: Person, other: Person) -> Iterator[str]:
    """Pages of a red packet for one person."""
    page = person.page
    person.go("/packets/one")
    page.locator("form.form .button").click()
    expect(page.locator("#summary")).to_be_visible()
    yield "packets-one-wrong"
    named(person, "/packets/one", other.mobile, other.name)
    page.locator("form.form .button").click()
    expect(page.locator("#summary")).to_be_visible()
    yield "packets-to-wrong"
    page.locator("#f-amount").fill("6.66")
    page.locator("form.form .button").click()
    expect(page.locator("#f-answer")).to_be_visible()
    yield "packets-confirm"
    person.answer_pin()
    expect(page.locator('.envelope[data-state="open"]')).to_be_visible()
    yield "packets-waits"
    person.go("/packets")
    yield "packets-list"


def named(person: Person, place: str, mobile: str, name: str) -> str:
    """Gives somebody's number and name; the path of the page that comes then."""
    person.go(place)
    person.page.locator("#f-payee").fill(mobile)
    person.page.locator("#f-name").fill(name)
    person.page.locator("form.form .button").click()
    expect(person.page.locator(".paying")).to_be_visible()
    return urlsplit(person.page.url).path


def staff_page(watched: Watched, demo: Demo, login: str, **options: object) -> Page:
    """The console of one of the demo's staff, signed in by the start page's button."""
    page = watched.open(demo.base + "/", **{"viewport": DESK, **options})  # type: ignore[arg-type]
    page.locator(f'button[name="login"][value="{login}"]').click()
    expect(page.locator(".console-nav")).to_be_visible()
    return page


def merchant_page(watched: Watched, demo: Demo, **options: object) -> Page:
    """The portal of the demo's merchant, whose owner is signed in by the start page's button."""
    page = watched.open(demo.base + "/", **{"viewport": DESK, **options})  # type: ignore[arg-type]
    page.locator('form[action="/demo/merchant"] button').click()
    expect(page.locator(".console-nav")).to_be_visible()
    return page


def portal(owner: Page, base: str) -> Iterator[tuple[str, Page]]:
    """The portal of an owner; the last page confirms an invitation."""
    stranger = _stranger(owner.context, base + "/merchants/sign-in")
    yield "merchants-sign-in", stranger
    stranger.context.close()
    for place in ("", "/people", "/security"):
        owner.goto(f"{base}/merchants{place}")
        yield f"merchants{place}".replace("/", "-"), owner
    owner.goto(f"{base}/merchants/people")
    owner.locator("tbody a").first.click()
    yield "merchants-person", owner
    owner.locator('button[value="remove"]').click()
    expect(owner.locator("#summary")).to_be_visible()  # the last owner stays
    yield "merchants-person-refused", owner
    owner.goto(f"{base}/merchants/people")
    owner.locator("#f-email").fill("new@shop.example")
    owner.locator(".panel-form button").click()
    expect(owner.locator("[data-demo-key]")).to_be_visible()
    yield "merchants-confirm", owner


def console(alice: Page, bob: Page, base: str, name: str) -> Iterator[tuple[str, Page]]:
    """The console of both, about the customer of this name; somebody's identity waits for a decision."""
    for place in ("/staff/sign-in", "/staff/enrol"):
        stranger = _stranger(alice.context, base + place)
        yield place.strip("/").replace("/", "-"), stranger
        stranger.context.close()
    for place in ("", "/identity", "/cases", "/changes", f"/customers?q={name}", "/customers?q=nobody-like-this"):
        alice.goto(f"{base}/staff{place}")
        yield "staff" + re.sub(r"\W+", "-", place), alice
    open_customer(alice, base, name)
    yield "staff-customer", alice
    alice.locator('a[href$="/propose/set_level"]').click()
    yield "staff-propose", alice
    alice.locator(".panel-form .button").click()
    expect(alice.locator("#summary")).to_be_visible()
    yield "staff-propose-wrong", alice
    alice.locator("#f-why").fill("Seen at the branch with the card.")
    alice.locator(".panel-form .button").click()
    alice.wait_for_url(re.compile("/staff/changes/"))
    yield "staff-change-own", alice
    bob.goto(alice.url.split("?")[0])
    yield "staff-change", bob
    alice.goto(f"{base}/staff/identity")
    alice.locator("tbody a").first.click()
    expect(alice.locator(".viewer img").first).to_be_visible()
    yield "staff-review", alice
    alice.goto(f"{base}/staff/cases")
    alice.locator("tbody a").first.click()
    yield "staff-case", alice
    for place in ("", "/changes", "/accounts", "/trail"):
        bob.goto(f"{base}/staff{place}")
        yield "staff-bob" + place.replace("/", "-"), bob
    bob.goto(f"{base}/staff/accounts")
    bob.locator("tbody a").first.click()
    yield "staff-account", bob


def open_customer(alice: Page, base: str, name: str) -> None:
    """Finds the customer as supporters do, and opens the file."""
    alice.goto(f"{base}/staff")
    alice.locator("#find").fill(name)
    alice.locator("#find").press("Enter")
    alice.locator("tbody a").filter(has_text=name).first.click()
    expect(alice.locator("h1")).to_have_text(name)


def proposed(alice: Page) -> str:
    """Gives a reason for the change that is filled in, and proposes it. Its address."""
    alice.locator("#f-why").fill("She asks for it at the counter, with her card.")
    alice.locator(".panel-form .button").click()
    expect(alice).to_have_url(re.compile("/staff/changes/chg_"))
    return alice.url.split("?")[0]


def approved(bob: Page, change: str) -> None:
    """By another member of staff, with a key."""
    bob.goto(change)
    bob.locator('button[value="approve"]').click()
    bob.locator("[data-demo-key]").click()
    expect(bob.locator(".notice-good")).to_contain_text("Approved and carried out")


def _stranger(like: BrowserContext, address: str) -> Page:
    browser = like.browser
    assert browser is not None
    page = browser.new_context(viewport=DESK, bypass_csp=True).new_page()
    page.goto(address)
    return page


def listed_newcomer(watched: Watched, demo: Demo, national: str, **options: object) -> Person:
    """Somebody whose name is on the sanctions list; no customer yet."""
    page = watched.open(demo.base + "/", **options)  # type: ignore[arg-type]
    mobile = f"+44{national}"
    return Person(watched, demo, page, "GB", f"0{national}", mobile, LISTED, LISTED_ZONE, PASSPORT)
