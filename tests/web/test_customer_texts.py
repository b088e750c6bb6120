"""Every text of customers' pages is there and used, and no page holds a script, a style or a foreign address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from customer_fakes import add_customers
from litestar.testing import TestClient

import feiqian
from feiqian.testing.clock import ManualClock
from feiqian.texts import LANGUAGES, english
from feiqian.web.site import Site

PACKAGE = Path(feiqian.__file__).parent
SOURCES = [
    *PACKAGE.glob("*/pages/*.py"),
    *PACKAGE.glob("*/templates/**/*.html"),
    *PACKAGE.glob("*/static/js/*.js"),
]
OPEN = ("/sign-in", "/register", "/recover", "/lost")
OWN = ("/security", "/identity", "/security/stolen", "/security/contact/mobile", "/security/contact/email")
OWN_TOO = ("/security/cases/cas_1", "/confirm/pay_1/chl_1", "/security/change/pin/chl_1")


def test_every_text_is_used_and_every_text_that_is_used_is_there() -> None:
    source = "".join(path.read_text() for path in SOURCES)
    named = set(re.findall(r"""["'](customer\.(?!html)[a-z_.0-9]*[a-z0-9])["']""", source))
    there = {key for key in english.catalogue if key.startswith("customer.")}
    assert named - there == set()
    assert there - named == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_every_language_and_holds_nothing_of_its_own(
    client: TestClient, site: Site, language: str
) -> None:
    services: Any = add_customers(site.services, ManualClock())
    pages = [client.get(path, headers={"Accept-Language": language}).text for path in OPEN]
    client.cookies.set(site.cookies.session, services.sessions.sign_in(1, language))
    pages += [client.get(path).text for path in (*OWN, *OWN_TOO)]
    for page in pages:
        check(page, language)


def check(page: str, language: str) -> None:
    assert f'<html lang="{language}">' in page
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)
    assert re.findall(r"<h1", page) == ["<h1"]


def test_every_field_has_its_label_and_says_how_to_fill_it(client: TestClient, site: Site) -> None:
    services: Any = add_customers(site.services, ManualClock())
    for path in OPEN:
        page = client.get(path).text
        for id in re.findall(r'<(?:input|select|textarea) id="([^"]+)"', page):
            assert f'for="{id}"' in page, (path, id)
        assert 'autocomplete="tel-national"' in page
        assert 'inputmode="tel"' in page
    assert services.sign_in.did == []
