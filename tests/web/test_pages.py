"""What each page shows, and what the till's requests become."""

from __future__ import annotations

import re

import pytest
from fakes import CODE, StillBank
from litestar.testing import TestClient

from feiqian.web import assets

PAGES = ("/", "/phone/cus_alice", "/till/mer_cafe", "/bank", "/together?customer=cus_alice&merchant=mer_cafe")


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_there_and_every_file_that_they_name_is_there(client: TestClient, address: str) -> None:
    page = client.get(address)
    assert page.status_code == 200
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert files
    for file in files:
        answer = client.get(file)
        assert answer.status_code == 200, file
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("address", PAGES)
def test_no_page_holds_a_script_or_a_style_of_its_own(client: TestClient, address: str) -> None:
    text = client.get(address).text
    assert not re.search(r"<script(?![^>]*(src=|application/json))", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)


def test_names_are_escaped(client: TestClient) -> None:
    text = client.get("/phone/cus_alice").text + client.get("/till/mer_cafe").text
    assert "Alice &lt;b&gt;Wang" in text
    assert "<b>Wang" not in text
    assert "Corner &#34;Café&#34; &amp; Söhne" in text


def test_the_phone_shows_balance_code_and_payments(client: TestClient) -> None:
    text = client.get("/phone/cus_alice").text
    assert "¥1,234.50" in text
    assert "8801 2345 6789 0123 4567" in text
    assert "¥12.00 refunded" in text
    assert "not enough money" in text


def test_a_new_code_comes_with_its_pictures(client: TestClient) -> None:
    code = client.get("/phone/cus_alice/code").json()
    assert code["digits"] == CODE
    assert code["qr"]["path"].startswith("M")
    assert code["bars"]["width"] > code["bars"]["height"]


def test_a_sale_is_asked_for_in_minor_units(client: TestClient, still: StillBank) -> None:
    answer = client.post("/till/mer_cafe/payments", json={"order": "A-1", "amount": "32.00", "code": CODE})
    assert answer.status_code == 200
    assert answer.json()["status"] == "succeeded"
    assert "¥32.00" in answer.json()["html"]
    assert still.did == [("pay", CODE, 32_00, "A-1")]


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
        {"unknown": 1},
    ],
)
def test_a_sale_that_makes_no_sense_is_not_asked_for(client: TestClient, still: StillBank, wrong: dict) -> None:
    sale = {"order": "A-1", "amount": "32.00", "code": CODE} | wrong
    assert client.post("/till/mer_cafe/payments", json=sale).status_code == 400
    assert still.did == []


def test_asking_cancelling_and_giving_back(client: TestClient, still: StillBank) -> None:
    question = {"order": "A-1", "amount": "32.00"}
    assert client.post("/till/mer_cafe/questions", json=question).json()["status"] == "missing"
    assert client.post("/till/mer_cafe/cancellations", json=question).json()["status"] == "cancelled"
    back = client.post("/till/mer_cafe/refunds", json={"order": "A-1", "amount": "1.5", "number": "R-1"}).json()
    assert back == {"status": "succeeded", "amount": "¥1.50", "reason": ""}
    assert still.did == [("refund", "A-1", 1_50, "R-1")]


def test_the_phone_beside_waits_for_a_fresh_code(client: TestClient, still: StillBank) -> None:
    still.used = True
    assert client.post("/till/mer_cafe/beside", json={"customer": "cus_alice"}).json() == {"code": CODE}
    assert not still.used


def test_the_switch_takes_its_three_words_only(client: TestClient) -> None:
    assert client.post("/demo/traffic", json={"level": "rush"}).json() == {"level": "rush"}
    assert client.post("/demo/traffic", json={"level": "flood"}).status_code == 400


@pytest.mark.parametrize(
    "address", ["/phone/cus_bob", "/till/mer_x", "/nothing", "/static/x/y.css", "/open?door=phone"]
)
def test_what_is_not_there_is_said_to_be_so(client: TestClient, address: str) -> None:
    answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "Not here" in answer.text
    assert answer.headers["content-security-policy"]


def test_the_start_page_leads_on(client: TestClient) -> None:
    query = "customer=cus_alice&merchant=mer_cafe"
    places = {
        "phone": "/phone/cus_alice",
        "till": "/till/mer_cafe?beside=cus_alice",
        "bank": "/bank",
        "together": f"/together?{query}",
    }
    for door, place in places.items():
        answer = client.get(f"/open?door={door}&{query}", follow_redirects=False)
        assert answer.headers["location"] == place


def test_an_old_address_of_a_file_still_works_but_is_not_kept(client: TestClient) -> None:
    assert client.get("/static/old/css/base.css").headers["cache-control"] == "no-cache"
    with pytest.raises(KeyError):
        assets.url("css/none.css")
