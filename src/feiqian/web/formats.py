"""How amounts, numbers, dates and times look in a language: the Unicode CLDR's way, by Babel.

A currency's symbol is the same in every language, so that an amount reads alike at the till and in a message about it.
"""

from __future__ import annotations

import re
from copy import copy
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal

from feiqian.clock import MICROSECONDS, Clock
from feiqian.money import NOTHING, Currency, Money, format_plain
from feiqian.texts import Texts

LOCALES = {"en": "en_GB", "zh": "zh_Hans_CN", "es": "es"}
_NUMBER = re.compile(r"[#0,.]+")


class Formats:
    """One language's, in one time zone, which is `named` beside each time where the reader's is another. Moments are
    Unix microseconds."""

    def __init__(self, texts: Texts, clock: Clock, zone: str, *, named: bool = False) -> None:
        self._texts, self._clock, self._named = texts, clock, named
        self._zone: tzinfo = ZoneInfo(zone)
        self._locale = Locale.parse(LOCALES[texts.language])

    def amount(self, amount: Money) -> str:
        """With the currency's symbol: "¥1,234.50", "1234,50 ¥"."""
        decimals = amount.currency.decimals
        value = Decimal(amount.minor).scaleb(-decimals)
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return self.shape(amount.currency).format(amount=format_decimal(value, pattern, self._locale))

    def shape(self, currency: Currency) -> str:
        """Where the symbol stands, for scripts: "¥{amount}", or "{amount} ¥" with a space that does not break."""
        pattern = self._locale.currency_formats["standard"].pattern.split(";")[0]
        sign = symbol(currency)
        sign = sign if pattern.startswith("¤") else sign.strip()
        return _NUMBER.sub("{amount}", pattern, count=1).replace("¤", sign)

    def number(self, number: float) -> str:
        return str(format_decimal(number, locale=self._locale))

    def when(self, at: int) -> str:
        """A moment as people say it: today's by the time alone, this year's by the day, older ones with the year.

        It stands alone, or begins a sentence; see `when_inside`.
        """
        return self._when(at, "time.today")

    def when_inside(self, at: int) -> str:
        """As `when`, after other words of the sentence."""
        return self._when(at, "time.today.inside")

    def _when(self, at: int, today: str) -> str:
        moment, now = self.local(at), self.local(self._clock.now())
        time = moment.strftime("%H:%M")
        if moment.date() == now.date():
            return self._texts(today, time=self._of_zone(time, moment))
        skeleton = "MMMd" if moment.year == now.year else "yMMMd"
        date = format_skeleton(skeleton, moment, locale=self._locale)
        return self._texts("time.date", date=date, time=self._of_zone(time, moment))

    def moment(self, at: int) -> str:
        """Date and time in full, for records."""
        return self._in_full(at, self.clock(at))

    def zoned(self, at: int) -> str:
        """As `moment`, with the zone whoever reads it: for records that are read elsewhere and later."""
        moment = self.local(at)
        return self._in_full(at, beside_zone(moment.strftime("%H:%M:%S"), moment))

    def _in_full(self, at: int, time: str) -> str:
        return self._texts("time.date", date=self.date(at), time=time)

    @property
    def zone_of_reader(self) -> tzinfo:
        """In which days begin and end."""
        return self._zone

    def zone(self, at: int) -> str:
        """How far the zone is from UTC at a moment, as times carry it."""
        return offset_name(self.local(at))

    def date(self, day: date | int) -> str:
        """A civil date, or a moment's, as "14 Jan 2027"."""
        day = self.local(day).date() if isinstance(day, int) else day
        return str(format_date(day, "medium", self._locale))

    def month(self, moment: datetime) -> str:
        """Its month, as "January 2027", to stand alone: it begins with a capital where the language writes it small."""
        month = str(format_skeleton("yMMMM", moment, locale=self._locale))
        return month[:1].upper() + month[1:]

    def clock(self, at: int) -> str:
        moment = self.local(at)
        return self._of_zone(moment.strftime("%H:%M:%S"), moment)

    def by_clock(self, offset: int | None) -> Formats:
        """These by a clock so many minutes ahead of UTC, which is named; by the bank's where it is not known."""
        if offset is None or self.here(offset):
            return self
        theirs = copy(self)
        theirs._zone, theirs._named = timezone(timedelta(minutes=offset)), True
        return theirs

    def here(self, offset: int) -> bool:
        """Whether clocks `offset` minutes ahead of UTC show now what the bank's show."""
        return self.local(self._clock.now()).utcoffset() == timedelta(minutes=offset)

    def _of_zone(self, time: str, moment: datetime) -> str:
        return beside_zone(time, moment) if self._named else time

    def machine(self, at: int) -> str:
        """For the datetime attribute of HTML's time element (ISO 8601)."""
        return datetime.fromtimestamp(at / MICROSECONDS, UTC).isoformat(timespec="seconds")

    def local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / MICROSECONDS, self._zone)


def beside_zone(time: str, moment: datetime) -> str:
    return f"{time} ({offset_name(moment)})"


def offset_name(moment: datetime) -> str:
    """ "UTC+8", "UTC−3:30"."""
    minutes = int((moment.utcoffset() or timedelta()).total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")


def symbol(currency: Currency) -> str:
    """What stands before an amount in English: "¥", "CHF "."""
    return format_plain(Money(NOTHING, currency)).rstrip("0.")
