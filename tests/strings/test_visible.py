"""Texts that people are shown have no character that cannot be seen; what is stored already cannot mislead."""

from __future__ import annotations

import io
import json

import pytest

from feiqian.runtime import logs
from feiqian.strings.visible import is_visible, shown
from feiqian.testing.clock import ManualClock
from feiqian.web.render import Renderer

REFUSED = [
    *map(chr, range(0x20)),
    *map(chr, range(0x7F, 0xA0)),
    *"\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    *"\ud800\udfff\ufdd0\ufdef\ufffe\uffff\U0001fffe\U0010ffff",
]
TAKEN = [
    "",
    "李梅",
    "José Ñ.",
    "عبد‌الله",
    "क्ष",
    "कर्‍य",
    "👩\u200d👩\u200d👧",
    "a b",
    "e\u0301",
    "\u200f\u061c",
    "\ufffd",
]


@pytest.mark.parametrize("character", REFUSED, ids=lambda one: f"U+{ord(one):04X}")
def test_what_cannot_be_seen_is_refused_anywhere_in_a_line(character: str) -> None:
    for text in (character, f"a{character}b", f"{character}b", f"a{character}"):
        assert not is_visible(text)


@pytest.mark.parametrize("text", TAKEN)
def test_what_scripts_need_is_taken(text: str) -> None:
    assert is_visible(text)
    assert shown(text) == text


def test_lines_may_have_line_ends_and_nothing_else_of_it() -> None:
    assert is_visible("a\r\n\tb", lines=True)
    assert shown("a\r\n\tb") == "a\r\n\tb"
    for character in set(REFUSED) - set("\t\r\n"):
        assert not is_visible(f"a\n{character}", lines=True)
        assert shown(f"a{character}b") == f"a⟨U+{ord(character):04X}⟩b"


def test_of_all_characters_those_are_shown_by_their_number_that_are_refused() -> None:
    for character in map(chr, range(0x110000)):
        assert (shown(character) == character) == is_visible(character, lines=True)


def test_a_page_shows_by_its_number_what_was_stored() -> None:
    render = Renderer(ManualClock(), "Asia/Shanghai")
    page = render("problem.html", title="Shop \u202egnp.exe", text="<b>\x07\u2066")
    assert "Shop ⟨U+202E⟩gnp.exe" in page
    assert "&lt;b&gt;⟨U+0007⟩⟨U+2066⟩" in page
    assert is_visible(page, lines=True)


def test_a_log_line_shows_it_so_too() -> None:
    out = io.StringIO()
    for format in ("json", "console"):
        logs.configure("info", format, out)
        logs.get("test").info("said", name="Shop \u202egnp.exe", values=["\x1b[31m"])
    told = out.getvalue()
    assert told.count("U+202E") == told.count("U+001B") == 2
    assert "\u202e" not in told
    assert '\x1b[31m"' not in told
    assert json.loads(told.splitlines()[0])["name"] == "Shop ⟨U+202E⟩gnp.exe"
