"""An automatic checker (axe, WCAG 2.2 AA) finds nothing serious on customers' and staff's pages, by day and night."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from browsing import DESK, PHONE, Demo, Watched
from persons import demo_person, newcomer
from playwright.sync_api import Page
from touring import ALICE, BOB, console, doors, listed_newcomer, merchant_page, portal, rooms, staff_page

Keep = Callable[[Page, str], None]
SERIOUS = ("serious", "critical")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WHOLE = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}  # all that changes
OPTIONS: dict[str, Any] = {"bypass_csp": True, "reduced_motion": "reduce"}  # axe is no script of the bank's


def findings(page: Page, name: str, keep: Keep) -> Iterator[str]:
    page.evaluate(AXE_SCRIPT)
    for scheme, options in (("light", WHOLE), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate("document.getAnimations().forEach(animation => animation.finish())")  # from one to the other
        for found in page.evaluate("options => axe.run(options).then(results => results.violations)", options):
            if found["impact"] in SERIOUS:
                yield from (f"{name} ({scheme}): {found['id']}: {node['html'][:160]}" for node in found["nodes"])
    keep(page, f"{name}-night")
    page.emulate_media(color_scheme="light")


def test_pages_of_newcomers_and_at_the_door(demo: Demo, watched: Watched, keep: Keep) -> None:
    person = newcomer(watched, demo, 200, "Zhang Wei", viewport=PHONE, options=OPTIONS)
    found = [text for name in doors(person) for text in findings(person.page, name, keep)]
    watched.complaints.clear()  # of the pages that ask again
    assert found == []


def test_pages_of_customers(demo: Demo, watched: Watched, keep: Keep) -> None:
    person = demo_person(watched, demo, 9, **OPTIONS)
    found = [text for name in rooms(person, 9, watched) for text in findings(person.page, name, keep)]
    watched.complaints.clear()
    assert found == []


def test_pages_of_staff(demo: Demo, watched: Watched, keep: Keep) -> None:
    she = listed_newcomer(watched, demo, "7400123457")
    she.register()
    she.show_document()
    options = {"viewport": DESK, **OPTIONS}
    alice, bob = staff_page(watched, demo, ALICE, **options), staff_page(watched, demo, BOB, **options)
    pages = console(alice, bob, demo.base, "Priya Nair")  # who has just reported a stolen phone
    found = [text for name, page in pages for text in findings(page, name, keep)]
    watched.complaints.clear()
    assert found == []


def test_pages_of_merchants_people(demo: Demo, watched: Watched, keep: Keep) -> None:
    owner = merchant_page(watched, demo, **{"viewport": PHONE, **OPTIONS})
    found = [text for name, page in portal(owner, demo.base) for text in findings(page, name, keep)]
    watched.complaints.clear()
    assert found == []
