"""Every language says everything, with the same values in it."""

from __future__ import annotations

import re
import string

import pytest

from feiqian.texts import LANGUAGES, NAMES, language_for, texts_in

OTHERS = [language for language in LANGUAGES if language != "en"]


def values_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_there_in_every_language_with_the_same_values(language: str) -> None:
    english, other = texts_in("en").catalogue, texts_in(language).catalogue
    assert set(other) == set(english)
    wrong = [key for key, text in english.items() if values_of(text) != values_of(other[key])]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_has_stray_spaces(language: str) -> None:
    wrong = [key for key, text in texts_in(language).catalogue.items() if not text or re.search(r"^\s|\s$|  ", text)]
    assert wrong == []


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("", "en"),
        ("fr", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("es-MX", "es"),
        ("de, es;q=0.7, zh;q=0.9", "zh"),
        ("zh;q=0, es", "es"),
        ("*", "en"),
        ("es;q=nonsense, zh", "zh"),
        ("x" * 10_000, "en"),
    ],
)
def test_the_browser_chooses_the_language(asked: str, answered: str) -> None:
    assert language_for(asked) == answered


def test_each_language_says_its_own_name() -> None:
    assert set(NAMES) == set(LANGUAGES)
