"""The security centre: one tap freezes, everything else that changes anything is proved first."""

from __future__ import annotations

import re
from typing import Any

import pytest
from customer_fakes import RIGHT
from litestar.testing import TestClient

from feiqian.auth.challenges.errors import AnswerWrong, EnrolmentRefused, FactorNotEnrolled, FactorNotFound, TooWeak
from feiqian.auth.errors import DetailsInvalid, FrozenByBank, SecretUnchanged
from feiqian.auth.model import SignInSeen
from feiqian.kyc.errors import NumberInvalid
from feiqian.notify.errors import SendingCapped
from feiqian.policy.factors import Factor, Purpose

PIN = {"do": "answer", "factor": "pin", "answer": RIGHT[Factor.PIN], "way": "0"}


def begin(client: TestClient, act: str) -> Any:
    return client.post("/security/change", data={"act": act}, follow_redirects=False)


def test_the_page_shows_devices_factors_sign_ins_and_addresses(alice: TestClient, services: Any) -> None:
    page = alice.get("/security").text
    for said in ("Chrome &lt;b&gt;", "This device", "My &lt;i&gt;phone", "wrong password or code", "new device"):
        assert said in page
    assert "+86 138 0013 8000" in page
    assert "Your limits are low for now" in page
    assert 'href="/security/cases/cas_1"' in page
    assert "Freeze my wallet" in page


def test_the_security_centre_is_led_by_how_things_stand(alice: TestClient, services: Any) -> None:
    def led() -> tuple[str, str]:
        page = alice.get("/security").text
        (status,) = re.findall(r'data-standing="(\w+)"', page)
        return status, page

    assert led()[0] == "cooling"
    services.security.cooling = False
    status, page = led()
    assert (status, "Your account is protected" in page, "button wide danger" in page) == ("good", True, False)
    services.security.seen = (SignInSeen(services.clock.now() - 1, "wrong", "Edge · Mac", (), True),)
    status, page = led()
    assert (status, "Edge · Mac. Was it not you?" in page) == ("tried", True)


def test_devices_are_told_apart_by_name_last_use_and_since_when(alice: TestClient, services: Any) -> None:
    page = alice.get("/security").text
    here, other = re.findall(r'<li class="row"><span class="state">.*?</li>', page.split('id="devices"')[1], re.S)[:2]
    assert ("This device" in here, "in use now" in here, "last used" in here) == (True, True, False)
    assert ("This device" in other, "last used 1 Jan 1970, 08:00" in other) == (False, True)
    assert "known since 1 Jan 1970" in here


def test_one_tap_freezes(alice: TestClient, services: Any) -> None:
    done = alice.post("/security/freeze")
    assert services.security.did == [("freeze",)]
    assert "Frozen. No money can leave your wallet." in done.text


def test_a_frozen_wallet_offers_the_way_back_unless_the_bank_froze_it(alice: TestClient, services: Any) -> None:
    services.security.frozen = True
    assert 'value="unfreeze"' in alice.get("/security").text
    services.security.by_bank = True
    page = alice.get("/security").text
    assert "The bank has frozen it." in page
    assert 'value="unfreeze"' not in page


def test_opening_it_again_spends_a_challenge(alice: TestClient, services: Any) -> None:
    assert begin(alice, "unfreeze").headers["location"] == "/security/change/unfreeze/chl_1"
    done = alice.post("/security/change/unfreeze/chl_1", data=PIN)
    assert services.security.did[:2] == [("challenge", Purpose.UNFREEZE, "", ""), ("unfreeze", "chl_1")]
    assert "Your wallet is open again." in done.text
    services.verification.state, services.verification.passed = "open", ()
    services.security.raises["unfreeze"] = FrozenByBank("bank")
    assert alice.post("/security/change/unfreeze/chl_1", data=PIN).url.path == "/security"


def test_a_stolen_phone_becomes_a_case_with_its_time_line(alice: TestClient, services: Any) -> None:
    page = alice.post("/security/stolen", data={"note": "in a <taxi>"})
    assert ("report_stolen", "in a <taxi>") in services.security.did
    assert page.url.path == "/security/cases/cas_1"
    assert "in a &lt;taxi&gt;" in page.text
    assert "Ask your mobile operator" in page.text
    assert alice.post("/security/stolen", data={"note": "x" * 501}).status_code == 422


def test_abuse_28_anothers_case_and_device_are_not_found(alice: TestClient, services: Any) -> None:
    assert alice.get("/security/cases/cas_9").status_code == 404
    assert alice.post("/security/devices/unknown/forget").status_code == 404


def test_a_device_is_forgotten_and_all_others_signed_out(alice: TestClient, services: Any) -> None:
    assert "The device is forgotten" in alice.post("/security/devices/dev_2/forget").text
    assert "signed out everywhere but here" in alice.post("/security/everywhere").text
    did = [("forget_device", "dev_2"), ("sign_out_everywhere",)]
    assert services.security.did == did


@pytest.mark.parametrize("act", ["", "nonsense", "remove-", "remove-fac_1' --", "sign_in"])
def test_what_cannot_be_changed_is_not_found(alice: TestClient, services: Any, act: str) -> None:
    assert begin(alice, act).status_code == 404
    assert services.security.did == []


def test_a_password_is_changed_with_a_challenge_and_a_strong_one(alice: TestClient, services: Any) -> None:
    begin(alice, "password")
    there = alice.post("/security/change/password/chl_1", data=PIN, follow_redirects=False).headers["location"]
    assert there == "/security/change/password/chl_1/new"
    assert 'autocomplete="new-password"' in alice.get(there).text
    for error, said in (
        (TooWeak("weak.word"), "Words and names"),
        (SecretUnchanged(), "This is the one you have now."),
    ):
        services.security.raises["change_password"] = error
        page = alice.post(there, data={"password": "canary"})
        assert said in page.text
        assert "canary" not in page.text
    services.security.raises.clear()
    assert "Your password has been changed." in alice.post(there, data={"password": "seven maple kites"}).text
    assert services.security.did[-1] == ("change_password", "chl_1", "seven maple kites")


def test_a_pin_is_changed_by_typing_it_twice(alice: TestClient, services: Any) -> None:
    there = "/security/change/pin/chl_1/new"
    assert "The two PINs differ" in alice.post(there, data={"pin": "837261", "again": "1"}).text
    alice.post(there, data={"pin": "837261", "again": "837261"})
    assert services.security.did[-1] == ("change_pin", "chl_1", "837261")
    assert alice.get("/security/change/unfreeze/chl_1/new").status_code == 404


def test_a_token_is_enrolled_by_picture_or_letters(alice: TestClient, services: Any) -> None:
    begin(alice, "totp")
    page = alice.post("/security/change/totp/chl_1", data=PIN).text
    assert services.security.did[0] == ("challenge", Purpose.ADD_FACTOR, "totp", "")
    assert 'id="token-qr"' in page
    assert "ABCD EFGH" in page
    fields = dict(re.findall(r'name="(enrolment|uri)" value="([^"]+)"', page))
    fields["uri"] = fields["uri"].replace("&amp;", "&")
    services.security.raises["finish_totp"] = AnswerWrong(4)
    again = alice.post("/security/enrol/totp", data=fields | {"code": "000 000"})
    assert again.status_code == 422
    assert "ABCD EFGH" in again.text
    services.security.raises.clear()
    assert "It has been added." in alice.post("/security/enrol/totp", data=fields | {"code": "555 666"}).text
    assert services.security.did[-1] == ("finish_totp", "fac_9", "555666")
    services.security.raises["finish_totp"] = FactorNotFound()
    assert alice.post("/security/enrol/totp", data=fields | {"code": "1"}).status_code == 409


def test_a_page_shows_no_picture_of_what_is_no_token(alice: TestClient, services: Any) -> None:
    services.security.raises["finish_totp"] = AnswerWrong(4)
    for uri in ("https://evil.example/?secret=ABCD", "otpauth://x", "otpauth://x?secret=" + "A" * 600):
        assert (
            alice.post("/security/enrol/totp", data={"enrolment": "fac_9", "uri": uri, "code": "1"}).status_code == 409
        )


@pytest.mark.parametrize("kind", ["passkey", "shield"])
def test_a_key_is_enrolled_by_the_browser(alice: TestClient, services: Any, kind: str) -> None:
    begin(alice, kind)
    page = alice.post(f"/security/change/{kind}/chl_1", data=PIN).text
    assert "data-options=" in page
    assert "&#34;challenge&#34;:&#34;AAAA&#34;" in page
    form = {"enrolment": "fac_9", "answer": "{}", "label": "  My   <b>key  " + "x" * 80}
    assert "It has been added." in alice.post("/security/enrol/key", data=form).text
    name, enrolment, response, label = services.security.did[-1]
    assert (name, enrolment, response) == ("finish_key", "fac_9", "{}")
    assert label.startswith("My <b>key x")
    assert len(label) == 60
    services.security.raises["finish_key"] = EnrolmentRefused()
    assert "The key was not added." in alice.post("/security/enrol/key", data=form).text


def test_a_key_is_removed_with_a_challenge_for_just_this_one(alice: TestClient, services: Any) -> None:
    begin(alice, "remove-fac_1")
    assert services.security.did == [("challenge", Purpose.REMOVE_FACTOR, "", "fac_1")]
    assert "It has been removed." in alice.post("/security/change/remove-fac_1/chl_1", data=PIN).text
    assert services.security.did[-1] == ("remove_factor", "chl_1", "fac_1")


def test_who_cannot_prove_it_is_told_what_to_add(alice: TestClient, services: Any) -> None:
    services.security.raises["challenge"] = FactorNotEnrolled()
    assert begin(alice, "shield").status_code == 409
    assert alice.post("/security/contact/email", data={"email": "a@example.com"}).status_code == 409


def test_an_address_is_changed_by_proof_and_a_code_to_the_new_one(alice: TestClient, services: Any) -> None:
    there = alice.post("/security/contact/email", data={"email": "new.one@example.com"}, follow_redirects=False)
    assert there.headers["location"] == "/security/contact/email/chl_1"
    assert "new.one" not in there.headers["location"]
    code = alice.post(there.headers["location"], data=PIN, follow_redirects=False).headers["location"]
    assert code == "/security/contact/email/code"
    assert "Sent to new.one@example.com" in alice.get(code).text
    services.security.raises["answer_code"] = AnswerWrong(3)
    assert "Tries left: 3" in alice.post(code, data={"code": "000000"}).text
    services.security.raises.clear()
    done = alice.post(code, data={"code": "333 444"})
    assert "Your e-mail address has been changed." in done.text
    expected = [
        ("challenge", Purpose.CHANGE_CONTACT, "email", "new.one@example.com"),
        ("start", "email", "new.one@example.com"),
        ("answer_code", "app_2", Factor.EMAIL, "333444"),
        ("finish", "app_2"),
    ]
    assert [did for did in services.security.did if did in expected] == expected


def test_a_new_mobile_number_is_bound_in_e164(alice: TestClient, services: Any) -> None:
    alice.post("/security/contact/mobile", data={"country": "ES", "mobile": "612 345 678"})
    assert services.security.did[0] == ("challenge", Purpose.CHANGE_CONTACT, "mobile", "+34612345678")


def test_an_e_mail_address_is_removed(alice: TestClient, services: Any) -> None:
    alice.post("/security/contact/email", data={"do": "remove"})
    done = alice.post("/security/contact/email/chl_1", data=PIN)
    assert ("remove_email", "chl_1") in services.security.did
    assert done.url.path == "/security"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DetailsInvalid("email", "invalid"), "This is not a complete e-mail address."),
        (NumberInvalid("not_in_use"), "There is no such number"),
    ],
)
def test_an_address_that_the_bank_refuses_is_said_so(
    alice: TestClient, services: Any, error: Exception, said: str
) -> None:
    services.security.raises["challenge"] = error
    assert said in alice.post("/security/contact/email", data={"email": "a@example.com"}).text


def test_a_new_address_that_no_code_reaches_is_said_so(
    alice: TestClient, services: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def capped(*_: Any) -> None:
        raise SendingCapped("number")

    monkeypatch.setattr(services.new_contacts, "start", capped, raising=False)
    alice.post("/security/contact/email", data={"email": "a@example.com"})
    assert "No more codes can be sent" in alice.post("/security/contact/email/chl_1", data=PIN).text


def test_steps_out_of_turn_lead_to_the_first(alice: TestClient, services: Any) -> None:
    for ask in (alice.get, alice.post):
        there: Any = ask("/security/contact/mobile/code", follow_redirects=False)
        assert there.headers["location"] == "/security/contact/mobile"
    there = alice.post("/security/contact/mobile/chl_1", data=PIN, follow_redirects=False)
    assert there.headers["location"] == "/security/contact/mobile"
    assert alice.get("/security/contact/fax").status_code == 404
    alice.post("/security/contact/email", data={"email": "new.one@example.com"})
    alice.post("/security/contact/email/chl_1", data=PIN)  # a code is on its way, and its step under way
    assert alice.get("/security/contact/fax/code").status_code == 404


@pytest.mark.parametrize("path", ["/security", "/security/stolen", "/security/cases/cas_1", "/confirm/pay_1"])
def test_only_who_is_signed_in_sees_any_of_it(client: TestClient, services: Any, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"}, follow_redirects=False)
    assert answer.headers["location"] == f"/sign-in?next={path}"


def test_changes_come_from_our_own_pages_only(alice: TestClient, services: Any) -> None:
    answer = alice.post("/security/freeze", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert services.security.did == []
