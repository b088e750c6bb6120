"""The console in Chromium: a passkey from enrolment to sign-in, and no page that an accessibility checker minds."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from staff_pages import app_of, site_of
from staffed import Staffed

from feiqian.auth.challenges.passkeys import RelyingParty
from feiqian.backoffice.model import OPERATOR
from feiqian.testing import chromium

ALL = ("reviewer", "supporter", "approver", "auditor", "admin")
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
PATIENCE = 60_000  # milliseconds, on a machine that may have other things to do
KEY = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}


class Served(NamedTuple):
    """A console that is served, prepared before the browser runs (whose loop runs in this thread, too)."""

    base: str
    token: str  # of a session of a member with every role
    invitation: str
    paths: list[str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    bank = Staffed(tmp_path_factory.mktemp("bank") / "bank")
    listening = socket.create_server(("127.0.0.1", 0))
    base = f"http://localhost:{listening.getsockname()[1]}"
    bank.factors.party = RelyingParty(base)
    ready = prepared(bank, base)
    server = uvicorn.Server(uvicorn.Config(app_of(site_of(bank)), log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield ready
    server.should_exit = True
    thread.join()
    listening.close()
    bank.close()


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        yield browser
        browser.close()


def prepared(bank: Staffed, base: str) -> Served:
    """Something on every page."""
    mei = bank.checked().session.subject
    bank.fund(mei.number)
    mei_id = bank.do(bank.customers.by_number, mei.number).id
    review = bank.waiting_review()
    alice, dan = bank.member("alice", *ALL), bank.member("dan", "supporter")
    case = bank.run(bank.case_queue.begin(alice, mei_id, "stolen_phone", "The bag, with the phone in it."))
    values = {"level": "full", "before": "remote"}
    change = bank.run(bank.changes.propose("set_level", mei, values, dan, "Seen face to face."))
    for _ in range(60):  # so that the audit log has pages
        bank.run(bank.case_queue.waiting(alice))
    token = bank.sign_in_as("alice").token
    invitation = bank.do(bank.members.add, "lin", "Lin Wei", ["auditor"], OPERATOR, bank.clock.now()).token
    customer = f"customers/{mei_id}"
    paths = ["", "customers?q=李", customer, f"{customer}/case", "identity", f"identity/{review.id}", "cases"]
    paths += [f"{customer}/propose/{kind}" for kind in ("set_level", "adjust", "day_limit")]
    paths += [
        f"cases/{case.id}",
        "changes",
        f"changes/{change.id}",
        "accounts",
        f"accounts/{dan.id}",
        "trail",
        f"{customer}/list/cases",
    ]
    return Served(base, token, invitation, [f"/staff/{path}".rstrip("/") for path in paths])


def opened(browser: Browser, served: Served, complaints: list[str], **look: object) -> Page:
    context = browser.new_context(**look)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def minded(page: Page) -> list[str]:
    """Serious findings of the checker, and a page wider than its screen."""
    found = [
        f"{page.url}: {violation['id']} {violation['nodes'][0]['html'][:120]}"
        for violation in Axe().run(page, options=RULES).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*found, *([f"{page.url}: {too_wide} too wide"] if too_wide > 0 else [])]


@pytest.mark.parametrize(("screen", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_no_page_is_minded_by_an_accessibility_checker(browser, served: Served, screen: dict, scheme: str) -> None:
    complaints: list[str] = []
    page = opened(browser, served, complaints, viewport=screen, color_scheme=scheme)
    findings = []
    for path in ("/staff/sign-in", "/staff/enrol"):
        page.goto(served.base + path)
        findings += minded(page)
    page.context.add_cookies([{"name": "feiqian-staff", "value": served.token, "url": served.base}])
    for path in served.paths:
        page.goto(served.base + path)
        findings += minded(page)
    page.goto(served.base + next(path for path in served.paths if path.endswith("propose/adjust")))
    page.fill("#f-amount", "a lot")
    with page.expect_navigation():
        page.locator("form.form button:not([name])").first.click()
    assert page.locator("#summary").evaluate("element => element === document.activeElement")
    findings += minded(page)
    page.context.close()
    assert findings == []
    assert [text for text in complaints if "422" not in text] == []


def at_work(page: Page, served: Served) -> None:
    page.context.add_cookies([{"name": "feiqian-staff", "value": served.token, "url": served.base}])


def review_of(served: Served) -> str:
    return served.base + next(path for path in served.paths if "/identity/" in path)


def box(page: Page, selector: str) -> dict:
    found: dict = page.locator(selector).first.evaluate("one => one.getBoundingClientRect().toJSON()")
    return found


@pytest.mark.parametrize(("screen", "beside"), [(DESK, True), (PHONE, False)])
def test_the_picture_stands_beside_the_data_or_above_it(browser, served: Served, screen: dict, beside: bool) -> None:
    complaints: list[str] = []
    page = opened(browser, served, complaints, viewport=screen)
    at_work(page, served)
    page.goto(review_of(served), wait_until="networkidle")
    picture, data = box(page, ".viewer"), box(page, "section[aria-labelledby=claim]")
    if beside:
        assert picture["x"] + picture["width"] <= data["x"]
        page.evaluate("scrollTo(0, 300)")
        assert 0 <= box(page, ".review-pictures")["y"] <= 20  # it stays in sight
    else:
        assert picture["y"] + picture["height"] <= data["y"]
    page.context.close()
    assert complaints == []


def test_a_picture_is_made_larger_and_turned_by_keys_and_buttons(browser, served: Served) -> None:
    complaints: list[str] = []
    page = opened(browser, served, complaints, viewport=DESK)
    at_work(page, served)
    page.goto(review_of(served), wait_until="networkidle")
    scale, frame = page.locator(".viewer-scale").first, page.locator(".viewer-frame").first
    whole = box(page, ".viewer-frame > a")
    frame.focus()
    for key in ("+", "+"):
        page.keyboard.press(key)
    assert scale.inner_text() == "225 %"
    larger = box(page, ".viewer-frame > a")
    assert larger["width"] == pytest.approx(2.25 * whole["width"], rel=0.05)
    page.keyboard.press("r")
    turned = box(page, ".viewer-frame > a")
    assert turned["height"] / turned["width"] == pytest.approx(whole["width"] / whole["height"], rel=0.05)
    assert frame.evaluate("frame => frame.scrollWidth > frame.clientWidth && frame.scrollHeight > frame.clientHeight")
    page.locator("[data-whole]").first.click()
    assert scale.inner_text() == "100 %"
    page.locator("[data-zoom=in]").first.press("Enter")
    assert scale.inner_text() == "150 %"
    page.context.close()
    assert complaints == []


def test_without_scripts_a_picture_leads_to_itself_and_lists_are_turned_over(browser, served: Served) -> None:
    page = opened(browser, served, [], viewport=DESK, java_script_enabled=False)
    at_work(page, served)
    page.goto(review_of(served))
    assert not page.locator(".viewer-tools").first.is_visible()
    address = page.locator(".viewer-frame a").first.get_attribute("href")
    assert address
    assert address.endswith("/pictures/0")
    page.goto(f"{served.base}/staff/trail")
    page.get_by_role("link", name="Older", exact=True).click()
    page.get_by_role("link", name="Newer", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(50, timeout=PATIENCE)
    page.context.close()


def test_an_id_is_copied_whole(browser, served: Served) -> None:
    page = opened(browser, served, [], viewport=DESK, permissions=["clipboard-read", "clipboard-write"])
    at_work(page, served)
    page.goto(review_of(served))
    page.locator(".page-head .copy").press("Enter")
    whole = review_of(served).rpartition("/")[2]
    expect(page.locator("#copied")).to_have_text(f"Copied: {whole}", timeout=PATIENCE)
    assert page.evaluate("navigator.clipboard.readText()") == whole
    assert (
        page.locator(".page-head code.id").evaluate(
            "code => { getSelection().selectAllChildren(code); return getSelection().toString(); }"
        )
        == whole
    )
    page.context.close()


def test_a_person_enrols_a_passkey_and_signs_in_with_it(browser, served: Served) -> None:
    complaints: list[str] = []
    page = opened(browser, served, complaints, viewport=DESK)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = KEY | {"isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto(f"{served.base}/staff/enrol")
    page.fill("#f-token", served.invitation)
    page.locator("form.form button.wide").click()
    page.locator("#key-form [data-factor=passkey]").click()
    page.wait_for_url("**/staff/sign-in?said=enrolled")
    page.locator("#key-form [data-factor=passkey]").click()
    page.wait_for_url("**/staff")
    assert page.locator("h1").inner_text() == "Hello, Lin Wei"
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/staff/sign-in?said=out")
    page.context.close()
    assert complaints == []
