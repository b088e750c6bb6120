"""Templates and how values look in them: money, times, names. Everything is escaped unless a template is included."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import jinja2
from jinja2.environment import TemplateModule
from markupsafe import Markup

from feiqian import features
from feiqian.clock import Clock
from feiqian.money import Money, decimal_text
from feiqian.notify import mail_addresses
from feiqian.payments.reasons import sentence
from feiqian.strings.visible import shown
from feiqian.texts import LANGUAGES, NAMES, Texts, english, texts_in

from .assets import content, url
from .formats import Formats, symbol
from .lengths import LONGEST

PACKAGE = Path(__file__).parents[1]
TEMPLATES = Path(__file__).parent / "templates"
TONES = 8
CJK = 0x2E80  # and beyond: one character says enough
Slots = Mapping[str, str]
NOTHING_ADDED: Slots = {}
NOTHING_THERE = "parts/nothing.html"


class Renderer:
    """Renders pages and parts of pages, for one language and the bank's zone.

    `slots`: what a guest adds to pages, a template for each place that a page names with `slot`; a bank adds nothing.
    `abroad`: times carry their zone.
    """

    def __init__(
        self, clock: Clock, zone: str, texts: Texts = english, slots: Slots = NOTHING_ADDED, *, abroad: bool = False
    ) -> None:
        self.texts, self._clock, self._zone, self._slots = texts, clock, zone, slots
        self.formats = formats = Formats(texts, clock, zone, named=abroad)
        self._jinja = jinja2.Environment(
            loader=_loader(),
            autoescape=True,
            finalize=_shown,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._jinja.globals |= {
            "t": texts,
            "static": url,
            "inlined": _inlined,
            "texts": None,
            "languages": NAMES,
            "here": "/",
        }
        self._jinja.globals["slot"] = lambda place: slots.get(place, NOTHING_THERE)
        self._jinja.globals |= {"framed": False, "customer": None, "page_for": ""}
        self._jinja.globals["macros"] = self._macros
        self._jinja.globals["tab_bar"] = (
            features.tabs
        )  # when a page is made: what it names is not there yet at the start
        self._jinja.globals["longest"] = {**LONGEST, **features.longest()}
        self._jinja.filters |= {
            "money": formats.amount,
            "shape": formats.shape,
            "plain": decimal_text,
            "sum_money": lambda pair: formats.amount(Money(*pair)),
            "symbol": symbol,
            "initials": initials,
            "tone": tone,
            "fours": fours,
            "grouped": formats.number,
            "short": short,
            "when": formats.when,
            "when_inside": formats.when_inside,
            "moment": formats.moment,
            "zoned": formats.zoned,
            "date": formats.date,
            "reason": self.reason,
            "mail": mail_addresses.shown,
            "clock": formats.clock,
            "machine": formats.machine,
        }

    @cached_property
    def abroad(self) -> Renderer:
        """For those whose clocks show another time than the bank's: times carry their zone."""
        return Renderer(self._clock, self._zone, self.texts, self._slots, abroad=True)

    def __call__(self, template: str, **values: object) -> str:
        return self._jinja.get_template(template).render(values)

    def _macros(self, template: str) -> TemplateModule:
        """The macros of a template whose name a page finds out; made once, so they know nothing of the page."""
        return self._jinja.get_template(template).module

    def reason(self, reason: str) -> str:
        """The sentence for why something was declined; "" for no reason."""
        return sentence(reason, self.texts.language) if reason else ""

    def amount(self, amount: Money) -> str:
        return self.formats.amount(amount)

    def when(self, at: int) -> str:
        return self.formats.when_inside(at)


def _inlined(name: str) -> Markup:
    """A style of ours that stands in the page itself (`security.INLINED`)."""
    return Markup(content(name).decode())


def _loader() -> jinja2.BaseLoader:
    """This folder's templates by their names; each feature's as `feature/name.html`, from its folder `templates`."""
    features = {path.parent.name: jinja2.FileSystemLoader(path) for path in PACKAGE.glob("*/templates")}
    return jinja2.ChoiceLoader([features.pop("web"), jinja2.PrefixLoader(features)])


def _shown(value: object) -> object:
    """What was stored before it was refused, or came from elsewhere, cannot turn or hide the rest of a page."""
    if not isinstance(value, str):
        return value
    return Markup(shown(value)) if isinstance(value, Markup) else shown(value)


def renderers(clock: Clock, zone: str, slots: Slots = NOTHING_ADDED) -> Mapping[str, Renderer]:
    """One for each language."""
    return {language: Renderer(clock, zone, texts_in(language), slots) for language in LANGUAGES}


def initials(name: str) -> str:
    """One or two letters for a round picture; of a Chinese name its first character. What masks a name is none."""
    words = name.replace("*", " ").split()
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
