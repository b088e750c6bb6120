"""Short names of browsers, for people: "Chrome · Android" of a User-Agent header. A hint, never trusted for anything.

A browser says what it likes, so the label is put together from words of our own and holds nothing of what was sent.
"""

from __future__ import annotations

import re

UNKNOWN = "Web"
_LONGEST = 512  # characters that are looked at

# The first that is found counts: nearly every browser also claims to be those below it.
_PROGRAMS = (
    ("WeChat", r"MicroMessenger/"),
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|OPT/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("UC Browser", r"UCBrowser/"),
    ("QQ Browser", r"MQQBrowser/|QQBrowser/"),
    ("Huawei Browser", r"HuaweiBrowser/"),
    ("Mi Browser", r"MiuiBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/|HeadlessChrome/"),
    ("Safari", r"Safari/"),
    ("Feiqian", r"Feiqian/"),
    ("curl", r"^curl/"),
    ("Python", r"^python-|^Python/"),
)
_SYSTEMS = (
    ("HarmonyOS", r"HarmonyOS|OpenHarmony"),
    ("Android", r"Android"),
    ("iPhone", r"iPhone|iPod"),
    ("iPad", r"iPad"),
    ("ChromeOS", r"CrOS"),
    ("Windows", r"Windows"),
    ("Mac", r"Macintosh|Mac OS X"),
    ("Linux", r"Linux|X11"),
)
HANDHELD = frozenset({"HarmonyOS", "Android", "iPhone", "iPad"})  # systems, as a label ends with them
_PROGRAM = [(name, re.compile(pattern)) for name, pattern in _PROGRAMS]
_SYSTEM = [(name, re.compile(pattern)) for name, pattern in _SYSTEMS]


def label_of(user_agent: str) -> str:
    """A program and a system, as far as they are known; `UNKNOWN` if neither is. At most 40 characters."""
    seen = user_agent[:_LONGEST]
    known = [_first(_PROGRAM, seen), _first(_SYSTEM, seen)]
    return " · ".join(name for name in known if name) or UNKNOWN


def _first(rules: list[tuple[str, re.Pattern[str]]], text: str) -> str:
    return next((name for name, pattern in rules if pattern.search(text)), "")
