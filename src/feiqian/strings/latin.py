"""Any text in small Latin letters and digits: Chinese in pinyin, all else as anyascii writes it. To judge by only."""

from __future__ import annotations

import re

from anyascii import anyascii
from pypinyin import Style, lazy_pinyin

from feiqian.strings.normal import comparison

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_NOT_PLAIN = re.compile("[^a-z0-9]+")


def latin_words(text: str) -> tuple[str, ...]:
    """The words of a text, in their order; each Chinese character is one."""
    plain = _HAN.sub(lambda han: f" {' '.join(lazy_pinyin(han[0], style=Style.NORMAL))} ", comparison(text))
    return tuple(word for word in _NOT_PLAIN.split(anyascii(plain).lower()) if word)


def latin(text: str) -> str:
    """The words without what separates them: "李伟 1990" is liwei1990."""
    return "".join(latin_words(text))
