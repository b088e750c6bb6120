"""The comparison form: what looks alike is alike, letters stay letters, and nothing unseen stays."""

from __future__ import annotations

import unicodedata

import pytest

from feiqian.strings.latin import latin
from feiqian.strings.normal import code_digits, comparison, without_separators

UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u17b4\u180b\u180e\u200b\u200e\u202a\u202c\u2060\u2066\u3164"
    "\ufe00\ufe0d\ufe0f\ufeff\uffa0\U000e0100"
)


def test_the_comparison_form_of_a_comparison_form_is_itself() -> None:
    every = (chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    assert [c for c in every if comparison(comparison(c)) != comparison(c)] == []


@pytest.mark.parametrize("unseen", UNSEEN, ids=[f"{ord(c):04x}" for c in UNSEEN])
def test_what_is_not_seen_is_left_out(unseen: str) -> None:
    assert comparison(f"{unseen}pass{unseen}word{unseen}") == "password"
    assert comparison(f"李{unseen}伟") == "李伟"
    assert comparison(f"e{unseen}\u0301") == "é"  # what stood apart belongs together again


@pytest.mark.parametrize("first", ["０", "٠", "۰", "०", "๐", "𝟎", "𝟘", "🯰"])
def test_digits_of_any_script_are_digits(first: str) -> None:
    assert code_digits("".join(chr(ord(first) + at) for at in range(6))) == "012345"


@pytest.mark.parametrize(
    "between", [" ", "\u00a0", "\u3000", "\u2009", "\t", "\n", "-", "\u2011", "–", "－", "ー", "−"]
)
def test_spaces_and_dashes_between_digits_are_left_out(between: str) -> None:
    assert code_digits(f"{between}123{between}456{between}") == "123456"


@pytest.mark.parametrize(
    "text", ["", " ", "\u200e", "12345O", "12345О", "l23456", "一二三四五六", "123.456", "12345²½", "+12345"]
)
def test_abuse_93_a_letter_never_becomes_a_digit(text: str) -> None:
    assert code_digits(text) is None
    assert all(c in unicodedata.normalize("NFKC", text) for c in without_separators(text) if c.isalpha())


def test_latin_letters_of_other_scripts() -> None:
    assert [latin(text) for text in ("李伟 1990", "пароль", "contraseña", "ｌｉ\u200bｗｅｉ")] == [
        *("liwei1990", "parol", "contrasena", "liwei")
    ]
