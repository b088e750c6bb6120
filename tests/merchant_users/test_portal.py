"""The portal: who gets in, what each role is shown, and its pages without scripts."""

from __future__ import annotations

import re

import pytest
from litestar.routes import HTTPRoute
from staff_pages import Browser, hidden, text_of
from staffed_shops import USER_PASSWORD, Shops

from feiqian import features
from feiqian.merchant_users.pages.portal import MENU
from feiqian.merchant_users.pages.who import NEEDS
from feiqian.subjects import Role
from feiqian.texts import LANGUAGES
from feiqian.web.application import application

LIN, MEI = "lin@shop.example", "mei@shop.example"
PLACES = ("", "/people", "/security")


def is_user(browser: Browser, token: str) -> None:
    browser.client.cookies.set(browser.site.cookies.of[Role.USER].session, token)


@pytest.mark.parametrize("place", [*PLACES, "/people/usr_1", "/people/confirm"])
def test_who_is_signed_out_is_led_to_the_sign_in_page_and_back(browser: Browser, place: str) -> None:
    answer = browser.get(f"/merchants{place}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/merchants/sign-in?next=/merchants{place}")
    assert browser.get(f"/merchants{place}", headers={"Accept": "application/json"}).status_code == 401


def test_abuse_31_sessions_of_customers_and_staff_open_no_page_of_the_portal(bank: Shops, browser: Browser) -> None:
    bank.member("alice", "admin")
    for token in (bank.checked().token, bank.sign_in_as("alice").token):
        is_user(browser, token)
        assert browser.get("/merchants").status_code == 303
    bank.user(LIN)
    token = bank.let_in(LIN).token
    browser.nobody()
    browser.is_staff(token)
    assert browser.get("/staff").status_code == 303
    browser.nobody()
    browser.is_customer(token)
    assert browser.get("/security").status_code == 303


def test_every_page_of_the_portal_says_what_it_needs(browser: Browser) -> None:
    app = application(browser.site, features.pages())
    found = [
        handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if MENU in handler.opt and "OPTIONS" not in handler.http_methods
    ]
    assert len(found) >= 10
    assert [handler.handler_name for handler in found if NEEDS not in handler.opt] == []


def test_an_invitation_is_accepted_in_three_steps_without_scripts(bank: Shops, browser: Browser) -> None:
    token = bank.invite(LIN, "developer")
    for _ in range(2):  # looking uses nothing up
        page = browser.get(f"/merchants/invitation/{token}")
        assert "Teahouse invites you" in page.text
        assert LIN in page.text
    assert "Write your name" in browser.post("/merchants/invitation", token=token, name=" ").text
    assert "Welcome, Lin Wei" in browser.post("/merchants/invitation", token=token, name="Lin Wei").text
    again = {"password": USER_PASSWORD, "again": USER_PASSWORD}
    page = browser.post("/merchants/invitation/password", token=token, **again).text
    found = re.search(r'secret-text"><code>([A-Z2-7 ]+)</code>', page)
    assert found
    bank.totp[LIN] = found[1].replace(" ", "")
    code = {"enrolment": hidden(page, "enrolment"), "code": bank.shown(LIN)}
    done = browser.post("/merchants/invitation/code", token=token, **code)
    assert done.headers["location"] == "/merchants/sign-in?said=enrolled"
    assert "does not open" in browser.get(f"/merchants/invitation/{token}").text
    first = browser.post("/merchants/sign-in", email=LIN, password=USER_PASSWORD, next="/merchants/people")
    assert first.headers["location"] == "/merchants/sign-in/code"
    assert browser.get("/merchants").status_code == 303
    done = browser.post("/merchants/sign-in/code", code=bank.shown(LIN))
    assert done.headers["location"] == "/merchants/people"
    cookie = next(v for k, v in done.headers.multi_items() if k == "set-cookie" and "feiqian-merchant=" in v)
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "Hello, Lin Wei" in browser.get("/merchants").text


def test_an_owner_invites_changes_and_removes_with_fresh_factors(bank: Shops, browser: Browser) -> None:
    bank.user(LIN)
    is_user(browser, bank.let_in(LIN).token)
    wrong = browser.post("/merchants/people", email="mei", role="viewer")
    assert (wrong.status_code, "Write an e-mail address" in wrong.text) == (422, True)
    confirm(
        bank, browser, browser.post("/merchants/people", email=MEI, role="operator"), "Invite somebody for operations"
    )
    bank.enrol(bank.token_for(MEI), "Mei")
    token = bank.let_in(MEI).token
    mei = bank.do(bank.users.users.by_login, MEI)
    person = f"/merchants/people/{mei.id}"
    confirm(bank, browser, browser.post(person, act="role", role="viewer"), "Make somebody a viewer")
    assert bank.do(bank.users.users.by_login, MEI).role == "viewer"
    confirm(bank, browser, browser.post(person, act="remove"), "Remove somebody")
    assert bank.run(bank.users.of_session(token)) is None
    assert browser.get(person).status_code == 404
    lin = bank.do(bank.users.users.by_login, LIN)
    assert "last owner" in browser.post(f"/merchants/people/{lin.id}", act="remove").text


def confirm(bank: Shops, browser: Browser, begun, said: str) -> None:
    page = browser.follow(begun).text
    assert said in page
    assert "Merchant: Teahouse" in text_of(page)
    half = browser.post("/merchants/people/confirm", factor="password", answer=USER_PASSWORD, do="answer")
    assert "Step 2 of 2" in browser.follow(half).text
    done = browser.post("/merchants/people/confirm", factor="totp", answer=bank.shown(LIN), do="answer")
    assert done.headers["location"].startswith("/merchants/people?said=")
    assert 'role="status"' in browser.follow(done).text


@pytest.mark.parametrize(("role", "people"), [("owner", 200), ("developer", 200), ("operator", 403), ("viewer", 200)])
def test_each_role_is_shown_its_places_and_refused_the_others(
    bank: Shops, browser: Browser, role: str, people: int
) -> None:
    bank.user(MEI, role)
    is_user(browser, bank.let_in(MEI).token)
    home = browser.get("/merchants").text
    assert ('href="/merchants/people"' in home) == (people == 200)
    listing = browser.get("/merchants/people")
    assert listing.status_code == people
    assert ('action="/merchants/people"' in listing.text) == (role == "owner")
    if role != "owner":
        assert browser.post("/merchants/people", email=LIN, role="owner").status_code == 403
        assert "Owner" in browser.get("/merchants/people/usr_1").text


def test_another_site_cannot_use_a_persons_browser(bank: Shops, browser: Browser) -> None:
    bank.user(LIN)
    is_user(browser, bank.let_in(LIN).token)
    foreign = {"Sec-Fetch-Site": "cross-site"}
    form = {"email": MEI, "role": "owner"}
    assert browser.client.post("/merchants/people", data=form, headers=foreign).status_code == 403


def test_signing_out_everywhere_leaves_this_session_alone(bank: Shops, browser: Browser) -> None:
    bank.user(LIN)
    other, here = bank.let_in(LIN).token, bank.let_in(LIN).token
    is_user(browser, here)
    done = browser.post("/merchants/security/everywhere")
    assert "signed out everywhere else" in browser.follow(done).text
    assert bank.run(bank.users.of_session(other)) is None
    assert browser.post("/merchants/sign-out").headers["location"] == "/merchants/sign-in?said=out"
    assert bank.run(bank.users.of_session(here)) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_says_anything_as_it_is_kept(bank: Shops, browser: Browser, language: str) -> None:
    lin = bank.user(LIN)
    bank.invite(MEI, "operator")
    is_user(browser, bank.let_in(LIN).token)
    browser.client.cookies.set(browser.site.cookies.language, language)
    for path in ("", "/people", f"/people/{lin.id}", "/security"):
        page = browser.get(f"/merchants{path}")
        assert page.status_code == 200
        shown = text_of(re.sub(r"<code.*?</code>", " ", page.text))
        assert not re.search(r"\b[a-z]+_[a-z]+\b|portal\.|user:\d", shown), path


def test_what_a_suspended_merchants_people_see(bank: Shops, browser: Browser) -> None:
    bank.user(LIN)
    bank.services.merchants.set_status(bank.teahouse.number, "suspended")
    is_user(browser, bank.let_in(LIN).token)
    assert "The bank has suspended this merchant" in browser.get("/merchants").text


def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(bank: Shops, browser: Browser) -> None:
    bank.user(LIN)
    is_user(browser, bank.let_in(LIN).token)
    assert browser.get("/merchants").status_code == 200
    for status in (204, 401):
        bank.clock.advance(11 * 60)
        assert browser.get("/merchants/page-for", headers={"Accept": "application/json"}).status_code == status
