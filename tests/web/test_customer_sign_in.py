"""Signing in and out: the same answer for who is unknown, nothing typed lost but secrets, ways back from a lock."""

from __future__ import annotations

from typing import Any

import pytest
from customer_fakes import PASSWORD_AND_SMS, RIGHT, Doors, add_customers
from litestar.testing import TestClient

from feiqian.auth.challenges.errors import AnswerWrong
from feiqian.auth.errors import PreAuthFlowOver, SignInLocked, SignInRefused
from feiqian.kyc.errors import NumberInvalid
from feiqian.policy.factors import Factor
from feiqian.testing.clock import ManualClock
from feiqian.web.site import Site

KNOWN = {"country": "CN", "mobile": "138 0013 8000", "password": "canary-password"}


@pytest.fixture
def door(site: Site) -> Doors:
    return add_customers(site.services, ManualClock()).sign_in


def test_a_password_and_a_code_sign_in_and_lead_on(client: TestClient, site: Site, door: Doors) -> None:
    door.combinations = PASSWORD_AND_SMS
    begun = client.post("/sign-in", data=KNOWN | {"next": "/security?x=1"}, follow_redirects=False)
    assert begun.headers["location"] == "/sign-in/confirm?sent=1"
    assert door.did == [("password", "+8613800138000"), ("send", Factor.SMS)]
    form = {"do": "answer", "factor": "sms", "answer": RIGHT[Factor.SMS], "way": "0"}
    done = client.post("/sign-in/confirm", data=form, follow_redirects=False)
    assert done.headers["location"] == "/security?x=1"
    assert client.cookies[site.cookies.session].startswith("token-")
    assert client.cookies[site.cookies.device] == "device-token"


def test_what_is_under_way_is_kept_where_scripts_and_other_sites_cannot_reach_it(
    client: TestClient, door: Doors
) -> None:
    begun = client.post("/sign-in", data=KNOWN, follow_redirects=False)
    cookie = begun.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "chl_1" not in begun.headers["location"]


@pytest.mark.parametrize(
    "next", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_nobody_is_led_to_another_site(client: TestClient, door: Doors, next: str) -> None:
    client.post("/sign-in", data=KNOWN | {"next": next})
    form = {"do": "answer", "factor": "sms", "answer": RIGHT[Factor.SMS], "way": "0"}
    assert client.post("/sign-in/confirm", data=form, follow_redirects=False).headers["location"] == "/wallet"


def test_a_refusal_tells_not_what_was_wrong_and_keeps_the_number(client: TestClient, door: Doors) -> None:
    door.raises["password"] = SignInRefused()
    page = client.post("/sign-in", data=KNOWN)
    assert page.status_code == 422
    assert "The mobile number or the password is not right." in page.text
    assert 'value="138 0013 8000"' in page.text
    assert "canary-password" not in page.text


def test_a_lock_names_the_ways_back(client: TestClient, door: Doors) -> None:
    door.raises["password"] = SignInLocked(door.clock.now() + 900_000_000)
    text = client.post("/sign-in", data=KNOWN).text
    for said in ("Paused for your safety", "Use a passkey", 'href="/recover"', "Ask the bank"):
        assert said in text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"mobile": ""}, "Enter your mobile number."),
        ({"mobile": "abc"}, "does not look like a phone number"),
        ({"mobile": "123"}, "There is no such number in this country."),
        ({"mobile": "010 6552 9988"}, "This is a landline."),
        ({"password": ""}, "Enter a password."),
        ({"country": "<script>", "mobile": "123"}, "There is no such number"),
    ],
)
def test_what_was_typed_wrongly_is_said_before_anybody_is_asked(
    client: TestClient, door: Doors, form: dict[str, str], said: str
) -> None:
    page = client.post("/sign-in", data=KNOWN | form)
    assert page.status_code == 422
    assert said in page.text
    assert door.did == []


def test_a_number_of_another_country_is_understood(client: TestClient, door: Doors) -> None:
    client.post("/sign-in", data=KNOWN | {"country": "ES", "mobile": "612 345 678"})
    client.post("/sign-in", data=KNOWN | {"mobile": "+34 612 345 678"})
    assert [did for did in door.did if did[0] == "password"] == [("password", "+34612345678")] * 2


def test_a_number_that_only_the_bank_refuses_is_said_so(client: TestClient, door: Doors) -> None:
    door.raises["password"] = NumberInvalid("not_in_use")
    assert "There is no such number" in client.post("/sign-in", data=KNOWN).text


def test_a_passkey_signs_in_alone(client: TestClient, site: Site, door: Doors) -> None:
    assert client.post("/sign-in/passkey/options").json() == {"challenge": "chl_9", "options": {"challenge": "AAAA"}}
    form = {"challenge": "chl_9", "answer": '{"id":"' + "x" * 5_000 + '"}', "next": "/wallet"}
    done = client.post("/sign-in/passkey", data=form, follow_redirects=False)
    assert done.headers["location"] == "/wallet"
    assert site.cookies.session in client.cookies
    assert len(door.did[0][2]) > 5_000


@pytest.mark.parametrize(
    ("error", "said"), [(AnswerWrong(4), "This passkey is not known here."), (PreAuthFlowOver(""), "no longer valid")]
)
def test_a_passkey_that_is_not_known_is_said_so(client: TestClient, door: Doors, error: Exception, said: str) -> None:
    door.raises["passkey"] = error
    assert said in client.post("/sign-in/passkey", data={"challenge": "chl_9", "answer": "{}"}).text


def test_signing_out_ends_the_session_and_says_so(alice: TestClient, site: Site, door: Doors) -> None:
    done = alice.post("/sign-out", follow_redirects=False)
    assert done.headers["location"] == "/sign-in?said=out"
    assert site.services.security.did == [("sign_out",)]
    assert "max-age=0" in done.headers["set-cookie"].lower()
    alice.cookies.clear()
    assert "You are signed out." in alice.get("/sign-in?said=out").text


def test_who_is_signed_in_is_led_on(alice: TestClient, door: Doors) -> None:
    for address in ("/sign-in?next=/security", "/register"):
        assert alice.get(address, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("address", ["/sign-in/confirm", "/register/code", "/register/details", "/recover/confirm"])
def test_a_later_step_without_the_first_leads_to_the_first(client: TestClient, door: Doors, address: str) -> None:
    for cookie in (None, "%%%", "W10=", "bm9uc2Vuc2U="):
        if cookie is not None:
            client.cookies.set("feiqian-door", cookie)
        for ask in (client.get, client.post):
            answer: Any = ask(address, follow_redirects=False)
            assert answer.headers["location"] == f"/{address.split('/')[1]}"
