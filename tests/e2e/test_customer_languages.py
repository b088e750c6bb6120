"""Pages of customers in three languages, on a narrow phone and on a desk: nothing untranslated, nothing cut off."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from browsing import DESK, Demo, Watched
from persons import Person, demo_person, newcomer
from playwright.sync_api import Page
from touring import doors, rooms

from feiqian.texts import texts_in

Keep = Callable[[Page, str], None]
LOCALES = {"en": "en-GB", "zh": "zh-CN", "es": "es-MX"}
NAMES = {"en": "Bartholomew Featherstonehaugh-Cholmondeley", "zh": "买买提江·阿卜杜拉", "es": "María del Carmen Núñez"}
NARROW = {"width": 360, "height": 780}
SIZES = (DESK, NARROW)
KEYS = frozenset(texts_in("en").catalogue)
DOTTED = re.compile(r"[a-z_0-9]+(?:\.[a-z_0-9]+)+")
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def problems(page: Page, name: str, language: str) -> list[str]:
    found = []
    if page.locator("html").get_attribute("lang") != language:
        found.append(f"{name}: not in {language}")
    found += [f"{name}: {key}" for key in set(DOTTED.findall(page.locator("body").inner_text())) & KEYS]
    for size in SIZES:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        wider = page.evaluate(WIDER)
        if wider > 0:
            found.append(f"{name}: {wider} pixels wider than {size['width']}")
    return found


@pytest.mark.parametrize("language", LOCALES)
def test_newcomers_pages(demo: Demo, watched: Watched, keep: Keep, language: str) -> None:
    place, found = 100 + list(LOCALES).index(language), []
    options = {"locale": LOCALES[language]}
    person: Person = newcomer(watched, demo, place, NAMES[language], viewport=NARROW, options=options)
    for name in doors(person):
        found += problems(person.page, name, language)
        keep(person.page, f"{name}-{language}")
    watched.complaints.clear()  # of the pages that ask again
    assert found == []


@pytest.mark.parametrize("language", LOCALES)
def test_customers_pages(demo: Demo, watched: Watched, keep: Keep, language: str) -> None:
    place, found = {"en": 10, "zh": 3, "es": 8}[language], []
    person = demo_person(watched, demo, place, viewport=NARROW, locale=LOCALES[language])
    for name in rooms(person, place, watched):
        found += problems(person.page, name, language)
        keep(person.page, f"{name}-{language}")
    watched.complaints.clear()
    assert found == []
