"""The one way to answer a challenge: what is shown, what is said of wrong answers, locks and the end of time."""

from __future__ import annotations

import re
from typing import Any

import pytest
from customer_fakes import PASSWORD_AND_SMS, RIGHT, Answers, add_customers, over
from litestar.testing import TestClient

from feiqian.auth.challenges.errors import ChallengeNotFound, CodeThrottled, Locked
from feiqian.notify.errors import SendingCapped
from feiqian.policy.factors import Factor
from feiqian.testing.clock import ManualClock
from feiqian.web.site import Site

PAGE = "/security/change/password/chl_1"
STRONG = ((Factor.PIN, Factor.SMS), (Factor.PIN, Factor.TOTP), (Factor.PASSKEY,))


@pytest.fixture
def asked(site: Site) -> Answers:
    """A challenge that a password and a code pass, or a passkey alone."""
    services = add_customers(site.services, ManualClock())
    services.verification.combinations = STRONG
    return services.verification


def answer(client: TestClient, factor: Factor, text: str, **more: str) -> Any:
    form = {"do": "answer", "factor": factor.value, "answer": text, "way": "0"} | more
    return client.post(PAGE, data=form, follow_redirects=False)


def test_what_is_confirmed_is_shown_exactly_and_escaped(alice: TestClient, asked: Answers) -> None:
    page = alice.get(f"{PAGE}?way=0").text
    for line in ("Confirm a payment", "To: Corner &lt;Café&gt;", "[feiqian-1 chl_1 payment customer:1 2027"):
        assert line in page


def test_the_canonical_text_is_folded_and_open_only_where_a_key_signs_it(alice: TestClient, asked: Answers) -> None:
    with_pin, with_key = alice.get(f"{PAGE}?way=0").text, alice.get(f"{PAGE}?way=2").text
    assert '<details class="slip">' in with_pin
    assert "Confirm that it is you, then choose the new password." in with_pin
    assert with_pin.index('id="answering"') < with_pin.index("[feiqian-1 chl_1")
    assert '<details class="slip" open>' in with_key
    assert with_key.index("[feiqian-1 chl_1") < with_key.index('data-key="passkey"')


def test_pins_and_codes_are_one_field_each_over_six_cells(alice: TestClient, asked: Answers) -> None:
    pin = alice.get(f"{PAGE}?way=0").text
    answer(alice, Factor.PIN, RIGHT[Factor.PIN])
    code = alice.get(f"{PAGE}?way=0").text
    for page, kind, autocomplete in ((pin, "password", "off"), (code, "text", "one-time-code")):
        (field,) = re.findall(r'<input id="f-answer"[^>]*>', page)
        assert f'type="{kind}" inputmode="numeric"' in field
        assert f'autocomplete="{autocomplete}"' in field
        assert page.count('<i aria-hidden="true"></i>') == 6
    assert ('data-pad="f-answer"' in pin, 'data-pad="f-answer"' in code) == (True, False)


def test_no_message_is_sent_to_who_has_a_stronger_way_until_they_choose_it(alice: TestClient, asked: Answers) -> None:
    asked.combinations = ((Factor.PIN, Factor.SMS), (Factor.PIN, Factor.TOTP))
    there = alice.post(
        PAGE, data={"do": "answer", "factor": "pin", "answer": RIGHT[Factor.PIN]}, follow_redirects=False
    )
    assert there.headers["location"] == f"{PAGE}?way=1"
    assert asked.did == []
    assert (
        alice.post(PAGE, data={"do": "way", "way": "0"}, follow_redirects=False).headers["location"].endswith("sent=1")
    )
    assert asked.did == [("send", Factor.SMS)]


def test_the_way_with_the_least_to_do_is_offered_first_and_every_other_beside_it(
    alice: TestClient, asked: Answers
) -> None:
    page = alice.get(PAGE).text
    assert re.search(r'data-key="passkey"[^>]* disabled>', page), "before its script is there it would do nothing"
    assert "Payment PIN + Code by text message" in page
    assert "Payment PIN + Code from your code app" in page


def test_a_wrong_answer_is_said_at_the_field_with_the_tries_that_are_left(alice: TestClient, asked: Answers) -> None:
    page = answer(alice, Factor.PIN, "000000")
    assert page.status_code == 422
    assert page.text.count("This PIN is not right. Tries left: 4") == 1  # the form has one field
    assert re.search(r"<input[^>]* autofocus", page.text)
    assert 'aria-invalid="true"' in page.text


def test_what_was_answered_is_in_no_page_and_no_address(alice: TestClient, asked: Answers) -> None:
    wrong = answer(alice, Factor.PIN, "918273")
    right = answer(alice, Factor.PIN, RIGHT[Factor.PIN])
    assert "918273" not in wrong.text
    assert RIGHT[Factor.PIN] not in right.text + right.headers["location"]


def test_after_the_first_factor_the_code_for_the_second_is_on_its_way(alice: TestClient, asked: Answers) -> None:
    next = answer(alice, Factor.PIN, RIGHT[Factor.PIN])
    assert next.headers["location"] == f"{PAGE}?way=0&sent=1"
    assert asked.did == [("send", Factor.SMS)]
    page = alice.get(next.headers["location"]).text
    assert "Step 2 of 2" in page
    assert "Sent to +86 ••• 8000" in page
    assert 'autocomplete="one-time-code"' in page


def test_a_code_may_be_pasted_with_spaces(alice: TestClient, asked: Answers) -> None:
    answer(alice, Factor.PIN, RIGHT[Factor.PIN])
    done = answer(alice, Factor.SMS, " 111 222 ")
    assert done.headers["location"] == f"{PAGE}/new"


def test_choosing_another_way_sends_its_code_if_that_comes_first(alice: TestClient, asked: Answers) -> None:
    asked.combinations = ((Factor.PASSKEY,), (Factor.SMS, Factor.EMAIL))
    there = alice.post(PAGE, data={"do": "way", "way": "1"}, follow_redirects=False)
    assert there.headers["location"] == f"{PAGE}?way=1&sent=1"
    assert asked.did == [("send", Factor.SMS)]


@pytest.mark.parametrize("way", ["7", "-3", "x", "9" * 40, ""])
def test_a_way_that_there_is_not_is_any_way(alice: TestClient, asked: Answers, way: str) -> None:
    assert answer(alice, Factor.PIN, "000000", way=way).status_code == 422


@pytest.mark.parametrize("factor", ["", "nonsense", "pin' --"])
def test_a_factor_that_there_is_not_is_the_next_one(alice: TestClient, asked: Answers, factor: str) -> None:
    page = alice.post(PAGE, data={"do": "answer", "factor": factor, "answer": "000000", "way": "0"})
    assert "This PIN is not right" in page.text


def test_an_empty_answer_costs_no_try(alice: TestClient, asked: Answers) -> None:
    page = answer(alice, Factor.PIN, "   ")
    assert "Nothing was entered" in page.text
    assert asked.tries == 5


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SendingCapped("number"), "No more codes can be sent"),
        (CodeThrottled(0), "No more codes can be sent"),
    ],
)
def test_a_code_that_cannot_be_sent_is_said_so(alice: TestClient, asked: Answers, error: Exception, said: str) -> None:
    asked.raises["send"] = error
    assert said in alice.post(PAGE, data={"do": "send", "factor": "sms", "way": "0"}).text
    there = answer(alice, Factor.PIN, RIGHT[Factor.PIN]).headers["location"]
    assert there.endswith("sent=no")
    page = alice.get(there).text
    assert "No code was sent" in page
    assert "Sent to" not in page


def test_a_code_that_was_just_sent_says_when_there_may_be_another(alice: TestClient, asked: Answers) -> None:
    asked.raises["send"] = CodeThrottled(asked.clock.now() + 42_000_000)
    page = alice.post(PAGE, data={"do": "send", "factor": "sms", "way": "0"})
    assert "Another one can be sent in 42 seconds." in page.text


def test_a_lock_says_until_when_and_leaves_the_key(alice: TestClient, asked: Answers) -> None:
    until = asked.clock.now() + 900_000_000
    asked.raises["answer"], asked.locked = Locked(until, (Factor.PASSKEY,)), {Factor.PIN: until}
    for page in (answer(alice, Factor.PIN, "000000"), alice.get(PAGE)):
        assert "Paused for your safety" in page.text
        assert "Too many wrong answers. Try again:" in page.text
        assert "What this page asks for now still works." in page.text
        assert 'data-key="passkey"' in page.text
        assert 'type="password"' not in page.text


def test_a_lock_without_a_key_shows_no_field_and_says_what_remains(alice: TestClient, asked: Answers) -> None:
    until = asked.clock.now() + 900_000_000
    asked.combinations, asked.locked, asked.state, asked.tries = ((Factor.PIN,),), {Factor.PIN: until}, "locked", 0
    asked.raises["answer"] = Locked(until, ())
    for page in (alice.get(PAGE), answer(alice, Factor.PIN, "000000")):
        assert "Too many wrong answers. Try again:" in page.text
        assert 'href="/recover?what=pin"' in page.text
        assert "f-answer" not in page.text
        assert "before a pause" not in page.text


def test_a_factor_that_is_locked_for_the_day_leaves_the_other_ways(alice: TestClient, asked: Answers) -> None:
    asked.combinations = ((Factor.PIN,), (Factor.PASSWORD, Factor.TOTP))
    asked.locked = {Factor.PIN: asked.clock.now() + 900_000_000}
    page = alice.get(PAGE).text
    assert "Password" in page
    assert 'value="pin"' not in page
    assert "Payment PIN" not in page


def test_a_long_code_is_asked_for_by_its_length_and_taken_as_pasted(alice: TestClient, asked: Answers) -> None:
    asked.combinations, asked.digits = ((Factor.SMS,),), {Factor.SMS: 16}
    page = alice.get(PAGE).text
    assert "It has 16 digits, in groups of four" in page
    assert "six digits" not in page
    code = "1234\u00a05678\u20119012 \uff13\uff14\uff15\uff16"
    (length,) = re.findall(r'id="f-answer"[^>]*maxlength="(\d+)"', page)
    assert int(length) >= len(code)
    asked.right = {Factor.SMS: "1234567890123456"}
    answer(alice, Factor.SMS, code)
    assert asked.state == "passed"


@pytest.mark.parametrize("passed", [(Factor.PIN, Factor.SMS), (Factor.PASSKEY,)])
def test_one_that_was_passed_asks_for_nothing_and_goes_on(
    alice: TestClient, asked: Answers, passed: tuple[Factor, ...]
) -> None:
    asked.passed, asked.state = passed, "passed"
    for address in (PAGE, f"{PAGE}?way=1"):
        shown = alice.get(address)
        assert shown.status_code == 200
        assert "You have confirmed this" in shown.text
        assert 'id="f-answer"' not in shown.text
        assert 'name="way"' not in shown.text
        assert "[feiqian-1 chl_1" in shown.text
    onward = alice.post(PAGE, data={}, follow_redirects=False)
    assert (onward.status_code, onward.headers["location"]) == (303, f"{PAGE}/new")
    assert asked.did == []


@pytest.mark.parametrize(
    ("state", "said"),
    [("expired", "The time is over."), ("spent", "has been used already"), ("void", "no longer valid")],
)
def test_a_challenge_that_is_over_says_how_to_begin_again(
    alice: TestClient, asked: Answers, state: str, said: str
) -> None:
    asked.raises["view"] = over(state)
    for page in (alice.get(PAGE), answer(alice, Factor.PIN, "1")):
        assert page.status_code == 409
        assert said in page.text
        assert 'href="/security"' in page.text
    asked.raises.clear()
    asked.state = state
    assert said in alice.get(PAGE).text


def test_anothers_challenge_is_as_if_it_were_not(alice: TestClient, asked: Answers) -> None:
    asked.raises["view"] = ChallengeNotFound()
    assert "no longer valid" in alice.get(PAGE).text


def test_scripts_are_given_what_a_key_signs_and_nothing_for_other_factors(alice: TestClient, asked: Answers) -> None:
    assert alice.post(f"{PAGE}/options", json={"factor": "passkey"}).json() == {"challenge": "AAAA", "for": "passkey"}
    for factor in ("pin", "nonsense"):
        assert alice.post(f"{PAGE}/options", json={"factor": factor}).status_code == 409
    asked.raises["options"] = over()
    assert alice.post(f"{PAGE}/options", json={"factor": "passkey"}).status_code == 409


def test_a_strangers_page_promises_a_code_without_saying_where_to(client: TestClient, site: Site) -> None:
    services = add_customers(site.services, ManualClock())
    client.post("/sign-in", data={"country": "CN", "mobile": "13800138000", "password": "x"})
    page = client.get("/sign-in/confirm?way=0&sent=1").text
    assert "The code that we send to your mobile number. It has 6 digits." in page
    assert services.sign_in.combinations[0] == PASSWORD_AND_SMS[0]
    assert "Sent to" not in page
