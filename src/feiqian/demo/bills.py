"""Bills of the demo's shops: new ones each day, known by their number alone, so that nothing is kept of them."""

from __future__ import annotations

import random
import re
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from stdnum import luhn

from feiqian.clock import MICROSECONDS, Clock
from feiqian.merchants.registry import Merchant, Merchants
from feiqian.money import CNY, MinorUnits
from feiqian.quick.paying_model import Bill

PAYABLE_DAYS = 30
# What for, and how much at least and at most (fen). One is above what a message alone confirms, one above what any
# message confirms.
_WHAT = (
    ("Weekly coffee for the office 办公室咖啡", 80_00, 300_00),
    ("Lunch, table of six 六人午餐", 180_00, 520_00),
    ("Two nights, deposit 两晚订金", 400_00, 990_00),
    ("Monthly account 月结账单", 60_00, 400_00),
    ("Home delivery 送货上门", 40_00, 260_00),
    ("Tea tasting 品茶", 30_00, 90_00),
    ("School books 课本", 120_00, 480_00),
    ("New wheels and chain 换轮与链条", 1_100_00, 1_900_00),
    ("Family dinner 家庭聚餐", 260_00, 900_00),
    ("Wedding banquet, half 婚宴半款", 5_200_00, 6_800_00),
)
_NUMBER = re.compile(r"(\d{6})-(\d{2})(\d)", re.ASCII)


class SampleBill(NamedTuple):
    """A bill as it is printed: who is to be paid what, when it was written, and the last day to pay it."""

    bill: Bill
    shop: Merchant
    amount: MinorUnits
    issued: date
    due: date


class SampleBills:
    """Of the first shops that are paid in yuan, one each and day."""

    def __init__(self, merchants: Merchants, clock: Clock, zone: str) -> None:
        self._merchants, self._clock, self._zone = merchants, clock, ZoneInfo(zone)

    def today(self) -> list[SampleBill]:
        """Those that were written today."""
        return [self._written(self._day(), place) for place in range(len(self._shops()))]

    def sample(self, number: str) -> SampleBill | None:
        """The bill of this number; None if there is none, or it is too old to be paid."""
        match = _NUMBER.fullmatch(number)
        if match is None or not luhn.is_valid("".join(match.groups())):
            return None
        try:
            issued = _day_of(match[1])
        except ValueError:
            return None
        known = 0 < int(match[2]) <= len(self._shops())
        payable = timedelta() <= self._day() - issued <= timedelta(PAYABLE_DAYS)
        return self._written(issued, int(match[2]) - 1) if known and payable else None

    def find(self, number: str) -> Bill | None:
        """For whoever pays it."""
        found = self.sample(number)
        return None if found is None else found.bill

    def _shops(self) -> list[Merchant]:
        return [shop for shop in self._merchants.all() if shop.currency == CNY.number][: len(_WHAT)]

    def _day(self) -> date:
        return datetime.fromtimestamp(self._clock.now() / MICROSECONDS, self._zone).date()

    def _written(self, issued: date, place: int) -> SampleBill:
        shop, (what, least, most) = self._shops()[place], _WHAT[place]
        body = f"{issued:%y%m%d}{place + 1:02d}"
        number = f"{body[:6]}-{body[6:]}{luhn.calc_check_digit(body)}"
        amount = MinorUnits(random.Random(number).randrange(least, most, 10))
        due = issued + timedelta(PAYABLE_DAYS)
        over = datetime.combine(due + timedelta(1), time(), self._zone)
        bill = Bill(shop.number, amount, shop.currency, number, what, int(over.timestamp()))
        return SampleBill(bill, shop, amount, issued, due)


def _day_of(digits: str) -> date:
    """Of YYMMDD. Raises ValueError if there is no such day."""
    return date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
