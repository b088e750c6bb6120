"""The pages of services, of customers and of staff, and /v1, as a browser without scripts has them."""

from __future__ import annotations

import re

import httpx
from staffed import Staffed

from feiqian.channels.model import BankingChannel
from feiqian.testing.people import Person
from feiqian.testing.served import Served
from tests.web.staff_pages import browsing, text_of

_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


def test_a_customer_requests_and_closes_by_page_and_by_app(paged: Served) -> None:
    person = Person(paged, 300)
    person.register()
    token = person.api.headers["authorization"].removeprefix("Bearer ")
    with httpx.Client(
        base_url=paged.url, cookies={"feiqian": token}, headers={"origin": paged.url}, timeout=60
    ) as browser:
        assert 'href="/services"' in browser.get("/me").text
        page = browser.get("/services").text
        mark = dict(_HIDDEN.findall(page))
        assert browser.post("/services/telephone/request", data=mark).headers["location"] == "/services?said=requested"
        assert "Requested, " in browser.get("/services?said=requested").text
        assert browser.post("/services/telephone/request", data=mark).headers["location"] == "/services"
        for path in ("/services/fax/request", "/services/internet/close"):
            assert browser.post(path, data=mark).status_code == 404
        states = {one["channel"]: one["state"] for one in person.get("/v1/me/services")["data"]}
        assert states == {"internet": None, "mobile": None, "telephone": "requested"}
        assert person.post("/v1/me/services/close", {"channel": "telephone"})["state"] == "closed"
        for _ in range(4):
            person.post("/v1/me/services/request", {"channel": "telephone"})
            person.post("/v1/me/services/close", {"channel": "telephone"})
        assert "too often today" in browser.post("/services/telephone/request", data=mark).text
    assert person.api.post("/v1/me/services/request", json={"channel": "telephone"}).status_code == 429
    assert person.api.post("/v1/me/services/close", json={"channel": "telephone"}).status_code == 409
    assert person.api.post("/v1/me/services/close", json={"channel": "mobile"}).status_code == 404
    assert person.api.post("/v1/me/services/request", json={"channel": "fax"}).status_code == 422
    person.api.close()


def test_a_supporter_decides_in_the_console(bank: Staffed) -> None:
    mei = bank.register().session.subject.customer
    bank.member("sue", "supporter")
    id = bank.run(bank.services.channels.request(mei, BankingChannel.TELEPHONE)).id
    with browsing(bank) as browser:
        browser.is_staff(bank.sign_in_as("sue").token)
        assert "Telephone banking" in text_of(browser.get("/staff/services").text)
        page = browser.get(f"/staff/services/{id}").text
        mark = dict(_HIDDEN.findall(page))["page_for"]
        wrong = browser.post(f"/staff/services/{id}", page_for=mark)
        assert (wrong.status_code, "Choose what comes of it." in wrong.text) == (422, True)
        done = browser.post(f"/staff/services/{id}", page_for=mark, outcome="contact")
        assert done.headers["location"] == "/staff/services?said=decided"
        assert "No request waits." in browser.follow(done).text
        again = browser.post(f"/staff/services/{id}", page_for=mark, outcome="active")
        assert (again.status_code, "It does not wait any more." in again.text) == (422, True)
        assert browser.get("/staff/services/svc_1").status_code == 404
