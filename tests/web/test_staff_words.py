"""Every page of the console, of a bank with one of everything, in three languages: nothing is said as it is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from staff_bank import MINOR, Full, fill
from staff_pages import Browser, browsing, text_of
from staffed import EVE_ID, Staffed

from feiqian.backoffice.pages.words import action_name, failure_text, kind_name
from feiqian.texts import LANGUAGES, texts_in
from feiqian.web.cookies import OFFSET

RAW = {
    "a word of the code": re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b"),
    "a number that nobody reads": re.compile(r"(?<![\w+])\d{12,}"),
    "a subject": re.compile(r"\b(?:customer|staff|applicant|nobody)s?:\s?\d"),
    "an amount by its code": re.compile(r"\b(?:CNY|USD|EUR|JPY)\s?-?\d|\d\s?(?:CNY|USD|EUR|JPY)\b"),
    "an amount in minor units": re.compile(rf"{MINOR}|{MINOR:,}(?!\.)"),
    "a number of a currency": re.compile(r"(?<!\d)156(?!\d)"),
}
TYPED = re.compile(r"<code\b.*?</code>|<q\b.*?</q>|<div class=\"mrz\".*?</div>", re.S)  # ids, and what people wrote


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, Full]]:
    with closing(Staffed(tmp_path_factory.mktemp("bank") / "bank")) as bank:
        filled = fill(bank)
        with browsing(bank) as browser:
            browser.is_staff(filled.token)
            yield browser, filled


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_of_staff_says_anything_as_it_is_kept(full: tuple[Browser, Full], language: str) -> None:
    browser, filled = full
    browser.client.cookies.set(browser.site.cookies.language, language)
    findings = []
    for path in filled.paths:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        words = text_of(TYPED.sub(" ", answer.text).replace("</dt>", ":")).replace(EVE_ID, "")
        for what, raw in RAW.items():
            findings += [f"{path}: {what}: {found[0]}" for found in raw.finditer(words)]
    assert findings == []


def test_the_audit_log_says_who_did_what_to_whom_and_when(full: tuple[Browser, Full]) -> None:
    browser, _ = full
    browser.client.cookies.set(browser.site.cookies.language, "en")
    rows = re.findall(r"<tr>.*?</tr>", browser.get("/staff/trail?about=1").text, re.S)
    corrected = next(text_of(row) for row in rows if "Approved a change" in row)
    effect = ("¥1,234.57 to the customer", "Before ¥10,000.00", "After ¥11,234.57")
    for words in ("(UTC+8)", "bob", "Customer 1", *effect):
        assert words in corrected, words
    frozen = next(text_of(row) for row in rows if "Lift the freeze" in row)
    assert re.search(r"Frozen since: 1[0-9] \w+ 20\d\d, \d\d:\d\d:\d\d \(UTC\+8\)", frozen)
    limit = next(text_of(row) for row in rows if "¥1,234.57 a day" in row)
    assert "Proposed a change" in limit


@pytest.mark.parametrize(("offset", "zones"), [("480", {0, 1}), ("60", {1})])
def test_no_time_says_its_zone_twice(full: tuple[Browser, Full], offset: str, zones: set[int]) -> None:
    """For those whose clocks show another time every time carries its zone; for others those of records do."""
    browser, filled = full
    browser.client.cookies.set(browser.site.cookies.language, "en")
    browser.client.cookies.set(OFFSET, offset)
    seen = set()
    for path in filled.paths:
        page = browser.get(path).text
        assert not re.search(r"UTC[^\s<]*(?:\s|<[^>]*>)*UTC", page), path
        for time, title in re.findall(r"<time[^>]*?(?: title=\"([^\"]*)\")?>(.*?)</time>", page):
            seen |= {said.count("(UTC+8)") for said in (time, title) if re.search(r"\d\d:\d\d", said)}
    browser.client.cookies.delete(OFFSET)
    assert seen == zones


def test_an_id_is_shown_short_and_is_copied_whole(full: tuple[Browser, Full]) -> None:
    browser, filled = full
    page = browser.get("/staff/trail").text
    shown = f'<code class="id" data-copy title="{filled.customer}">'
    shown += f"{filled.customer[:4]}<span>{filled.customer[4:-6]}</span>{filled.customer[-6:]}</code>"
    assert shown in page
    assert f'<a href="/staff/customers/{filled.customer}"><code' in page


def test_what_no_text_says_is_told_without_names_of_code(full: tuple[Browser, Full]) -> None:
    site = full[0].site.asked("en", "/staff", False, "")
    assert (kind_name(site, "odd_kind"), action_name(site, "odd_thing_done")) == ("odd kind", "odd thing done")
    assert failure_text(site, "not_frozen") == "The wallets are not frozen."
    assert failure_text(site, "ValueError").startswith("An error that was not expected")
    assert failure_text(site, "the wallet is gone") == "the wallet is gone"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_acts_have_one_name(language: str) -> None:
    texts = {key: text for key, text in texts_in(language).catalogue.items() if key.startswith("staff.action.")}
    assert sorted(texts.values()) == sorted(set(texts.values()))
