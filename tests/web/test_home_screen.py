"""A customer's page can be put on a home screen: its manifest and pictures are what they say, from a real server."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from PIL import Image, ImageChops, ImageDraw

from feiqian.testing.served import Served
from feiqian.texts import LANGUAGES, texts_in
from feiqian.web import assets

IN_LANGUAGE = {"lang", "name", "short_name", "description"}
SHORT = 12  # characters of a name below an icon
GROUND = (0x17, 0x1C, 0x40)  # of coin.svg


@pytest.fixture(scope="module")
def client(paged: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=paged.url, timeout=60) as client:
        yield client


def linked(client: httpx.Client, rel: str, language: str = "en", path: str = "/sign-in") -> str:
    page = client.get(path, headers={"Accept-Language": language})
    found = re.search(rf'<link rel="{rel}" href="([^"]+)">', page.text)
    assert found is not None
    return found[1]


def manifest(client: httpx.Client, language: str) -> tuple[str, dict[str, Any]]:
    """Its address, and what it says."""
    path = linked(client, "manifest", language)
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/manifest+json"
    assert answer.headers["cache-control"] == assets.FOREVER
    assert answer.headers["x-content-type-options"] == "nosniff"
    said: dict[str, Any] = answer.json()
    return path, said


def picture(client: httpx.Client, path: str) -> Image.Image:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    return Image.open(io.BytesIO(answer.content))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manifest_speaks_the_page_s_language_and_opens_the_wallet(client: httpx.Client, language: str) -> None:
    path, said = manifest(client, language)
    brand = texts_in(language)("brand")
    assert (said["lang"], said["name"], said["short_name"]) == (language, brand, brand)
    assert len(brand) <= SHORT
    assert (said["display"], said["start_url"], said["scope"], said["id"]) == ("standalone", "/wallet", "/", "/wallet")
    page = client.get("/sign-in").text
    light = re.search(r'name="theme-color" content="([^"]+)" media="\(prefers-color-scheme: light\)"', page)
    assert light is not None
    assert said["theme_color"] == said["background_color"] == light[1]
    opened = client.get(urljoin(path, said["start_url"]), headers={"Accept": "text/html"}, follow_redirects=True)
    assert (opened.status_code, opened.url.path) == (200, "/sign-in")  # as nobody is signed in


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_ways_in_from_the_home_screen_lead_to_pages_of_the_tab_bar(client: httpx.Client, language: str) -> None:
    path, said = manifest(client, language)
    ways = {way["url"]: way["name"] for way in said["shortcuts"]}
    text = texts_in(language)
    assert ways == {"/wallet/pay": text("wallet.pay"), "/inbox": text("notices.title")}
    for url in ways:
        opened = client.get(urljoin(path, url), headers={"Accept": "text/html"}, follow_redirects=False)
        assert opened.headers["location"] == f"/sign-in?next={url}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_icon_is_there_in_the_size_and_of_the_type_that_it_claims(client: httpx.Client, language: str) -> None:
    path, said = manifest(client, language)
    claimed = set()
    for icon in said["icons"]:
        answer = client.get(urljoin(path, icon["src"]))
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, icon["type"])
        if icon["type"] == "image/png":
            found = Image.open(io.BytesIO(answer.content))
            assert (found.format, "{}x{}".format(*found.size)) == ("PNG", icon["sizes"])
        claimed.add((icon["sizes"], icon["purpose"]))
    assert claimed >= {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}


def test_the_languages_differ_in_what_people_read_and_in_nothing_else(client: httpx.Client) -> None:
    said = [manifest(client, language)[1] for language in LANGUAGES]
    for one in said:
        for way in one["shortcuts"]:
            assert way.pop("name")
    rest = [{name: value for name, value in one.items() if name not in IN_LANGUAGE} for one in said]
    assert all(one == rest[0] for one in rest)
    assert all(one.keys() == said[0].keys() for one in said)


def test_whatever_shape_a_phone_cuts_nothing_drawn_is_cut_off(client: httpx.Client) -> None:
    path, said = manifest(client, "en")
    [name] = [icon["src"] for icon in said["icons"] if icon["purpose"] == "maskable"]
    for picked in (urljoin(path, name), linked(client, "apple-touch-icon")):
        drawn = picture(client, picked).convert("RGBA")
        side = drawn.width
        assert drawn.getchannel("A").getextrema() == (255, 255)
        outside = Image.new("L", drawn.size, 255)
        ImageDraw.Draw(outside).ellipse((0.1 * side, 0.1 * side, 0.9 * side, 0.9 * side), fill=0)
        differs = ImageChops.difference(drawn.convert("RGB"), Image.new("RGB", drawn.size, GROUND))
        assert ImageChops.multiply(differs, Image.merge("RGB", [outside] * 3)).getbbox() is None


def test_an_iphone_is_shown_a_square_picture_of_its_size(client: httpx.Client) -> None:
    assert picture(client, linked(client, "apple-touch-icon")).size == (180, 180)


def test_the_policy_lets_manifests_of_this_bank_be_read_and_no_other(client: httpx.Client) -> None:
    assert "manifest-src 'self'" in client.get("/sign-in").headers["content-security-policy"].split("; ")


def test_pages_of_staff_are_no_wallet(client: httpx.Client) -> None:
    page = client.get("/staff/sign-in")
    assert page.status_code == 200
    assert 'rel="manifest"' not in page.text
