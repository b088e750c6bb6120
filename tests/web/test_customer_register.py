"""Becoming a customer, step by step; and choosing a new password or PIN when one was forgotten."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from customer_fakes import RIGHT, Doors, add_customers, chinese_id
from litestar.testing import TestClient

from feiqian.auth.challenges.errors import NotPassed, TooWeak
from feiqian.auth.errors import DetailsInvalid, SecretUnchanged, SignInLocked
from feiqian.customers.errors import ApplicationOver
from feiqian.kyc.mrz import check_digit
from feiqian.notify.errors import SendingCapped
from feiqian.onboarding.errors import ChecksUsedUp, DocumentRefused
from feiqian.onboarding.pages.details import tell
from feiqian.policy.factors import Factor
from feiqian.testing.clock import ManualClock
from feiqian.web.forms import Form
from feiqian.web.kept import keep
from feiqian.web.site import Site

MOBILE = {"country": "CN", "mobile": "13800138000"}
WHO = {"kind": "cn_id", "name": "李 小龙", "number": chinese_id(), "email": "li@example.com"}
SECRETS = {"password": "canary velvet otter", "pin": "837261", "again": "837261"}
ZONE = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
    "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
)  # the specimen of ICAO Doc 9303, part 4
CODE = {"do": "answer", "factor": "sms", "answer": RIGHT[Factor.SMS], "way": "0"}


@pytest.fixture
def door(site: Site) -> Doors:
    door = add_customers(site.services, ManualClock()).registration
    door.combinations = ((Factor.SMS,),)
    return door


@pytest.fixture
def confirmed(client: TestClient, door: Doors) -> TestClient:
    """Somebody whose number has been confirmed."""
    client.post("/register", data=MOBILE)
    assert client.post("/register/code", data=CODE, follow_redirects=False).headers["location"] == "/register/details"
    return client


def test_the_whole_way_ends_signed_in_at_the_identity_check(confirmed: TestClient, site: Site, door: Doors) -> None:
    secrets = confirmed.post("/register/details", data=WHO | {"do": "next"})
    assert "Your password and PIN" in secrets.text
    done = confirmed.post("/register/details", data=WHO | SECRETS | {"do": "finish"}, follow_redirects=False)
    assert done.headers["location"] == "/identity"
    assert site.cookies.session in confirmed.cookies
    application, details = next(did[1:] for did in door.did if did[0] == "finish")
    assert application == "app_1"
    assert (details.name, details.kind, details.number, details.email) == (
        "李 小龙",
        "cn_id",
        WHO["number"],
        WHO["email"],
    )
    assert (details.password, details.pin, f"{details.birth}") == (SECRETS["password"], "837261", "1990-03-07")


def test_what_was_typed_is_carried_on_by_the_page_but_for_secrets(confirmed: TestClient) -> None:
    page = confirmed.post("/register/details", data=WHO | SECRETS | {"do": "finish", "again": "000000"}).text
    assert "The two PINs differ" in page
    for name in ("kind", "name", "number", "email"):
        assert f'name="{name}" value="{WHO[name]}"' in page
    assert "canary velvet otter" not in page
    assert "837261" not in page


def test_a_passport_is_read_from_its_zone(confirmed: TestClient, door: Doors) -> None:
    zone = "\n".join(ZONE).lower().replace("<<", "«", 1)
    who = {"kind": "passport", "name": "Anna Maria Eriksson", "mrz": zone}
    confirmed.post("/register/details", data=who | SECRETS | {"do": "finish"})
    details = next(did[2] for did in door.did if did[0] == "finish")
    assert details.mrz == "\n".join(ZONE)
    assert f"{details.birth}" == "1974-08-12"


@pytest.mark.parametrize(
    ("who", "field", "said"),
    [
        ({"name": " "}, "name", "Enter your name"),
        ({"name": "x" * 101}, "name", "Enter your name"),
        ({"name": "李\u200b"}, "name", "a character that cannot be seen"),
        ({"name": "123"}, "name", "This name has no letters"),
        ({"number": "110105491231002"}, "number", "have not been valid since 2013"),
        ({"number": "123"}, "number", "has 18 characters"),
        ({"number": chinese_id()[:-1] + "?"}, "number", "One of the characters must be wrong."),
        ({"email": "li@"}, "email", "not a complete e-mail address"),
        ({"email": "li@例子"}, "email", "not a complete e-mail address"),
        ({"email": "li@a_b.example"}, "email", "not a complete e-mail address"),
        ({"email": "li@" + "a." * 130 + "cn"}, "email", "This is too long"),
        ({"email": "李@例子.中国"}, "email", "The part before the @"),
        ({"name": "12345"}, "name", "This name has no letters"),
        ({"kind": "passport", "mrz": ZONE[0]}, "mrz", "At least one character is wrong"),
        ({"kind": "nonsense", "number": ""}, "number", "has 18 characters"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(confirmed: TestClient, who: dict[str, str], field: str, said: str) -> None:
    page = confirmed.post("/register/details", data=WHO | who | {"do": "next"})
    assert page.status_code == 422
    assert re.search(rf'id="e-{field}">.*{said}', page.text)
    assert f'href="#f-{field}"' in page.text


def test_an_e_mail_address_in_any_script_is_taken_where_it_is_typed(confirmed: TestClient, door: Doors) -> None:
    typed = WHO | {"email": "li＠例子。中国"}
    assert confirmed.post("/register/details", data=typed | {"do": "next"}).status_code == 200
    confirmed.post("/register/details", data=typed | SECRETS | {"do": "finish"})
    details: Any = next(did[2] for did in door.did if did[0] == "finish")
    assert details.email == "li@xn--fsqu00a.xn--fiqs8s"


@pytest.mark.parametrize("field", ["email", "name", "number", "mrz", "birth", "country", "password", "pin", "x"])
@pytest.mark.parametrize("reason", ["missing", "invalid", "too_long", "not_ascii", "new"])
def test_a_refusal_is_said_at_its_own_field_or_at_none(site: Site, field: str, reason: str) -> None:
    form = Form({"kind": "passport"})
    tell(site.asked("en", "/", False, ""), form, DetailsInvalid(field, reason))
    ((where, said),) = form.errors.items()
    assert where in {"number": {"mrz"}, "birth": {"mrz"}, "country": {"mrz"}}.get(field, {field, ""})
    assert "document" not in said or field != "email"


def test_back_keeps_what_was_typed(confirmed: TestClient) -> None:
    page = confirmed.post("/register/details", data=WHO | {"do": "back"}).text
    assert "Who are you?" in page
    assert WHO["number"] in page


@pytest.mark.parametrize(
    ("error", "said", "heading"),
    [
        (
            TooWeak("weak.common", ("weak.add_words",)),
            "This is a very common choice. Add another word",
            "password and PIN",
        ),
        (TooWeak("weak.pin_sequence"), "A PIN of digits in a row", "password and PIN"),
        (DetailsInvalid("birth", "too_young"), "You are not old enough", "Who are you?"),
        (DetailsInvalid("somewhere", "else"), "This cannot be right.", "Who are you?"),
    ],
)
def test_what_the_bank_finds_wrong_leads_to_its_step(
    confirmed: TestClient, door: Doors, error: Exception, said: str, heading: str
) -> None:
    door.raises["finish"] = error
    page = confirmed.post("/register/details", data=WHO | SECRETS | {"do": "finish"})
    assert page.status_code == 422
    assert said in page.text
    assert heading in page.text


def test_the_document_is_checked_before_there_are_secrets(confirmed: TestClient, door: Doors) -> None:
    confirmed.post("/register/details", data=WHO | {"do": "next"})
    asked = [did[1:] for did in door.did if did[0] == "check"]
    assert [(application, details.number) for application, details in asked] == [("app_1", WHO["number"])]


@pytest.mark.parametrize(
    ("reason", "field", "said"),
    [
        ("expired", "mrz", "The document has expired."),
        ("birth_differs", "mrz", "Your date of birth is not the one"),
        ("name_differs", "name", "Your name is not the one"),
    ],
)
@pytest.mark.parametrize("step", ["check", "finish"])
def test_what_another_document_or_spelling_may_put_right_is_said_at_its_field(
    confirmed: TestClient, door: Doors, step: str, reason: str, field: str, said: str
) -> None:
    door.raises[step] = DocumentRefused((reason,))
    who = {"kind": "passport", "name": "Anna Maria Eriksson", "mrz": "\n".join(ZONE)}
    do = {"do": "next"} if step == "check" else SECRETS | {"do": "finish"}
    page = confirmed.post("/register/details", data=who | do)
    assert page.status_code == 422
    assert re.search(rf'id="e-{field}">.*{said}', page.text)


@pytest.mark.parametrize("step", ["check", "finish"])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DocumentRefused(("too_young",)), "You are not old enough yet"),
        (DocumentRefused(("document_of_another",)), "This document cannot be used to open an account here."),
        (DocumentRefused(("name_differs", "too_young")), "You are not old enough yet"),
        (ChecksUsedUp("?"), "Please try again tomorrow."),
    ],
)
def test_where_retrying_cannot_help_there_is_no_form_and_it_is_said_whom_to_contact(
    confirmed: TestClient, site: Site, door: Doors, step: str, error: Exception, said: str
) -> None:
    door.raises[step] = error
    do = {"do": "next"} if step == "check" else SECRETS | {"do": "finish"}
    page = confirmed.post("/register/details", data=WHO | do)
    assert page.status_code == 422
    assert said in page.text
    assert 'action="/register/details"' not in page.text
    assert "please come to a branch with your document" in page.text
    site.services.settings = msgspec.structs.replace(site.services.settings, contact="help@bank.example")
    assert "contact us: help@bank.example" in confirmed.post("/register/details", data=WHO | do).text


def test_a_birth_that_may_be_of_two_centuries_is_not_guessed(confirmed: TestClient, door: Doors) -> None:
    birth, expiry = check_digit("240812"), check_digit("320415")
    lower = f"L898902C36UTO240812{birth}F320415{expiry}ZE184226B<<<<<1"
    composite = check_digit(lower[:10] + lower[13:20] + lower[21:43])
    who = {"kind": "passport", "name": "Anna Maria Eriksson", "mrz": f"{ZONE[0]}\n{lower}{composite}"}
    confirmed.post("/register/details", data=who | {"do": "next"})
    assert [did[2].birth for did in door.did if did[0] == "check"] == [None]


def test_who_took_too_long_begins_again(confirmed: TestClient, door: Doors) -> None:
    door.raises["finish"] = ApplicationOver("over")
    page = confirmed.post("/register/details", data=WHO | SECRETS | {"do": "finish"})
    assert page.status_code == 409
    assert 'href="/register"' in page.text


@pytest.mark.parametrize(
    ("error", "said"),
    [(SendingCapped("number"), "No more codes can be sent"), (SignInLocked(10**15), "Too many wrong answers.")],
)
def test_a_number_that_no_code_is_sent_to_is_said_so(
    client: TestClient, door: Doors, error: Exception, said: str
) -> None:
    door.raises["start"] = error
    assert said in client.post("/register", data=MOBILE).text


def test_every_country_can_be_chosen_in_the_order_of_the_language(client: TestClient, door: Doors) -> None:
    names = {}
    for language in ("en", "zh", "es"):
        page = client.get("/register", headers={"Accept-Language": language}).text
        names[language] = re.findall(r'<option value="([A-Z]{2})"( selected)?>([^<]+) \(\+(\d+)\)', page)
    assert len(names["en"]) > 200
    english = [name for _, _, name, _ in names["en"]]
    assert english.index("Åland Islands") < english.index("Albania") < english.index("Zimbabwe")
    chinese = [name for _, _, name, _ in names["zh"]]
    assert chinese.index("德国") < chinese.index("法国") < chinese.index("中国")
    assert [code for code, selected, _, _ in names["es"] if selected] == ["CN"]


# --- forgotten -------------------------------------------------------------------------------------------------------

LOST = MOBILE | {"what": "password", "number": "110101199003071234", "name": "李小龙"}
BOTH = ({"do": "answer", "factor": "sms", "answer": "111222"}, {"do": "answer", "factor": "email", "answer": "333444"})


@pytest.fixture
def lost(client: TestClient, door: Doors) -> TestClient:
    """Somebody who has forgotten a password and has said who they are."""
    door.combinations = ((Factor.SMS, Factor.EMAIL), (Factor.SMS, Factor.PASSKEY))
    assert client.post("/recover", data=LOST, follow_redirects=False).headers["location"] == "/recover/confirm?sent=1"
    return client


def test_two_factors_then_a_new_password(lost: TestClient, door: Doors) -> None:
    assert "If what you entered is right, a code is on its way to you." in lost.get("/recover/confirm").text
    for step in BOTH:
        there = lost.post("/recover/confirm", data=step, follow_redirects=False).headers["location"]
    assert there == "/recover/new"
    done = lost.post("/recover/new", data={"password": "seven maple kites"}, follow_redirects=False)
    assert done.headers["location"] == "/sign-in?said=recovered"
    assert ("finish", "chl_1", "seven maple kites") in door.did


def test_abuse_42_a_step_that_is_skipped_leads_back(lost: TestClient, door: Doors) -> None:
    assert lost.get("/recover/new", follow_redirects=False).headers["location"] == "/recover"
    assert lost.post("/recover/new", data={"password": "x"}, follow_redirects=False).headers["location"] == "/recover"
    assert not [did for did in door.did if did[0] == "finish"]


def test_abuse_42_who_plants_the_last_steps_cookie_is_still_refused(lost: TestClient, site: Site, door: Doors) -> None:
    lost.cookies.set("feiqian-door", str(keep(site, "recovered", "chl_1", "password").value))
    door.raises["finish"] = NotPassed()
    page = lost.post("/recover/new", data={"password": "seven maple kites"})
    assert page.status_code == 409
    assert "Begin again" in page.text


@pytest.mark.parametrize(
    ("error", "said"), [(SecretUnchanged(), "This is the one you have now."), (TooWeak("weak.word"), "Words and names")]
)
def test_a_new_password_that_will_not_do_is_said_so(lost: TestClient, door: Doors, error: Exception, said: str) -> None:
    for step in BOTH:
        lost.post("/recover/confirm", data=step)
    door.raises["finish"] = error
    page = lost.post("/recover/new", data={"password": "canary"})
    assert said in page.text
    assert "canary" not in page.text


def test_a_new_pin_is_typed_twice(client: TestClient, door: Doors) -> None:
    door.combinations = ((Factor.SMS, Factor.EMAIL),)
    client.post("/recover", data=LOST | {"what": "pin"})
    for step in BOTH:
        client.post("/recover/confirm", data=step)
    assert "exactly six digits" in client.post("/recover/new", data={"pin": "12345", "again": "12345"}).text
    assert "The two PINs differ" in client.post("/recover/new", data={"pin": "837261", "again": "837262"}).text
    client.post("/recover/new", data={"pin": "837261", "again": "837261"})
    assert ("finish", "chl_1", "837261") in door.did


def test_recovery_asks_for_all_of_it(client: TestClient, door: Doors) -> None:
    text = client.post("/recover", data={"country": "CN"}).text
    for said in ("Enter your mobile number.", "Enter the number of your identity card", "Enter your name"):
        assert said in text
    assert door.did == []


# --- the hint --------------------------------------------------------------------------------------------------------


def test_the_hint_judges_by_the_servers_rules_and_with_what_is_known(confirmed: TestClient) -> None:
    def hint(password: str, *own: str) -> dict[str, object]:
        return confirmed.post("/password-strength", json={"password": password, "own": own}).json()

    assert hint("otter velvet lantern 42 quay") == {"strong": True, "text": "Strong enough."}
    weak = hint("password12345")
    assert weak["strong"] is False
    assert "very common" in str(weak["text"])
    assert hint("lixiaolong1990!", "李小龙", WHO["number"])["strong"] is False


def test_the_hint_that_comes_when_its_form_has_signed_somebody_in_is_answered(confirmed: TestClient) -> None:
    """Asked by the page of the form, whose mark is nobody's."""
    confirmed.post("/register/details", data=WHO | SECRETS | {"do": "finish"}, follow_redirects=False)
    asked = {"password": "otter velvet lantern 42 quay"}
    hint = confirmed.post("/password-strength", json=asked, headers={"Page-For": "-.-.-.-"})
    assert (hint.status_code, hint.json()["strong"]) == (200, True)


def test_the_hint_is_for_those_who_choose_a_password_only(client: TestClient, door: Doors) -> None:
    assert client.post("/password-strength", json={"password": "x" * 12}).json() == {"strong": None, "text": ""}
    client.post("/register", data=MOBILE)
    assert client.post("/password-strength", json={"password": "x" * 201}).status_code == 400
