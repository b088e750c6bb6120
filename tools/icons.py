"""Makes the pictures of the app on a home screen from coin.svg: run it again when that changes.

.venv/bin/python tools/icons.py
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

from feiqian.testing import chromium

STATIC = Path(__file__).resolve().parents[1] / "src" / "feiqian" / "web" / "static"
CORNERS = ' rx="8"'
# Pixels a side, and whether the ground fills the square, because the phone cuts the picture to a shape of its own. What
# is drawn is within the circle of 40 % that every shape keeps.
ICONS = {
    "icon-192": (192, False),
    "icon-512": (512, False),
    "maskable-512": (512, True),
    "apple-touch-icon": (180, True),
}


def main() -> None:
    coin = (STATIC / "coin.svg").read_text()
    assert CORNERS in coin
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for name, (side, whole) in ICONS.items():
            page = browser.new_page(viewport={"width": side, "height": side})
            drawn = coin.replace(CORNERS, "") if whole else coin
            page.set_content(f"<style>body{{margin:0}} svg{{display:block;width:100vw;height:100vh}}</style>{drawn}")
            page.screenshot(path=STATIC / "app" / f"{name}.png", omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
