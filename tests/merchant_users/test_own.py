"""What one signs in with is changed with fresh factors, never down to less than two, and its owner is told."""

from __future__ import annotations

import re

import pyotp
import pytest
from authenticator import Authenticator
from staff_pages import Browser, hidden
from staffed_shops import USER_PASSWORD, Shops

from feiqian.auth.challenges.errors import FactorNotFound, NotPassed, TooWeak
from feiqian.auth.errors import SecretUnchanged, SignInLocked, SignInRefused
from feiqian.merchant_users.errors import FactorNeeded
from feiqian.merchant_users.model import Member
from feiqian.merchant_users.own import Change
from feiqian.policy.factors import Factor
from feiqian.subjects import Role

LIN, MEI = "lin@shop.example", "mei@shop.example"
NEW = "seven quiet harbours at dawn"


def confirmed(bank: Shops, member: Member, change: Change) -> str:
    return bank.answered(member, bank.run(bank.own.confirm(member, change, "en")))


def add_key(bank: Shops, member: Member) -> Authenticator:
    key, change = Authenticator(), Change("passkey")
    id, options = bank.run(bank.own.begin_key(member, change, confirmed(bank, member, change)))
    bank.run(bank.own.finish_key(member, id, key.create(options), "My laptop"))
    return key


def test_a_passkey_is_added_and_signs_in_and_its_owner_is_told(bank: Shops) -> None:
    lin = bank.signed_in(LIN)
    key = add_key(bank, lin)
    challenge, wanted = bank.run(bank.users.passkey_options("en"))
    assert bank.run(bank.users.passkey(challenge, key.get(wanted), "", "en")).session.subject == lin.subject
    assert any("passkey" in letter for letter in bank.letters(LIN))
    assert "factor_added" in bank.actions(str(lin.subject))


def test_nothing_is_added_without_fresh_factors(bank: Shops) -> None:
    lin = bank.signed_in(LIN)
    for change in (Change("totp"), Change("passkey"), Change("shield")):
        view = bank.run(bank.own.confirm(lin, change, "en"))
        begin = bank.own.begin_totp if change.what == "totp" else bank.own.begin_key
        with pytest.raises(NotPassed):
            bank.run(begin(lin, change, view.id))


def test_the_last_way_in_is_not_removed(bank: Shops) -> None:
    lin = bank.signed_in(LIN)
    token = next(one for one in bank.run(bank.own.all(lin)) if one.factor is Factor.TOTP)
    change = Change("remove", token.id)
    with pytest.raises(FactorNeeded):
        bank.run(bank.own.confirm(lin, change, "en"))
    add_key(bank, lin)
    bank.run(bank.own.remove(lin, change, confirmed(bank, lin, change)))
    view = bank.run(bank.users.password(LIN, USER_PASSWORD, "en"))
    with pytest.raises(SignInRefused):
        bank.run(bank.users.code(LIN, view.id, bank.shown(LIN), "", "en"))


def test_what_is_signed_to_remove_a_key_names_it(bank: Shops) -> None:
    lin = bank.signed_in(LIN)
    add_key(bank, lin)
    key = next(one for one in bank.run(bank.own.all(lin)) if one.factor is Factor.PASSKEY)
    text = bank.run(bank.own.confirm(lin, Change("remove", key.id), "en")).text
    assert text.splitlines()[:2] == ["Remove a passkey that you sign in with", "Name: My laptop"]
    assert key.id not in text


def test_abuse_28_a_factor_of_another_is_not_found(bank: Shops) -> None:
    lin, mei = bank.signed_in(LIN), bank.signed_in(MEI)
    token = next(one for one in bank.run(bank.own.all(lin)) if one.factor is Factor.TOTP)
    with pytest.raises(FactorNotFound):
        bank.run(bank.own.confirm(mei, Change("remove", token.id), "en"))


def test_another_password_ends_every_other_session(bank: Shops) -> None:
    lin = bank.signed_in(LIN)
    other = bank.let_in(LIN).token
    challenge = confirmed(bank, lin, Change("password"))
    with pytest.raises(TooWeak):
        bank.run(bank.own.change_password(lin, challenge, "Teahouse-Lin-1"))
    with pytest.raises(SecretUnchanged):
        bank.run(bank.own.change_password(lin, challenge, USER_PASSWORD))
    bank.run(bank.own.change_password(lin, challenge, NEW))
    assert bank.run(bank.users.of_session(other)) is None
    assert [one.id for one in bank.run(bank.own.signed_in(lin))] == [lin.session.id]
    assert bank.run(bank.users.password(LIN, NEW, "en")).passed == (Factor.PASSWORD,)


def test_a_new_device_and_a_lock_are_told_by_mail(bank: Shops) -> None:
    bank.user(LIN)
    bank.let_in(LIN)
    assert "for the first time" in bank.letters(LIN)[-1]
    for _ in range(6):
        with pytest.raises((SignInRefused, SignInLocked)):
            bank.run(bank.users.password(LIN, "wrong", "en"))
    assert "Too many wrong answers" in bank.letters(LIN)[-1]


def test_messages_are_in_the_language_that_one_signed_in_with(bank: Shops) -> None:
    bank.user(LIN)
    view = bank.run(bank.users.password(LIN, USER_PASSWORD, "es"))
    bank.run(bank.users.code(LIN, view.id, bank.shown(LIN), "", "es"))
    assert bank.do(bank.users.users.by_login, LIN).language == "es"


def test_a_code_app_is_changed_by_the_pages(bank: Shops, browser: Browser) -> None:
    bank.user(LIN)
    browser.client.cookies.set(browser.site.cookies.of[Role.USER].session, bank.let_in(LIN).token)
    page = browser.follow(browser.post("/merchants/security/change", act="totp")).text
    assert "Add an authenticator app" in page
    confirm = "/merchants/security/confirm"
    half = browser.post(confirm, factor="password", answer=USER_PASSWORD, do="answer")
    assert half.status_code == 303
    page = browser.post(confirm, factor="totp", answer=bank.shown(LIN), do="answer").text
    found = re.search(r'secret-text"><code>([A-Z2-7 ]+)</code>', page)
    assert found
    fields = {"enrolment": hidden(page, "enrolment"), "uri": hidden(page, "uri").replace("&amp;", "&")}
    wrong = browser.post("/merchants/security/totp", code="000000", **fields)
    assert (wrong.status_code, "is not right" in wrong.text) == (422, True)
    bank.totp[LIN] = found[1].replace(" ", "")
    assert pyotp.TOTP(bank.totp[LIN]).now()
    done = browser.post("/merchants/security/totp", code=bank.shown(LIN), **fields)
    assert done.headers["location"] == "/merchants/security?said=added"
    token = bank.run(bank.own.all(bank.run(bank.users.of_session(bank.let_in(LIN).token))))
    remove = next(one.id for one in token if one.factor is Factor.TOTP)
    assert "nothing left to sign in with" in browser.post("/merchants/security/change", act=f"remove-{remove}").text
    for act in ("", "pin", "remove-fac_1", "role"):
        assert browser.post("/merchants/security/change", act=act).status_code == 404


def test_a_password_is_changed_by_the_pages(bank: Shops, browser: Browser) -> None:
    bank.user(LIN)
    browser.client.cookies.set(browser.site.cookies.of[Role.USER].session, bank.let_in(LIN).token)
    assert browser.post("/merchants/security/password", password=NEW).headers["location"] == "/merchants/security"
    browser.follow(browser.post("/merchants/security/change", act="password"))
    unproved = browser.post("/merchants/security/password", password=NEW)
    assert unproved.headers["location"] == "/merchants/security?said=over"
    browser.post("/merchants/security/change", act="password")
    confirm = "/merchants/security/confirm"
    browser.post(confirm, factor="password", answer=USER_PASSWORD, do="answer")
    proved = browser.post(confirm, factor="totp", answer=bank.shown(LIN), do="answer")
    assert proved.headers["location"] == "/merchants/security/password"
    assert browser.follow(proved).status_code == 200
    assert browser.post("/merchants/security/password", password="short").status_code == 422
    done = browser.post("/merchants/security/password", password=NEW)
    assert done.headers["location"] == "/merchants/security?said=password"
    assert bank.run(bank.users.password(LIN, NEW, "en"))
