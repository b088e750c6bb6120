"""What the wallet's script fetches ahead, and the page that is nobody's."""

from __future__ import annotations

import re

import pytest
from litestar.testing import TestClient

from feiqian.subjects import Role, customer
from tests.offline_codes.conftest import Tills
from tests.quick.test_pay_pages import MARK

AHEAD = "/wallet/codes-ahead"


def mark(browser: TestClient) -> dict[str, str]:
    found = MARK.search(browser.get("/security").text)
    assert found
    return {"Page-For": found[1]}


def test_the_page_of_whoever_is_signed_in_gets_codes_that_pay(tills: Tills, browser: TestClient) -> None:
    told = browser.post(AHEAD, headers=mark(browser)).json()
    assert (len(told["codes"]), told["lasts"]) == (60, 10_000)
    assert told["begins"] <= told["now"] < told["begins"] + told["lasts"]
    assert tills.outcome(told["codes"][0]) == "succeeded"
    assert browser.post(AHEAD, headers=mark(browser)).json()["codes"][0] == ""


def test_a_page_of_another_and_nobody_get_none(tills: Tills, browser: TestClient) -> None:
    assert browser.post(AHEAD).status_code == 409
    assert browser.post(AHEAD, headers={"Page-For": "-.-.-.-"}).status_code == 409
    headers = mark(browser)
    browser.cookies.clear()
    refused = browser.post(AHEAD, headers=headers | {"Accept": "application/json"})
    assert (refused.status_code, refused.headers["page-for"]) == (401, "nobody")


def test_a_frozen_wallet_is_told_none(tills: Tills, browser: TestClient) -> None:
    headers = mark(browser)
    tills.bank.run(tills.s.freezing.freeze(tills.mei.customer, customer(tills.mei.customer)))
    assert browser.post(AHEAD, headers=headers).json()["codes"] == []


def test_asking_by_itself_keeps_no_session_from_going_idle(tills: Tills, browser: TestClient) -> None:
    headers = mark(browser)
    minutes = tills.s.policy.sessions[Role.CUSTOMER].idle_minutes
    for _ in range(minutes):
        tills.bank.clock.advance(60)
        answer = browser.post(AHEAD, headers=headers | {"Accept": "application/json"})
    assert answer.status_code == 401


@pytest.mark.parametrize(("language", "said"), [("en", "No network"), ("zh", "没有网络"), ("es", "Sin conexión")])
def test_abuse_62_the_page_without_network_is_nobody_s(
    tills: Tills, browser: TestClient, language: str, said: str
) -> None:
    """Even asked for by somebody who is signed in."""
    page = browser.get("/offline", headers={"Accept-Language": language}).text
    if language == "en":
        assert said in page
    browser.cookies.clear()
    alone = browser.get("/offline", headers={"Accept-Language": language}).text
    assert said in alone
    for text in (page, alone):
        assert '<meta name="page-for" content="">' in text
        assert not re.search(r"\d{20}|dev_|cus_|ses_", text)
        assert tills.mei.last_four not in text
