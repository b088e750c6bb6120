"""Every text that people are shown, on pages and in messages: each feature has its own, one file for each language.

`{name}` in a text stands for a value. A text or value that is missing is an error, never an empty place on a page; a
house test holds all languages to the same keys and the same values.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from feiqian.strings.headers import wishes

PACKAGE = Path(__file__).parent  # whose folders have a folder `texts` where they show something
LANGUAGES = ("en", "zh", "es")  # the first is spoken to those who speak none of them
NAMES = {"en": "English", "zh": "中文", "es": "español"}  # as each calls itself
_RANGE = re.compile(r"[a-z]{1,8}(?:[-_][a-z0-9]{1,8})*|\*")  # RFC 4647, 2.1; some write zh_CN


class Texts:
    """The texts of one language. Raises KeyError for a text, or a value in it, that is missing."""

    def __init__(self, language: str, catalogue: Mapping[str, str]) -> None:
        self.language = language
        self.catalogue = catalogue

    def __call__(self, key: str, /, **values: object) -> str:
        text = self.catalogue[key]
        return text.format(**values) if values else text

    def reason(self, code: str) -> str:
        """In a few words, why a payment was declined; a reason that is new here gets the most general words."""
        return self.catalogue.get(f"reason.{code}", self.catalogue["reason.not_possible"])

    def for_scripts(self, *prefixes: str) -> dict[str, str]:
        """The texts under these prefixes, for the page's own script; values are filled in there."""
        return {key: text for key, text in self.catalogue.items() if key.startswith(prefixes)}


@cache
def texts_in(language: str) -> Texts:
    """The texts of one of `LANGUAGES`. Raises KeyError for any other, ValueError for a key that two files have."""
    if language not in LANGUAGES:
        raise KeyError(language)
    catalogue: dict[str, str] = {}
    for path in sorted(PACKAGE.glob(f"*/texts/{language}.toml")):
        area = tomllib.loads(path.read_text(encoding="utf-8"))
        if twice := catalogue.keys() & area.keys():
            raise ValueError(f"{path} has texts that another file has, too: {sorted(twice)}")
        catalogue |= area
    return Texts(language, catalogue)


def language_for(accept_language: str) -> str:
    """The one of `LANGUAGES` that a browser's Accept-Language (RFC 9110, 12.5.4) asks for before the others.

    Of several that it wants as much the first that it names. `*` stands for those that it does not name.
    """
    asked: dict[str, float] = {}
    for name, weight in wishes(accept_language):
        if _RANGE.fullmatch(name):
            language = re.split("[-_]", name)[0]
            asked[language] = max(weight, asked.get(language, 0))
    for language in LANGUAGES:
        if "*" in asked:
            asked.setdefault(language, asked["*"])
    wanted = [language for language in asked if language in LANGUAGES and asked[language]]
    return max(wanted, key=asked.__getitem__, default=LANGUAGES[0])


english = texts_in("en")
