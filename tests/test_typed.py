"""What people type and paste between the digits of a code."""

from __future__ import annotations

import pytest

from feiqian.typed import LONGEST, compact


@pytest.mark.parametrize(
    "text",
    [
        "1234567890123456",
        "1234 5678 9012 3456",
        " 1234-5678-9012-3456\n",
        "1234\u00a05678\u202f9012\u20073456",
        "1234\u20105678\u20119012\u20133456",
        "1234\u22125678\u200b9012\ufeff3456",
        "\u202a1234567890123456\u202c",
        "１２３４　５６７８　９０１２　３４５６",
        "1234\t5678\r\n9012\u20283456",
    ],
)
def test_a_code_is_the_same_however_it_is_grouped(text: str) -> None:
    assert compact(text) == "1234567890123456"


def test_letters_and_signs_stay_so_that_nothing_is_guessed() -> None:
    assert compact("12a34.5/6") == "12a34.5/6"


def test_what_is_too_long_is_not_looked_at() -> None:
    assert len(compact("1" * 10_000)) == LONGEST
