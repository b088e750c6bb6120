"""Names as people write them: the table says what is told of each pair."""

from __future__ import annotations

import pytest

from feiqian.payees.comparing import compare_names
from feiqian.strings.masking import masked_name

MATCH, CLOSE, NO, UNSAID = "match", "close_match", "no_match", "not_possible"


@pytest.mark.parametrize(
    ("typed", "known", "told"),
    [
        ("张伟", "张伟", MATCH),
        ("张 伟", "张伟", MATCH),
        ("张\u200b伟", "张伟", MATCH),
        ("張偉", "张伟", CLOSE),
        ("章伟", "张伟", CLOSE),  # sounds the same
        ("Zhang Wei", "张伟", CLOSE),
        ("Wei Zhang", "张伟", CLOSE),
        ("张雷", "张伟", NO),
        ("王小朋", "王小明", CLOSE),
        ("李大明", "王小明", NO),
        ("欧阳娜娜", "欧阳娜", CLOSE),
        ("张", "张伟", NO),
        ("阿布都·热合曼", "阿布都热合曼", MATCH),
        ("Ana María López", "ANA MARIA LOPEZ", MATCH),
        ("López Ana María", "Ana María López", MATCH),
        ("Li Xiaoming", "Li Xiao Ming", MATCH),
        ("Ana Maria Lopes", "Ana María López", CLOSE),
        ("Ana López", "Ana María López", CLOSE),
        ("A. López", "Ana López", CLOSE),
        ("Ana", "Ana María López", NO),
        ("Wei Wang", "Wei Zhang", NO),
        ("Bo Li", "Bo Liu", NO),
        ("Peter Schmidt", "Peter Schmitt", CLOSE),
        ("Hans Schmidt", "Peter Schmidt", NO),
        ("Иван Петров", "Иван Петров", MATCH),
        ("Ivan Petrov", "Иван Петров", CLOSE),
        ("张\ue000", "张\ue001", UNSAID),
        ("张伟", "", NO),
        ("", "张伟", NO),
    ],
)
def test_names_are_compared_as_people_write_them(typed: str, known: str, told: str) -> None:
    assert compare_names(typed, known) == told


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("李梅", "**梅"),
        ("欧阳娜娜", "**娜"),
        ("欧阳 娜娜", "**娜"),
        ("梅", "**"),
        ("Ana María López", "A** M** L**"),
        ("ana", "a**"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_name_is_masked_alike_however_long_it_is(name: str, masked: str) -> None:
    assert masked_name(name) == masked
