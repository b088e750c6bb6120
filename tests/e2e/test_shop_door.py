"""The fourth door: from the start page to the shop, to the bank with a code from the inbox, and back, paid."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import DESK, PHONE, STOP_SECONDS, start_demo, stop_demo
from playwright.sync_api import Browser, Page, expect
from test_accessible import findings

Keep = Callable[[Page, str], None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, seeded_demo: Path) -> Path:
    folder = tmp_path_factory.mktemp("with-shop")
    shutil.copytree(seeded_demo / "bank", folder / "bank")
    return folder


@pytest.fixture(scope="module")
def base(folder: Path) -> Iterator[str]:
    demo = start_demo(folder)
    yield demo.base
    if demo.process.poll() is None:
        stop_demo(demo)


def opened(page: Page, base: str) -> str:
    """The shop's address."""
    page.goto(f"{base}/")
    page.get_by_role("link", name=re.compile("Open the shop|打开网店|Abrir la tienda")).click()
    page.wait_for_url(re.compile(r"^http://localhost:\d+/$"))
    assert not page.url.startswith(f"{base}/")
    return page.url


def is_listening(address: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(address.rstrip("/").rpartition(":")[2]))) == 0


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def test_somebody_buys_in_the_shop_pays_at_the_bank_and_the_shop_knows(
    browser: Browser, base: str, folder: Path, keep: Keep
) -> None:
    context = browser.new_context(viewport=DESK, locale="en")
    page = context.new_page()
    page.goto(f"{base}/bills?payers=1")
    _, mobile, six = page.locator(".payers tbody tr").first.locator("td").all_text_contents()
    shop = opened(page, base)
    page.get_by_role("button", name="Pay at the bank").click()
    expect(page.get_by_role("alert")).to_contain_text("basket is empty")
    page.locator("select[name=longjing]").select_option("2")
    page.get_by_role("button", name="Pay at the bank").click()
    page.wait_for_url(f"{base}/pay/ord_*")
    expect(page.locator(".paying-amount")).to_have_text("¥176.00")
    page.locator("#f-mobile").fill(mobile)
    page.locator("#f-account").fill(six)
    page.locator("form.form .button").click()
    expect(page.locator("#f-answer")).to_be_visible()
    inbox = context.new_page()
    inbox.goto(f"{base}/messages")
    expect(inbox.locator("#letters")).to_contain_text(re.compile(r"\b\d{6}\b"))  # it comes a moment later
    code = re.search(r"\b(\d{6})\b", inbox.locator("#letters").inner_text())
    assert code
    page.locator("#f-answer").fill(code[1])
    page.keyboard.press("Enter")
    expect(page.locator("[data-outcome=paid]")).to_be_visible()

    def told() -> bool:
        with sqlite3.connect(folder / "bank" / "shop" / "shop.db") as db:
            return db.execute("SELECT state FROM sale").fetchall() == [("paid",)]

    until(told)  # by the bank: nobody has come back yet
    page.get_by_role("link", name=re.compile("Back to River Tea House")).click()
    page.wait_for_url(f"{shop}orders/*")
    expect(page.get_by_role("status")).to_contain_text("it is paid")
    keep(page, "shop-paid")


@pytest.mark.parametrize(("language", "scheme"), [("zh-CN", "dark"), ("es", "light"), ("en", "dark")])
def test_its_pages_are_for_everybody(browser: Browser, base: str, keep: Keep, language: str, scheme: str) -> None:
    context = browser.new_context(viewport=PHONE, locale=language, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    opened(page, base)
    keep(page, f"shop-{language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert findings(page) == []
    page.goto(f"{base}/")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert findings(page) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["stopped", "killed"])
def test_the_shop_ends_with_the_demo_however_that_ends(
    browser: Browser, seeded_demo: Path, tmp_path: Path, how: signal.Signals
) -> None:
    shutil.copytree(seeded_demo / "bank", tmp_path / "bank")
    demo = start_demo(tmp_path)
    page = browser.new_page()
    shop = opened(page, demo.base)
    assert is_listening(shop)
    demo.process.send_signal(how)
    demo.process.wait(STOP_SECONDS)
    until(lambda: not is_listening(shop))
