"""A customer's file as supporters see it: sections of features, and the time line in words."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import jinja2
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the helpers beside the tests

from staff_pages import Browser, text_of
from staffed import Staffed

from feiqian.backoffice.pages.words import short_details
from feiqian.ids import CHANGE, DEVICE, new_id
from feiqian.testing.clock import ManualClock
from feiqian.texts import english
from feiqian.web.render import renderers


@pytest.fixture
def browser(bank: Staffed, browser: Browser) -> Browser:
    """Of a supporter."""
    bank.checked()
    bank.member("alice", "supporter")
    browser.is_staff(bank.sign_in_as("alice").token)
    return browser


@pytest.fixture
def file(browser: Browser) -> str:
    """The address of the file of the only customer."""
    s = browser.site.services
    return f"/staff/customers/{s.transactions.read_now(s.customers.by_number, 1).id}"


RAW = {
    "before": "unverified",
    "change": new_id(CHANGE, 0),
    "country": "CHN",
    "device": new_id(DEVICE, 0),
    "factors": ["password", "sms", "horoscope"],
    "index": 1,
    "kind": "set_level",
    "level": "remote",
    "sessions_ended": 4,
    "why": "she called",
}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Change the level · Password · SMS code · {unverified} → {remote} · she called"),
        ("zh", "调整等级 · 密码 · 短信验证码 · {unverified} → {remote} · she called"),
        ("es", "Cambiar el nivel · Contraseña · Código por SMS · {unverified} → {remote} · she called"),
    ],
)
def test_the_time_line_says_details_in_words_or_not_at_all(language: str, said: str) -> None:
    render = renderers(ManualClock(), "Asia/Shanghai")[language]
    levels = {name: render.texts(f"customer.level.{name}") for name in ("unverified", "remote")}
    assert short_details(render, RAW) == said.format(**levels)
    assert short_details(render, {"kind": "horoscope", "level": 1, "before": 2, "session": "ses_1"}) == ""


def test_the_time_line_of_a_customers_file_is_in_words(browser: Browser, file: str) -> None:
    shown = text_of(browser.get(file).text).rpartition("Time line")[2]
    levels = " → ".join(english(f"customer.level.{name}") for name in ("unverified", "remote"))
    assert f"Set the level · Customer {levels}" in shown
    assert "Registered · Customer Identity card" in shown


def test_the_macros_of_sections_are_made_once_and_not_for_each_page(browser: Browser, file: str, monkeypatch) -> None:
    assert browser.get(file).status_code == 200
    made, make_module = [], jinja2.Template.make_module

    def counted(template: jinja2.Template, *given: Any) -> Any:
        made.append(template.name)
        return make_module(template, *given)

    monkeypatch.setattr(jinja2.Template, "make_module", counted)
    assert browser.get(file).status_code == 200
    assert "parts.html" in made
    assert [name for name in made if name.startswith("support_")] == []
