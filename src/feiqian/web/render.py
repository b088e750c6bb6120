"""Templates and how values look in them: money, times, names. Everything is escaped unless a template is included."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2

from feiqian.clock import MICROSECONDS, Clock
from feiqian.money import Currency, Money, decimal_text, format_plain
from feiqian.texts import Texts, english

from .assets import url

TEMPLATES = Path(__file__).parent / "templates"
TONES = 8
CJK = 0x2E80  # and beyond: one character says enough


class Renderer:
    """Renders pages and parts of pages, for one language and the bank's zone."""

    def __init__(self, clock: Clock, zone: str, texts: Texts = english) -> None:
        self._clock, self._zone, self._texts = clock, ZoneInfo(zone), texts
        self._jinja = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._jinja.globals |= {"t": texts, "static": url, "texts": None}
        self._jinja.filters |= {
            "money": format_plain,
            "plain": decimal_text,
            "sum_money": lambda pair: format_plain(Money(*pair)),
            "symbol": symbol,
            "initials": initials,
            "tone": tone,
            "fours": fours,
            "grouped": lambda number: f"{number:,}",
            "short": short,
            "when": self.when,
            "clock": lambda at: self._local(at).strftime("%H:%M:%S"),
        }

    @property
    def texts(self) -> Texts:
        return self._texts

    def __call__(self, template: str, **values: object) -> str:
        return self._jinja.get_template(template).render(values)

    def when(self, at: int) -> str:
        """A moment (Unix microseconds) as people say it: today's with the time alone, older ones with the date."""
        moment, now = self._local(at), self._local(self._clock.now())
        time = moment.strftime("%H:%M")
        if moment.date() == now.date():
            return self._texts("time.today", time=time)
        month = self._texts("months").split()[moment.month - 1]
        return self._texts("time.date", day=moment.day, month=month, time=time)

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / MICROSECONDS, self._zone)


def symbol(currency: Currency) -> str:
    """What stands before an amount: "¥", "CHF "."""
    return format_plain(Money(0, currency)).rstrip("0.")


def initials(name: str) -> str:
    """One or two letters for a round picture; of a Chinese name its first character."""
    words = name.split()
    if not words:
        return "·"
    if ord(words[0][0]) >= CJK:
        return words[0][0]
    return "".join(word[0] for word in (words[0], *words[1:][-1:]) if ord(word[0]) < CJK).upper()


def tone(name: str) -> int:
    """The same one of eight colours for the same name, always."""
    return hashlib.blake2b(name.encode(), digest_size=1).digest()[0] % TONES


def fours(digits: str) -> str:
    """Twenty digits as a person reads them."""
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def short(milliseconds: float) -> str:
    """Three figures at most: 0.42, 3.1, 27."""
    if milliseconds < 1:
        return f"{milliseconds:.2f}"
    return f"{milliseconds:.1f}" if milliseconds < 10 else f"{milliseconds:.0f}"
