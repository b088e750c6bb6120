"""Statements in a browser: a file is chosen and saved, wrong days are said at the form, and anybody checks a paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from browsing import DESK, PHONE, Demo, Watched
from persons import forgive
from playwright.sync_api import Page, expect
from test_accessible import findings

from tests.statements.keepers import text_of_pdf

Keep = Callable[[Page, str], None]
PLACE = 9
LOCALES = {"en": "en-GB", "zh": "zh-CN", "es": "es-MX"}
TITLES = {"en": "Statement of account", "zh": "账户对账单", "es": "Extracto de cuenta"}
CODE = re.compile(r"\b([A-Z2-7]{4}(?:-[A-Z2-7]{4}){5})\b")


def too_wide(page: Page) -> int:
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


@pytest.mark.parametrize("language", LOCALES)
def test_a_statement_is_saved_and_its_code_is_checked_by_anybody(
    demo: Demo, watched: Watched, keep: Keep, language: str
) -> None:
    page = watched.phone(demo, PLACE, locale=LOCALES[language], accept_downloads=True)
    page.goto(f"{demo.base}/statements")
    keep(page, f"statements-{language}")
    with page.expect_download() as saving:
        page.locator("form.form button.button").click()
    saved = saving.value
    assert re.fullmatch(r"statement-wallet-cny-[0-9_-]+\.pdf", saved.suggested_filename)
    text = text_of_pdf(Path(saved.path()).read_bytes())
    assert TITLES[language] in text
    code = CODE.search(text)
    assert code is not None

    stranger = watched.open(f"{demo.base}/statements/check", locale=LOCALES[language])
    stranger.locator("#f-statement").fill(code[1].lower())
    stranger.locator("form.form button.button").click()
    expect(stranger.locator(".notice-good")).to_be_visible()
    keep(stranger, f"statements-checked-{language}")
    stranger.locator("#f-statement").fill(code[1][:-1] + ("A" if code[1][-1] != "A" else "B"))
    stranger.locator("form.form button.button").click()
    expect(stranger.locator(".notice-bad")).to_be_visible()
    keep(stranger, f"statements-forged-{language}")
    assert too_wide(page) <= 0
    assert too_wide(stranger) <= 0
    forgive(watched, 404)


def test_wrong_days_are_said_at_the_form_which_keeps_what_was_chosen(demo: Demo, watched: Watched, keep: Keep) -> None:
    page = watched.phone(demo, PLACE, java_script_enabled=False)
    page.goto(f"{demo.base}/statements")
    page.locator("details summary").click()
    page.locator("#f-first").fill("2026-11-30")
    page.locator("#f-last").fill("2026-11-01")
    page.locator('input[value="xlsx"]').check()
    page.locator("form.form button.button").click()
    expect(page.locator("#e-first")).to_contain_text("must not be after the last")
    expect(page.locator("#f-first")).to_have_value("2026-11-30")
    expect(page.locator('input[value="xlsx"]')).to_be_checked()
    keep(page, "statements-wrong")
    forgive(watched, 422)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_both_pages_fit_at_any_size(
    demo: Demo, watched: Watched, keep: Keep, scheme: str
) -> None:
    page = watched.phone(demo, PLACE, PHONE, scheme, reduced_motion="reduce", bypass_csp=True)
    found = []
    for name in ("statements", "statements/check", "statements/check?statement=AAAA"):
        page.goto(f"{demo.base}/{name}")
        for viewport in (PHONE, DESK, {"width": 640, "height": 400}, {"width": 360, "height": 780}):
            page.set_viewport_size(viewport)  # the third is a desk at 200 %
            assert too_wide(page) <= 0
        page.set_viewport_size(DESK if scheme == "dark" else PHONE)
        found += findings(page)
        keep(page, re.sub(r"\W+", "-", f"{name}-{scheme}"))
    assert found == []
    forgive(watched, 404)


def test_the_keyboard_alone_gets_a_file(demo: Demo, watched: Watched) -> None:
    page = watched.phone(demo, PLACE, DESK, accept_downloads=True)
    page.goto(f"{demo.base}/statements")
    page.locator("#f-account").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#f-period")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("details summary")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#f-format")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator('input[value="csv"]')).to_be_checked()
    page.keyboard.press("Tab")
    with page.expect_download() as saving:
        page.keyboard.press("Enter")
    assert saving.value.suggested_filename.endswith(".csv")
