"""What the demo adds to a bank's pages stands where a page has a place for it; in a bank nothing stands there."""

from __future__ import annotations

import re
from pathlib import Path

import feiqian
from feiqian.clock import SystemClock
from feiqian.demo.pages import SLOTS
from feiqian.web.render import renderers

PACKAGE = Path(feiqian.__file__).parent
SLOT = re.compile(r"""slot\(["']([^"']+)["']\)""")


def test_every_slot_that_the_demo_fills_is_one_of_a_bank_page() -> None:
    pages = [page for page in PACKAGE.glob("*/templates/**/*.html") if page.relative_to(PACKAGE).parts[0] != "demo"]
    places = {place for page in pages for place in SLOT.findall(page.read_text())}
    assert set(SLOTS) <= places
    assert all((PACKAGE / "demo/templates" / name.removeprefix("demo/")).is_file() for name in SLOTS.values())


def test_a_bank_fills_none() -> None:
    bank = renderers(SystemClock(), "Asia/Shanghai")["en"]
    assert {bank._jinja.globals["slot"](place) for place in SLOTS} == {"parts/nothing.html"}
    assert bank("parts/nothing.html") == ""
