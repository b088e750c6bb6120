"""The staff's console: who gets in, what each role is shown, and what is done with two."""

from __future__ import annotations

import re
from urllib.parse import quote

import pyotp
import pytest
from staff_pages import Browser, hidden, text_of
from staffed import EVE_ID, PASSWORD, PIN, STAFF_PASSWORD, Staffed, picture

from feiqian.auth.model import Details
from feiqian.backoffice.model import OPERATOR
from feiqian.money import CNY
from feiqian.subjects import Role
from feiqian.texts import english

LEVELS = {name: english(f"customer.level.{name}") for name in ("remote", "full")}  # as customers read them
PLACES = ("", "/customers", "/identity", "/cases", "/services", "/changes", "/accounts", "/trail")


def at_work(bank: Staffed, browser: Browser, *roles: str, login: str = "alice") -> None:
    bank.member(login, *roles)
    browser.is_staff(bank.sign_in_as(login).token)


# --- who gets in -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES)
def test_who_is_signed_out_is_led_to_the_sign_in_page_and_back(browser: Browser, place: str) -> None:
    answer = browser.get(f"/staff{place}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/staff/sign-in?next=/staff{place}")
    asked_by_script = browser.get(f"/staff{place}", headers={"Accept": "application/json"})
    assert asked_by_script.status_code == 401


@pytest.mark.parametrize("place", [*PLACES, "/customers/cus_1", "/identity/doc_1/pictures/0", "/changes/chg_1"])
def test_abuse_31_a_customer_is_refused_every_page_of_staff(bank, browser: Browser, place: str) -> None:
    browser.is_customer(bank.checked().token)
    answer = browser.get(f"/staff{place}")
    assert answer.status_code == 403
    assert "For staff only" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", ["/customers/{mei}/freeze", "/changes/chg_1", "/accounts/stf_1/suspend"])
def test_abuse_31_a_customer_changes_nothing_by_a_route_of_staff(bank, browser: Browser, mei: str, path: str) -> None:
    browser.is_customer(bank.enter().token)
    answer = browser.post(f"/staff{path.format(mei=mei)}", why="because", act="approve")
    assert answer.status_code == 403
    assert bank.paid(1)


def test_abuse_31_a_customers_token_in_the_staff_cookie_opens_nothing(bank, browser: Browser) -> None:
    browser.is_staff(bank.checked().token)
    assert browser.get("/staff").headers["location"] == "/staff/sign-in?next=/staff"


def test_abuse_33_a_suspended_member_is_refused_at_the_next_click(bank, browser: Browser, mei: str) -> None:
    at_work(bank, browser, "supporter")
    assert browser.get("/staff").status_code == 200
    alice = bank.do(bank.members.by_login, "alice")
    bank.do(bank.members.suspend, alice.number, OPERATOR, bank.clock.now())
    assert browser.get("/staff").status_code == 303
    assert browser.post(f"/staff/customers/{mei}/freeze", why="late").headers["location"].startswith("/staff/sign-in")
    assert bank.paid(1)


def test_another_site_cannot_use_a_members_browser(bank, browser: Browser, mei: str) -> None:
    at_work(bank, browser, "supporter")
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = browser.client.post(f"/staff/customers/{mei}/freeze", data={"why": "x"}, headers=foreign)
    assert answer.status_code == 403
    assert bank.paid(1)


ROLE_PLACES = {
    "reviewer": {"", "/identity", "/changes"},
    "supporter": {"", "/customers", "/cases", "/services", "/changes"},
    "approver": {"", "/changes"},
    "auditor": {"", "/trail"},
    "admin": {"", "/accounts", "/changes"},
}


@pytest.mark.parametrize("role", ROLE_PLACES)
def test_each_role_is_shown_its_places_and_refused_the_others(bank, browser: Browser, role: str) -> None:
    at_work(bank, browser, role)
    home = browser.get("/staff").text
    for place in PLACES:
        allowed = place in ROLE_PLACES[role]
        assert (f'href="/staff{place}"' in home) == (allowed or place == ""), place
        assert browser.get(f"/staff{place}").status_code == (200 if allowed else 403), place


def test_abuse_28_what_is_not_there_is_not_found(bank, browser: Browser) -> None:
    at_work(bank, browser, "reviewer", "supporter", "approver", "admin")
    gone = [
        "customers/cus_1",
        "cases/cas_1",
        "services/svc_1",
        "identity/doc_1",
        "identity/doc_1/pictures/0",
        "changes/chg_1",
    ]
    for path in [*gone, "accounts/stf_1", "customers/cus_1/propose/adjust"]:
        assert browser.get(f"/staff/{path}").status_code == 404, path
    assert browser.get("/staff/customers/cus_1/propose/move_money").status_code == 404
    assert bank.entries("customers")[-1].action == "customer_not_found"


# --- signing in --------------------------------------------------------------------------------------------------


def test_signing_in_takes_two_steps_and_leads_to_where_one_was_going(bank, browser: Browser) -> None:
    bank.member("alice", "supporter")
    page = browser.get("/staff/sign-in?next=/staff/cases").text
    step = browser.post("/staff/sign-in", login="alice", password=STAFF_PASSWORD, next=hidden(page, "next"))
    assert step.headers["location"] == "/staff/sign-in/code"
    assert browser.get("/staff").status_code == 303
    done = browser.post("/staff/sign-in/code", code=bank.code_of("alice"))
    assert done.headers["location"] == "/staff/cases"
    cookie = next(
        value for name, value in done.headers.multi_items() if name == "set-cookie" and "feiqian-staff" in value
    )
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert browser.get("/staff/cases").status_code == 200


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example", "/wallet", "/staffroom", "/\\evil"])
def test_signing_in_never_leads_out_of_the_console(bank, browser: Browser, next: str) -> None:
    page = browser.get("/staff/sign-in", params={"next": next})
    assert hidden(page.text, "next") == "/staff"


def test_a_wrong_sign_in_is_said_without_saying_which(bank, browser: Browser) -> None:
    bank.member("alice", "supporter")
    answers = [browser.post("/staff/sign-in", login=login, password="wrong") for login in ("alice", "nobody")]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("Login or password is not right." in answer.text for answer in answers)
    assert "wrong</" not in answers[0].text
    assert browser.post("/staff/sign-in", login="alice", password="").status_code == 422


def test_a_wrong_code_opens_nothing_and_a_lock_says_until_when(bank, browser: Browser) -> None:
    bank.member("alice", "supporter")
    browser.post("/staff/sign-in", login="alice", password=STAFF_PASSWORD)
    for _ in range(4):
        assert "The code is not right" in browser.post("/staff/sign-in/code", code="000000").text
    for _ in range(2):
        locked = browser.post("/staff/sign-in/code", code="000000").text
    assert "Too many wrong answers" in locked
    assert browser.get("/staff").status_code == 303


def test_a_code_without_the_first_step_leads_to_it(browser: Browser) -> None:
    assert browser.get("/staff/sign-in/code").headers["location"] == "/staff/sign-in"
    assert browser.post("/staff/sign-in/code", code="123456").headers["location"] == "/staff/sign-in"


def test_signing_out_ends_the_session(bank, browser: Browser) -> None:
    at_work(bank, browser, "supporter")
    token = browser.client.cookies[browser.site.cookies.of[Role.STAFF].session]
    assert browser.post("/staff/sign-out").headers["location"] == "/staff/sign-in?said=out"
    browser.is_staff(token)
    assert browser.get("/staff").status_code == 303
    assert browser.post("/staff/sign-out").status_code == 303


def test_a_key_that_is_not_known_is_refused(browser: Browser) -> None:
    told = browser.client.post("/staff/sign-in/key-options").json()
    assert told["options"]["challenge"]
    answer = browser.post("/staff/sign-in/key", challenge=told["challenge"], answer="{}")
    assert answer.status_code == 422
    assert "not known here" in answer.text


# --- enrolling ---------------------------------------------------------------------------------------------------


def test_a_newcomer_enrols_in_three_steps_and_signs_in(bank, browser: Browser) -> None:
    token = bank.do(bank.members.add, "lin", "Lin Wei", ["auditor"], OPERATOR, bank.clock.now()).token
    assert "Welcome, Lin Wei" in browser.post("/staff/enrol", token=token).text
    weak = browser.post("/staff/enrol/password", token=token, password="password1", again="password1")
    other = browser.post("/staff/enrol/password", token=token, password=STAFF_PASSWORD, again="something else")
    assert (weak.status_code, other.status_code) == (422, 422)
    page = browser.post("/staff/enrol/password", token=token, password=STAFF_PASSWORD, again=STAFF_PASSWORD)
    assert page.status_code == 200
    bank.secrets["lin"] = secret_on(page.text)
    wrong = browser.post("/staff/enrol/code", token=token, enrolment=hidden(page.text, "enrolment"), code="000000")
    assert wrong.status_code == 422
    bank.secrets["lin"] = secret_on(wrong.text)
    enrolment = hidden(wrong.text, "enrolment")
    done = browser.post("/staff/enrol/code", token=token, enrolment=enrolment, code=bank.code_of("lin"))
    assert done.headers["location"] == "/staff/sign-in?said=enrolled"
    assert bank.sign_in_as("lin")
    assert "unknown, was used" in browser.post("/staff/enrol", token=token).text


def secret_on(html: str) -> str:
    found = re.search(r'secret-text"><code>([A-Z2-7 ]+)</code>', html)
    assert found
    secret = found[1].replace(" ", "")
    pyotp.TOTP(secret).now()
    return secret


def test_abuse_62_secrets_of_enrolling_are_in_no_address_and_not_shown_again(bank, browser: Browser, caplog) -> None:
    token = bank.do(bank.members.add, "lin", "Lin Wei", ["auditor"], OPERATOR, bank.clock.now()).token
    page = browser.post("/staff/enrol", token=token)
    assert f"token={token}" not in page.text
    assert page.headers["cache-control"] == "no-store"
    weak = browser.post("/staff/enrol/password", token=token, password="canary1", again="canary1")
    assert "canary1" not in weak.text
    assert "canary1" not in caplog.text
    assert token not in caplog.text


# --- customers ---------------------------------------------------------------------------------------------------


def test_a_customer_is_found_opened_and_frozen(bank, browser: Browser, mei: str) -> None:
    at_work(bank, browser, "supporter")
    found = browser.get("/staff/customers", params={"q": "13900001111"}).text
    assert f"/staff/customers/{mei}" in found
    page = browser.get(f"/staff/customers/{mei}")
    shown = text_of(page.text)
    for words in ("+8613900001111", LEVELS["remote"], "¥100.00", "1••••••••••••••••"):
        assert words in shown, words
    assert browser.post(f"/staff/customers/{mei}/freeze", why="").status_code == 422
    assert bank.paid(1)
    frozen = browser.follow(browser.post(f"/staff/customers/{mei}/freeze", why="phone stolen"))
    assert "Frozen. Nothing leaves the wallets now." in frozen.text
    assert not bank.paid(1)


def test_a_change_is_proposed_by_one_and_approved_by_another(bank, browser: Browser, mei: str) -> None:
    at_work(bank, browser, "supporter", "approver")
    address = f"/staff/customers/{mei}/propose/adjust"
    assert "100.00" in browser.get(address).text
    wrong = {"currency": "CNY", "amount": "1.005", "direction": "credit", "why": "charged twice"}
    assert "Write an amount such as 12.50." in browser.post(address, **wrong).text
    assert "Say why" in browser.post(address, **(wrong | {"amount": "1.00", "why": ""})).text
    proposed = browser.post(address, **(wrong | {"amount": "2,50", "direction": "debit", "why": "charged twice"}))
    change = proposed.headers["location"].partition("?")[0]
    page = browser.follow(proposed).text
    assert "¥2.50 from the customer" in page
    assert "charged twice" in page
    assert 'value="approve"' not in page
    assert browser.post(change, act="approve").status_code == 422
    assert browser.get(f"{change}/approve").headers["location"] == change
    at_work(bank, browser, "approver", login="bob")
    assert 'value="approve"' in browser.get(change).text
    asked = browser.post(change, act="approve")
    page = browser.follow(asked).text
    assert "¥2.50 (CNY)" in text_of(page)
    assert "customer:1" in page
    assert bank.run(bank.services.accounts.balance(1, CNY.number)) == 100_00
    wrong_password = browser.post(f"{change}/approve", factor="password", answer="not it", do="answer")
    assert wrong_password.status_code == 422
    half = browser.post(f"{change}/approve", factor="password", answer=STAFF_PASSWORD, do="answer")
    assert "Step 2 of 2" in browser.follow(half).text
    done = browser.post(f"{change}/approve", factor="totp", answer=bank.code_of("bob"), do="answer")
    assert "Approved and carried out." in browser.follow(done).text
    assert browser.get(f"{change}/approve").headers["location"] == change
    assert "too late" in browser.post(change, act="refuse").text
    assert bank.run(bank.services.accounts.balance(1, CNY.number)) == 97_50


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("set_level", {"level": "full", "before": "remote"}, f"{LEVELS['remote']} → {LEVELS['full']}"),
        ("day_limit", {"currency": "CNY", "amount": "500"}, "¥500.00 a day"),
        ("day_limit", {"currency": "CNY", "amount": " ５００，5\u200e"}, "¥500.50 a day"),
    ],
)
def test_other_changes_are_proposed_too(bank, browser: Browser, mei: str, kind: str, fields: dict, said: str) -> None:
    at_work(bank, browser, "supporter")
    page = browser.follow(browser.post(f"/staff/customers/{mei}/propose/{kind}", **fields, why="agreed with her"))
    assert said in page.text
    assert said in browser.get("/staff/changes").text
    assert said in browser.get(f"/staff/customers/{mei}").text
    withdrawn = browser.post(str(page.url.path), act="refuse", note="")
    assert "Refused. Nothing was changed." in browser.follow(withdrawn).text


def test_a_freeze_is_proposed_to_be_lifted_as_it_was_seen(bank, browser: Browser, mei: str) -> None:
    at_work(bank, browser, "supporter")
    address = f"/staff/customers/{mei}/propose/unfreeze"
    assert "not frozen" in browser.post(address, frozen_at="1", why="found it again").text
    browser.post(f"/staff/customers/{mei}/freeze", why="stolen")
    frozen_at = hidden(browser.get(address).text, "frozen_at")
    assert "frozen again since" in browser.post(address, frozen_at="17", why="found it again").text
    assert "Frozen since" in browser.follow(browser.post(address, frozen_at=frozen_at, why="found it again")).text


def test_a_field_that_no_form_has_changes_nothing(bank, browser: Browser, mei: str) -> None:
    at_work(bank, browser, "supporter")
    fields = {
        "currency": "CNY",
        "amount": "1",
        "why": "charged twice",
        "state": "applied",
        "role": "admin",
        "balance": "9",
    }
    browser.post(f"/staff/customers/{mei}/propose/adjust", **fields)
    change = bank.run(bank.changes.waiting()).items[0]
    assert (change.state, dict(change.values)) == ("open", {"currency": CNY.number, "amount": 1_00})


def test_a_case_is_opened_noted_on_and_closed(bank, browser: Browser, mei: str) -> None:
    at_work(bank, browser, "supporter")
    address = f"/staff/customers/{mei}/case"
    assert browser.get(address).status_code == 200
    assert browser.post(address, kind="other", text="").status_code == 422
    assert browser.post(address, kind="lost_cat", text="x").status_code == 422
    opened = browser.post(address, kind="stolen_phone", text="<b>bag</b> gone")
    page = browser.follow(opened).text
    assert "&lt;b&gt;bag&lt;/b&gt; gone" in page
    case = opened.headers["location"].partition("?")[0]
    assert case in browser.get("/staff/cases").text
    assert "on the time line" in browser.follow(browser.post(case, text="called", act="note")).text
    assert browser.post(case, text=" ", act="note").status_code == 422
    assert "The case is closed." in browser.follow(browser.post(case, text="done", act="close")).text
    assert browser.post(case, text="again", act="note").status_code == 422
    assert case not in browser.get("/staff/cases").text


# --- accounts and the audit log --------------------------------------------------------------------------------------


def test_an_admin_suspends_alone_and_proposes_roles_for_another_to_approve(bank, browser: Browser) -> None:
    dan = bank.member("dan", "supporter")
    dans = bank.sign_in_as("dan").token
    at_work(bank, browser, "admin")
    assert "dan" in browser.get("/staff/accounts").text
    address = f"/staff/accounts/{dan.id}"
    assert "Say why" in browser.post(f"{address}/roles", role_auditor="yes", why="").text
    assert "at least one role" in browser.post(f"{address}/roles", why="she has new duties").text
    assert "no lock now" in browser.post(f"{address}/lock", why="she called today").text
    proposed = browser.post(f"{address}/roles", role_auditor="yes", role_reviewer="yes", why="she moves on to audits")
    assert "Reviewer, Auditor" in browser.follow(proposed).text
    assert bank.do(bank.members.by_number, dan.number).roles == {"supporter"}
    assert "signed out everywhere" in browser.follow(browser.post(f"{address}/suspend")).text
    assert bank.run(bank.staff.of_session(dans)) is None


def test_an_auditor_reads_the_trail_and_checks_its_chain(bank, browser: Browser, mei: str) -> None:
    at_work(bank, browser, "supporter")
    browser.get(f"/staff/customers/{mei}")
    at_work(bank, browser, "auditor", login="ann")
    assert "Opened the customer" in browser.get("/staff/trail", params={"about": mei}).text
    assert "The chain is whole" in browser.post("/staff/trail/check").text
    with bank.db.write() as connection:
        connection.exec_driver_sql("UPDATE trail_entries SET action = 'looked away' WHERE position = 2")
    assert "The chain is broken at entry 2" in browser.post("/staff/trail/check").text


@pytest.mark.parametrize(("language", "words"), [("zh", "实名审核"), ("es", "Registro de auditoría")])
def test_the_console_speaks_the_members_language(bank, browser: Browser, language: str, words: str) -> None:
    at_work(bank, browser, "reviewer", "auditor")
    browser.client.cookies.set(browser.site.cookies.language, language)
    assert words in browser.get("/staff").text


def test_a_document_is_shown_to_reviewers_and_kept_nowhere(bank, browser: Browser) -> None:
    review = bank.waiting_review()
    at_work(bank, browser, "reviewer")
    assert review.id in browser.get("/staff/identity").text
    page = browser.get(f"/staff/identity/{review.id}").text
    assert "QUILLFEATHER, Ottoline" in page
    picture = browser.get(f"/staff/identity/{review.id}/pictures/0")
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.headers["cache-control"] == "no-store"
    assert picture.headers["x-content-type-options"] == "nosniff"
    for fields in ({"outcome": "", "note": "x"}, {"outcome": "verified", "note": ""}, {"outcome": "rich", "note": "x"}):
        assert browser.post(f"/staff/identity/{review.id}", **fields).status_code == 422
    address = f"/staff/identity/{review.id}"
    assert browser.get(f"{address}/verify").headers["location"] == address
    asked = browser.post(address, outcome="verified", note="compared the face")
    assert "verify an identity" in text_of(browser.follow(asked).text)
    assert bank.customers.standing(review.customer) == 0
    half = browser.post(f"{address}/verify", factor="password", answer=STAFF_PASSWORD, do="answer")
    assert "Step 2 of 2" in browser.follow(half).text
    decided = browser.post(f"{address}/verify", factor="totp", answer=bank.code_of("alice"), do="answer")
    assert "Decided." in browser.follow(decided).text
    assert bank.customers.standing(review.customer) == 1
    assert browser.get(f"/staff/identity/{review.id}").status_code == 200


def test_a_document_that_another_customer_was_verified_with_meanwhile_is_told(bank, browser: Browser) -> None:
    review = bank.waiting_review()
    bank.member("alice", "reviewer")
    browser.is_staff(bank.sign_in_as("alice").token)
    address = f"/staff/identity/{review.id}"
    browser.follow(browser.post(address, outcome="verified", note="compared the face"))
    browser.post(f"{address}/verify", factor="password", answer=STAFF_PASSWORD, do="answer")
    other = bank.register(
        "+8613900001111", Details("Ottoline Quillfeather", "cn_id", PASSWORD, PIN, EVE_ID)
    ).session.subject
    waiting = bank.run(bank.real_name.check_identity(other.number, [picture()]))
    bank.do(bank.services.identity.decide, waiting.id, "verified", OPERATOR)
    decided = browser.post(f"{address}/verify", factor="totp", answer=bank.code_of("alice"), do="answer")
    assert decided.status_code == 422
    assert "Another customer has been verified with this document" in decided.text
    assert browser.post(address, outcome="refused", note="not hers").status_code == 303


@pytest.mark.parametrize(
    "character", ["\u202e", "\u2066", "\x07", "\x9b", "\u2028"], ids=lambda one: f"U+{ord(one):04X}"
)
def test_what_staff_write_has_no_characters_that_cannot_be_seen(
    bank, browser: Browser, mei: str, character: str
) -> None:
    at_work(bank, browser, "supporter", "approver")
    before = bank.actions()
    adjust = {"currency": "CNY", "amount": "1.00", "direction": "credit"}
    for address, fields in (
        (f"/staff/customers/{mei}/freeze", {"why": f"stolen {character}"}),
        (f"/staff/customers/{mei}/propose/adjust", adjust | {"why": f"a{character}b"}),
        ("/staff/changes/chg_1", {"act": "refuse", "note": character}),
    ):
        answer = browser.post(address, **fields)
        assert answer.status_code == 422
        assert "cannot be seen" in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert browser.get("/staff/customers", params={"q": f"mei{character}"}).status_code == 422
    assert browser.get(f"/staff/customers/cus{quote(character)}1").status_code == 422
    assert bank.actions() == before
    assert bank.paid(1)
    assert browser.post(f"/staff/customers/{mei}/freeze", why="two\r\nlines").status_code == 303


def test_what_was_stored_with_such_characters_is_shown_by_their_numbers(bank, browser: Browser, mei: str) -> None:
    with bank.db.write() as connection:
        connection.exec_driver_sql("UPDATE customers SET name = ?", ("Mei \u202eiL\x07",))
    at_work(bank, browser, "supporter")
    page = browser.get(f"/staff/customers/{mei}").text
    assert "Mei ⟨U+202E⟩iL⟨U+0007⟩" in page
    assert "\u202e" not in page


# --- two in one browser -------------------------------------------------------------------------------------------


def test_abuse_91_a_page_of_one_member_of_staff_does_nothing_for_another(
    bank: Staffed, browser: Browser, mei: str
) -> None:
    at_work(bank, browser, "supporter")
    mark = re.search(r'name="page_for" value="([^"]+)"', browser.get(f"/staff/customers/{mei}").text)
    assert mark
    tab = {"Page-For": "", "Accept": "text/html"}
    at_work(bank, browser, "supporter", login="bob")
    for path in (f"/staff/customers/{mei}/freeze", f"/staff/customers/{mei}/case", "/staff/sign-out"):
        fields = {"page_for": mark[1], "reason": "a call", "why": "a call"}
        refused = browser.client.post(path, data=fields, headers=tab, follow_redirects=False)
        assert refused.status_code == 409
        assert "Another person is signed in in this browser" in refused.text
    asked = browser.client.get("/staff/page-for", headers={"Page-For": mark[1]})
    assert (asked.status_code, asked.headers["page-for"]) == (409, "another")
    assert not bank.services.accounts.frozen(bank.do(bank.customers.by_id, mei).number)
    assert browser.get("/staff").status_code == 200  # bob is at work still


def test_what_a_page_asks_by_itself_keeps_nobody_at_work(bank: Staffed, browser: Browser) -> None:
    at_work(bank, browser, "supporter")
    assert browser.get("/staff").status_code == 200
    for status in (204, 401):
        bank.clock.advance(6 * 60)
        assert browser.get("/staff/page-for", headers={"Accept": "application/json"}).status_code == status
