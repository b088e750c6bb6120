"""Payments that wait for their customer, and what the page says when something happens to them meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from customer_fakes import RIGHT
from fakes import LUNCH_FACT, StillBank, row_of
from litestar.testing import TestClient

from feiqian.auth.challenges.errors import FactorNotEnrolled
from feiqian.events import LimitMet, PaymentStatus
from feiqian.policy.factors import Factor, Purpose
from feiqian.web.site import Site

PAGE = "/confirm/pay_1/chl_1"
PIN = {"do": "answer", "factor": "pin", "answer": RIGHT[Factor.PIN], "way": "0"}


def test_looking_begins_a_challenge_for_this_payment(alice: TestClient, services: Any) -> None:
    there = alice.get("/confirm/pay_1", follow_redirects=False)
    assert there.headers["location"] == PAGE
    assert services.verification.did == [("begin", Purpose.PAYMENT)]
    page = alice.get(PAGE).text
    assert "¥1,480.50" in page
    assert "to Corner &lt;Café&gt;" in page
    assert "from your wallet (CNY)" in page


def test_the_pin_confirms_and_the_page_says_paid(alice: TestClient, services: Any) -> None:
    done = alice.post(PAGE, data=PIN)
    assert services.payments.did == [("confirm", "pay_1", "chl_1")]
    assert done.url.path == "/confirm/pay_1"
    assert 'data-outcome="succeeded"' in done.text
    for receipt in ("to Corner", "¥1,480.50", "A-17 &lt;5&gt;", "pay_1", "9 Sept 2001, 09:46:40"):
        assert receipt in done.text


def test_who_has_just_paid_the_same_is_warned_before_confirming(alice: TestClient, services: Any) -> None:
    assert "just paid the same" not in alice.get(PAGE).text
    services.payments.before = datetime(2001, 9, 9, tzinfo=UTC)
    assert "Minutes ago you paid Corner &lt;Café&gt; the same amount" in alice.get(PAGE).text
    wrong = alice.post(PAGE, data=PIN | {"answer": "000000"})
    assert "just paid the same" in wrong.text
    alice.post(PAGE, data=PIN)
    assert services.payments.did == [("confirm", "pay_1", "chl_1")], "a warning stops nothing"


def test_the_limit_that_declined_it_at_its_confirmation_is_named(alice: TestClient, services: Any) -> None:
    services.payments.status = "declined"
    services.payments.limit = LimitMet("all", "day", "own", 100_00, 40_00, 1_800_000_000)
    said = alice.get("/confirm/pay_1").text
    assert "all payments of a day" in said
    assert "¥40.00" in said


def test_refusing_needs_nothing_but_a_tap(alice: TestClient, services: Any) -> None:
    done = alice.post("/confirm/pay_1/refuse")
    assert services.payments.did == [("refuse", "pay_1")]
    assert "You have refused it" in done.text
    assert "No money was taken." in done.text
    assert 'href="/security"' in done.text


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("cancelled", "The shop has cancelled it"),
        ("expired", "It was not confirmed in time"),
        ("succeeded", "Paid"),
        ("of later", "It no longer waits for you"),
    ],
)
def test_what_happened_meanwhile_is_said_plainly(alice: TestClient, services: Any, status: str, said: str) -> None:
    services.payments.status = status
    assert alice.get("/confirm/pay_1/state").json() == {"status": status}
    for page in (alice.get("/confirm/pay_1"), alice.get(PAGE), alice.post(PAGE, data=PIN)):
        assert said in page.text
    assert said in alice.post("/confirm/pay_1/refuse").text
    assert services.payments.did == []


def test_a_waiting_payment_is_told_to_scripts_as_waiting(alice: TestClient, services: Any) -> None:
    assert alice.get("/confirm/pay_1/state").json() == {"status": "needs_verification"}


def test_abuse_28_anothers_payment_is_not_found_whatever_is_done_to_it(alice: TestClient, services: Any) -> None:
    for path in ("/confirm/pay_2", "/confirm/pay_2/state", "/confirm/pay_2/chl_1"):
        assert alice.get(path).status_code == 404
    assert alice.post("/confirm/pay_2/refuse").status_code == 404
    assert alice.post("/confirm/pay_2/chl_1", data=PIN).status_code == 404
    assert services.payments.did == []


def test_who_has_no_factor_for_it_is_told_what_to_add(alice: TestClient, services: Any) -> None:
    services.verification.raises["begin"] = FactorNotEnrolled()
    page = alice.get("/confirm/pay_1")
    assert page.status_code == 409
    assert "¥1,480.50" in page.text
    for way_on in (
        'action="/confirm/pay_1/refuse"',
        'action="/security/change"',
        'value="passkey"',
        'href="/confirm/pay_1"',
    ):
        assert way_on in page.text


def test_the_security_centre_leads_back_to_what_waits(alice: TestClient, services: Any, still: StillBank) -> None:
    assert "A payment waits for you" not in alice.get("/security").text
    still.waits = [row_of(msgspec.structs.replace(LUNCH_FACT, amount=1_480_50, status=PaymentStatus.WAITING))]
    page = alice.get("/security").text
    assert 'href="/confirm/pay_1"' in page
    assert "¥1,480.50 to Corner &lt;Café&gt;" in page


def test_a_key_signs_for_the_payment(alice: TestClient, services: Any) -> None:
    assert alice.post(f"{PAGE}/options", json={"factor": "passkey"}).json()["for"] == "passkey"


def test_every_language_says_amount_and_payee(client: TestClient, services: Any, site: Site) -> None:
    said = {"zh": ("¥1,480.50", "收款方："), "es": ("1480,50", "a Corner")}
    for language, words in said.items():
        client.cookies.set(site.cookies.session, services.sessions.sign_in(1, language))
        page = client.get(PAGE).text.replace("1.480", "1480")
        assert all(word in page for word in words)
