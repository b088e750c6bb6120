"""What messages and notices say of amounts and times: as values, until somebody reads them in a language and a zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_datetime

from feiqian.clock import MICROSECONDS
from feiqian.money import BY_NUMBER, CurrencyNumber, MinorUnits, Money, format_plain
from feiqian.texts import Texts, texts_in

_LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN", "es": "es_ES"}


class Amount(msgspec.Struct, frozen=True, tag="amount", array_like=True):
    """Money, in minor units; `currency` is its number. On disk."""

    minor: MinorUnits
    currency: CurrencyNumber


class At(msgspec.Struct, frozen=True, tag="at", array_like=True):
    """A moment, in Unix microseconds. On disk."""

    at: int


class Term(msgspec.Struct, frozen=True, tag="term", array_like=True):
    """What a text of this key says in the language of the reader. On disk."""

    key: str


Value = str | Amount | At | Term  # a name or a number as it is; in old notices, all


class Formatting(Protocol):
    """How a reader's language, and clock, show them."""

    def amount(self, amount: Money) -> str: ...

    def moment(self, at: int) -> str: ...


class PlainFormatting:
    """For messages: amounts the same in every language, times by the bank's clocks."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self._locale, self._zone = _LOCALES.get(language, "en_GB"), zone

    def amount(self, amount: Money) -> str:
        return format_plain(amount)

    def moment(self, at: int) -> str:
        local = datetime.fromtimestamp(at / MICROSECONDS, self._zone)
        return str(format_datetime(local, "medium", locale=self._locale))


def formatted(values: Mapping[str, Value], language: str, formatting: Formatting) -> dict[str, str]:
    """For a reader."""
    texts = texts_in(language)
    return {name: _formatted(value, texts, formatting) for name, value in values.items()}


def _formatted(value: Value, texts: Texts, formatting: Formatting) -> str:
    if isinstance(value, Amount):
        return formatting.amount(Money(value.minor, BY_NUMBER[value.currency]))
    if isinstance(value, At):
        return formatting.moment(value.at)
    return texts.catalogue.get(value.key, value.key) if isinstance(value, Term) else value
