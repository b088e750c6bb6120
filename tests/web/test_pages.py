"""What each page shows, and what the till's requests become."""

from __future__ import annotations

import re

import pytest
from fakes import CAFE, CODE, StillBank
from litestar.testing import TestClient

from feiqian.merchants.registry import Merchant
from feiqian.payments.policy import Decline
from feiqian.payments.requests import PaymentRequest
from feiqian.payments.views import PaymentView, not_kept
from feiqian.web import assets
from feiqian.web.site import Site

PAGES = (
    "/",
    "/wallet",
    "/messages",
    "/till/mer_cafe",
    "/bank",
    "/together?customer=cus_alice&merchant=mer_cafe",
)


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_there_and_every_file_that_they_name_is_there(alice: TestClient, address: str) -> None:
    page = alice.get(address)
    assert page.status_code == 200
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert files
    for file in files:
        answer = alice.get(file)
        assert answer.status_code == 200, file
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("address", PAGES)
def test_no_page_holds_a_script_or_a_style_of_its_own(alice: TestClient, address: str) -> None:
    text = alice.get(address).text
    assert not re.search(r"<script(?![^>]*(src=|application/json))", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)


def test_names_are_escaped(alice: TestClient) -> None:
    text = alice.get("/wallet/pay").text + alice.get("/till/mer_cafe").text
    assert "Alice &lt;b&gt;Wang" in text
    assert "<b>Wang" not in text
    assert "Corner &#34;Café&#34; &amp; Söhne" in text


def test_a_sale_is_asked_for_in_minor_units(client: TestClient, still: StillBank) -> None:
    answer = client.post("/till/mer_cafe/payments", json={"order": "A-1", "amount": "32.00", "code": CODE})
    assert answer.status_code == 200
    assert answer.json()["status"] == "succeeded"
    assert "¥32.00" in answer.json()["html"]
    assert still.did == [("pay", CODE, 32_00, "A-1")]


def test_a_scan_of_which_the_bank_keeps_no_payment_comes_with_its_row(client: TestClient, site: Site) -> None:
    sale = {"order": "A-1", "amount": "32.00", "code": CODE}
    assert "receipt" not in client.post("/till/mer_cafe/payments", json=sale).json()

    async def declined(merchant: Merchant, request: PaymentRequest) -> PaymentView:
        return not_kept(request, Decline.CODE_INVALID, 10**15)

    site.services.payments.pay = declined  # type: ignore[method-assign]
    row = client.post("/till/mer_cafe/payments", json=sale).json()["receipt"]
    assert 'class="row declined"' in row
    for said in (f'data-at="{10**15}"', "¥32.00", "wrong code"):
        assert said in row


def test_the_till_says_why_takings_are_less_than_the_sales(client: TestClient, site: Site) -> None:
    page = client.get("/till/mer_cafe", headers={"Accept-Language": "es"}).text
    assert "Descontada la comisión del banco: 0,6 % de cada venta" in page
    site.services.merchants.by_id = lambda id: CAFE._replace(fee_basis_points=0)  # type: ignore[method-assign]
    assert "takings-fee" not in client.get("/till/mer_cafe").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": "0.00"},
        {"amount": "-1"},
        {"amount": "1e3"},
        {"amount": "1.234"},
        {"amount": "9" * 21},
        {"code": "8801"},
        {"code": "８" * 20},
        {"order": ""},
        {"order": "a b"},
        {"order": "A-1\n"},
        {"code": CODE + "\n"},
        {"unknown": 1},
    ],
)
def test_a_sale_that_makes_no_sense_is_not_asked_for(client: TestClient, still: StillBank, wrong: dict) -> None:
    sale = {"order": "A-1", "amount": "32.00", "code": CODE} | wrong
    assert client.post("/till/mer_cafe/payments", json=sale).status_code == 400
    assert still.did == []


def test_asking_cancelling_and_giving_back(client: TestClient, still: StillBank) -> None:
    question = {"order": "A-1", "amount": "32.00"}
    unheard = client.post("/till/mer_cafe/questions", json=question | {"order": "B-1"})
    assert unheard.json()["status"] == "missing"
    assert client.post("/till/mer_cafe/cancellations", json=question).json()["status"] == "cancelled"
    back = client.post("/till/mer_cafe/refunds", json={"order": "A-1", "amount": "1.5", "number": "R-1"}).json()
    assert back == {"status": "succeeded", "amount": "¥1.50", "reason": ""}
    assert still.did == [("refund", "pay_1", 1_50, "R-1")]


def test_a_sale_of_before_whose_number_ends_in_a_newline_can_be_given_back(
    client: TestClient, still: StillBank
) -> None:
    refund = {"order": "A-1\n", "amount": "1.5", "number": "R-1"}
    assert client.post("/till/mer_cafe/refunds", json=refund).json()["status"] == "succeeded"
    assert client.post("/till/mer_cafe/refunds", json=refund | {"number": "R-1\n"}).status_code == 400
    assert still.did == [("refund", "pay_1", 1_50, "R-1")]


def test_the_phone_beside_waits_for_a_fresh_code(client: TestClient, still: StillBank) -> None:
    still.used = True
    assert client.post("/till/mer_cafe/beside", json={"customer": "cus_alice"}).json() == {"code": CODE}
    assert not still.used


def test_the_switch_takes_its_three_words_only(client: TestClient) -> None:
    assert client.post("/demo/traffic", json={"level": "rush"}).json() == {"level": "rush"}
    assert client.post("/demo/traffic", json={"level": "flood"}).status_code == 400


@pytest.mark.parametrize(
    "address", ["/till/mer_x", "/nothing", "/static/x/y.css", "/open?door=till", "/messages?whose=cus_bob"]
)
def test_what_is_not_there_is_said_to_be_so(client: TestClient, address: str) -> None:
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "Not here" in answer.text
    assert answer.headers["content-security-policy"]


def test_the_start_page_leads_on(client: TestClient) -> None:
    query = "customer=cus_alice&merchant=mer_cafe"
    for door, place in {"till": "/till/mer_cafe?beside=cus_alice", "bank": "/bank"}.items():
        answer = client.get(f"/open?door={door}&{query}", follow_redirects=False)
        assert answer.headers["location"] == place


@pytest.mark.parametrize(
    ("door", "place"), [("phone", "/wallet"), ("together", "/together?customer=cus_alice&merchant=mer_cafe")]
)
def test_one_tap_signs_in_as_the_chosen_customer(client: TestClient, door: str, place: str) -> None:
    form = {"door": door, "customer": "cus_alice", "merchant": "mer_cafe"}
    answer = client.post("/demo/phone", data=form, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, place)
    assert client.get("/wallet").status_code == 200


def test_a_tap_for_nobody_opens_nothing(client: TestClient, site: Site) -> None:
    assert client.post("/demo/phone", data={"door": "phone", "customer": "cus_x"}).status_code == 404
    assert client.post("/demo/staff", data={"login": "mallory"}).status_code == 404
    assert site.services.sessions.known == {}


def test_the_demos_staff_work_behind_a_cookie_of_their_own(client: TestClient, site: Site) -> None:
    answer = client.post("/demo/staff", data={"login": "alice"}, follow_redirects=False)
    assert answer.headers["location"] == "/staff"
    assert answer.headers["set-cookie"].startswith("feiqian-staff=")
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert client.get("/wallet", follow_redirects=False).status_code != 200


def test_the_inbox_shows_what_was_sent(client: TestClient, site: Site) -> None:
    page = client.get("/messages?whose=cus_alice").text
    assert "Your code is 123456" in page
    assert "Alice &lt;b&gt;Wang" in page
    assert "Your code is 123456" in client.get("/messages/letters").json()["letters"]


def test_an_old_address_of_a_file_still_works_but_is_not_kept(client: TestClient) -> None:
    assert client.get("/static/old/css/base.css").headers["cache-control"] == "no-cache"
    with pytest.raises(KeyError):
        assets.url("css/none.css")
