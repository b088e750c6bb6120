"""Takes the README's picture of the demo: phone, till and bank side by side, just after a payment, with shoppers about.

feiqian --data "$(mktemp -d)" demo --port 8099 &
.venv/bin/python tools/picture.py http://localhost:8099
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from feiqian.testing import chromium

TARGET = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "demo.png"
AMOUNT = "3480"
SHOPPING_MS = 30_000  # for the bank's curves to fill


def main(base: str) -> None:
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.goto(base + "/")
        page.request.post(base + "/demo/traffic", data={"level": "rush"}, headers={"Origin": base})
        page.click("button[value=together]")
        page.wait_for_timeout(SHOPPING_MS)
        till = next(frame for frame in page.frames if "/till/" in frame.url)
        for digit in AMOUNT:
            till.click(f"[data-key='{digit}']")
        till.click("#charge")
        till.click("#beside")
        till.wait_for_selector("#outcome:visible")
        page.wait_for_timeout(1_200)  # the phone's announcement slides in
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=TARGET)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
