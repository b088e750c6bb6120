"""The console's lists, page by page; its forms, which say all that is wrong at once; and its refusals, with menus."""

from __future__ import annotations

import re
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from staff_pages import Browser, text_of
from staffed import Staffed

from feiqian.bench.projector import make_journal
from feiqian.payments.read_model import READ_MODEL
from feiqian.payments.read_model.reads import PaymentReads
from feiqian.payments.support import CustomerPayments
from feiqian.projections.database import open_database
from feiqian.projections.projector import Projector
from feiqian.subjects import customer


@pytest.fixture
def browser(bank: Staffed, browser: Browser) -> Browser:
    """Of a member who supports, audits and administers."""
    bank.member("alice", "supporter", "auditor", "admin")
    browser.is_staff(bank.sign_in_as("alice").token)
    return browser


def wrong_of(html: str) -> list[str]:
    """The fields that the summary leads to, in order; the summary stands in the panel of the form."""
    summary = re.search(r'<section class="panel[^>]*>(?:(?!</section>).)*?id="summary".*?</ul>', html, re.S)
    return re.findall(r'href="#f-([a-z_]+)"', summary[0]) if summary else []


def test_a_form_says_all_that_is_wrong_at_once(bank, browser: Browser, mei: str) -> None:
    dan = bank.member("dan", "supporter")
    file = f"/staff/customers/{mei}"
    adjust = {"currency": "CNY", "direction": "credit", "reason": "other"}
    for path, fields, wrong in (
        (f"{file}/propose/adjust", {**adjust, "amount": "a lot", "why": ""}, ["amount", "why"]),
        (f"{file}/propose/adjust", {**adjust, "amount": "0", "why": "no"}, ["amount", "why"]),
        (f"{file}/propose/day_limit", {"currency": "CNY", "amount": "99999999", "why": ""}, ["amount", "why"]),
        (f"{file}/propose/set_level", {"level": "remote", "before": "remote", "why": ""}, ["level", "why"]),
        (f"{file}/case", {"kind": "other", "text": ""}, ["text"]),
        (f"{file}/freeze", {"why": ""}, ["why"]),
        (f"/staff/accounts/{dan.id}/roles", {"why": ""}, ["roles", "why"]),
    ):
        answer = browser.post(path, **fields)
        assert (answer.status_code, wrong_of(answer.text)) == (422, wrong), path
        assert all(f'id="f-{name}"' in answer.text for name in wrong), path
    browser.nobody()
    signing_in = browser.post("/staff/sign-in", login="", password="").text
    assert re.findall(r'href="#f-([a-z_]+)"', signing_in) == ["login", "password"]


def pages_from(browser: Browser, path: str, link: str) -> list[str]:
    """This page and those that its links lead to, one after the other."""
    found = [browser.get(path).text]
    while onwards := re.search(rf'<nav class="pager".*?<a class="mini"[^>]*href="([^"]+)">{link}</a>', found[-1], re.S):
        found.append(browser.get(unescape(onwards[1])).text)
    return found


def test_lists_that_grow_have_pages(bank, browser: Browser, mei: str) -> None:
    alice, file = bank.do(bank.members.by_login, "alice"), f"/staff/customers/{mei}"
    who = bank.do(bank.customers.by_id, mei)
    for number in range(55):
        bank.run(bank.case_queue.begin(alice, mei, "other", f"case {number}"))
    bank.customers.add([f"Mei Lin {number}" for number in range(55)], bank.clock.now())
    lists = {
        f"{file}/list/cases": ("Older", 55, r'href="(/staff/cases/cas_\w+)"'),
        f"{file}/list/entries": ("Older", 57, r"<li><time"),
        "/staff/cases": ("Newer", 55, r'href="(/staff/cases/cas_\w+)"'),
        "/staff/customers?q=Mei%20Lin": ("Next", 55, r'href="(/staff/customers/cus_\w+)"'),
    }
    for path, (link, count, row) in lists.items():
        pages = pages_from(browser, path, link)
        found = [one for page in pages for one in re.findall(row, page.partition("<main")[2])]
        assert len(pages) > 1, path
        assert len(found) == count, path
        assert "after=" in pages[1] or "before=" in pages[1], path
    first, *_, last = pages_from(browser, "/staff/trail", "Older")
    assert ">Newer</a>" not in first
    assert ">Newer</a>" in last
    assert ">Older</a>" not in last
    looked = [one for one in bank.entries(str(customer(who.number))) if one.details.get("list") == "cases"]
    assert "before" in looked[-1].details
    assert browser.get(f"{file}/list/secrets").status_code == 404


def test_a_customers_payments_have_pages(bank, browser: Browser, mei: str, tmp_path: Path) -> None:
    made: Any = make_journal(60, customers=2, merchants=1, per_row=20)
    with closing(open_database(tmp_path / "read.db")) as db:
        projector = Projector(made, db, READ_MODEL)
        while projector.position < len(made):
            projector.step(1)
        count = db.all("SELECT 1 FROM payments WHERE customer = 1")
    section = next(one for one in bank.support_view._lists if isinstance(one, CustomerPayments))
    file = f"/staff/customers/{mei}"
    with closing(PaymentReads(tmp_path / "read.db")) as section._reads:
        assert f'href="{file}/list/payments?before=' in browser.get(file).text
        pages = pages_from(browser, f"{file}/list/payments", "Older")
        assert ">Newer</a>" in pages[-1]
    rows = [page.count("<tr><td><time") for page in pages]
    assert (sum(rows), rows[:-1]) == (len(count), [10] * (len(rows) - 1))
    assert len(rows) == 4


def test_who_is_refused_keeps_the_menu_and_is_told_which_role_it_takes(browser: Browser) -> None:
    refused = browser.get("/staff/identity")
    shown = text_of(refused.text)
    assert refused.status_code == 403
    assert refused.headers["content-security-policy"].startswith("default-src 'none'")
    for words in (
        "of these roles opens it Reviewer",
        "Your roles Administrator, Auditor, Supporter",
        "An administrator proposes the role",
    ):
        assert words in shown, words
    for place in ("", "/customers", "/cases", "/changes", "/accounts", "/trail"):
        assert f'href="/staff{place}"' in refused.text
    gone = browser.get("/staff/cases/cas_1")
    assert (gone.status_code, 'href="/staff/cases"' in gone.text) == (404, True)
    assert browser.get("/staff/identity", headers={"Accept": "application/json"}).json() == {
        "problem": "Not with your roles"
    }
