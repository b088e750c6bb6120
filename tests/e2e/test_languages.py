"""Three languages, chosen by the browser and by whoever looks: every page fits, on a phone and on a desk."""

from __future__ import annotations

import re

import pytest
from browsing import DESK, PHONE, Demo, Watched
from playwright.sync_api import expect

LOCALES = {"en": "en-GB", "zh": "zh-CN", "es": "es-MX"}
BALANCE = {"en": r"^¥[\d,]+\.\d\d$", "zh": r"^¥[\d,]+\.\d\d$", "es": r"^[\d.]+,\d\d\s¥$"}
SIGNS = {"en": "Balance", "zh": "余额", "es": "Saldo"}
SIZES = [("phone", PHONE), ("desk", DESK)]


@pytest.mark.parametrize("language", LOCALES)
def test_every_page_speaks_the_browsers_language_and_fits(demo: Demo, watched: Watched, keep, language: str) -> None:
    page = watched.phone(demo, 3, locale=LOCALES[language])
    expect(page.locator(".pass-label")).to_contain_text(SIGNS[language])
    expect(page.locator("#balance")).to_have_text(re.compile(BALANCE[language]))
    for name in ("", "wallet", "bank", "messages", "sign-in"):
        page.goto(f"{demo.base}/{name}")
        assert page.locator("html").get_attribute("lang") == language
        for size, viewport in SIZES:
            page.set_viewport_size(viewport)
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} pixels too wide on a {size}"
            keep(page, f"{name or 'welcome'}-{size}-{language}")


@pytest.mark.parametrize(("size", "viewport"), SIZES, ids=["phone", "desk"])
def test_the_switch_changes_the_language_and_stays_on_the_page(
    demo: Demo, watched: Watched, size: str, viewport: dict[str, int]
) -> None:
    page = watched.phone(demo, 4 if size == "phone" else 5, viewport)
    for language, name in (("zh", "中文"), ("es", "español"), ("en", "English")):
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page).to_have_url(demo.base + "/wallet/pay")
        expect(page.locator(".pass-label")).to_contain_text(SIGNS[language])


def test_the_switch_works_without_scripts_and_signed_out(demo: Demo, watched: Watched) -> None:
    page = watched.open(demo.base + "/bank", java_script_enabled=False)
    page.get_by_role("button", name="中文", exact=True).click()
    expect(page).to_have_url(demo.base + "/bank")
    expect(page.locator("h1")).to_have_text("银行")
    page.goto(demo.base + "/")
    expect(page.locator("html")).to_have_attribute("lang", "zh")
