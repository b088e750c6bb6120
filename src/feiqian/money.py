"""Money: whole minor units of a currency of ISO 4217, and nothing else. No floats, no rounding, no exchange.

Only what the ledger can hold is money here: from 0 to 2**64 - 1 minor units.
"""

from __future__ import annotations

import re
from typing import NamedTuple, NewType

from feiqian.strings.normal import comparison

MAX_MINOR = 2**64 - 1
MinorUnits = NewType("MinorUnits", int)  # an amount whose currency stands beside it; a correction's may be below zero
CurrencyNumber = NewType("CurrencyNumber", int)  # of ISO 4217
NOTHING, NO_CURRENCY = MinorUnits(0), CurrencyNumber(0)


class MoneyInvalid(ValueError):
    """The text or number is no amount of money. The message says why, for the person who sent it."""


class Currency(NamedTuple):
    """A currency of ISO 4217: its letters, its number, and how many decimals its major unit has."""

    code: str
    number: CurrencyNumber
    decimals: int


# ISO 4217, list one, without funds, metals and testing codes: letters, number, decimals.
_TABLE = """
AED 784 2|AFN 971 2|ALL 008 2|AMD 051 2|AOA 973 2|ARS 032 2|AUD 036 2|AWG 533 2|AZN 944 2|BAM 977 2|BBD 052 2|BDT 050 2
BHD 048 3|BIF 108 0|BMD 060 2|BND 096 2|BOB 068 2|BRL 986 2|BSD 044 2|BTN 064 2|BWP 072 2|BYN 933 2|BZD 084 2|CAD 124 2
CDF 976 2|CHF 756 2|CLP 152 0|CNY 156 2|COP 170 2|CRC 188 2|CUP 192 2|CVE 132 2|CZK 203 2|DJF 262 0|DKK 208 2|DOP 214 2
DZD 012 2|EGP 818 2|ERN 232 2|ETB 230 2|EUR 978 2|FJD 242 2|FKP 238 2|GBP 826 2|GEL 981 2|GHS 936 2|GIP 292 2|GMD 270 2
GNF 324 0|GTQ 320 2|GYD 328 2|HKD 344 2|HNL 340 2|HTG 332 2|HUF 348 2|IDR 360 2|ILS 376 2|INR 356 2|IQD 368 3|IRR 364 2
ISK 352 0|JMD 388 2|JOD 400 3|JPY 392 0|KES 404 2|KGS 417 2|KHR 116 2|KMF 174 0|KPW 408 2|KRW 410 0|KWD 414 3|KYD 136 2
KZT 398 2|LAK 418 2|LBP 422 2|LKR 144 2|LRD 430 2|LSL 426 2|LYD 434 3|MAD 504 2|MDL 498 2|MGA 969 2|MKD 807 2|MMK 104 2
MNT 496 2|MOP 446 2|MRU 929 2|MUR 480 2|MVR 462 2|MWK 454 2|MXN 484 2|MYR 458 2|MZN 943 2|NAD 516 2|NGN 566 2|NIO 558 2
NOK 578 2|NPR 524 2|NZD 554 2|OMR 512 3|PAB 590 2|PEN 604 2|PGK 598 2|PHP 608 2|PKR 586 2|PLN 985 2|PYG 600 0|QAR 634 2
RON 946 2|RSD 941 2|RUB 643 2|RWF 646 0|SAR 682 2|SBD 090 2|SCR 690 2|SDG 938 2|SEK 752 2|SGD 702 2|SHP 654 2|SLE 925 2
SOS 706 2|SRD 968 2|SSP 728 2|STN 930 2|SVC 222 2|SYP 760 2|SZL 748 2|THB 764 2|TJS 972 2|TMT 934 2|TND 788 3|TOP 776 2
TRY 949 2|TTD 780 2|TWD 901 2|TZS 834 2|UAH 980 2|UGX 800 0|USD 840 2|UYU 858 2|UZS 860 2|VED 926 2|VES 928 2|VND 704 0
VUV 548 0|WST 882 2|XAF 950 0|XCD 951 2|XCG 532 2|XOF 952 0|XPF 953 0|YER 886 2|ZAR 710 2|ZMW 967 2|ZWG 924 2
"""

_ROWS = [row.split() for row in _TABLE.replace("\n", "|").split("|") if row]
BY_CODE = {code: Currency(code, CurrencyNumber(int(number)), int(decimals)) for code, number, decimals in _ROWS}
BY_NUMBER = {currency.number: currency for currency in BY_CODE.values()}
CNY, EUR, JPY = BY_CODE["CNY"], BY_CODE["EUR"], BY_CODE["JPY"]

_SYMBOLS = {"CNY": "¥", "JPY": "JP¥", "EUR": "€", "USD": "$", "GBP": "£", "HKD": "HK$", "SGD": "S$", "KRW": "₩"}
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,18})(?:\.([0-9]{1,4}))?", re.ASCII)


def currency(code_or_number: str | CurrencyNumber) -> Currency:
    """The currency of these letters or this number. Raises MoneyInvalid if ISO 4217 has none such in circulation."""
    found = BY_CODE.get(code_or_number) if isinstance(code_or_number, str) else BY_NUMBER.get(code_or_number)
    if found is None:
        raise MoneyInvalid(f"{code_or_number!r} is not a currency of ISO 4217")
    return found


class Money(NamedTuple):
    """So many minor units of a currency. Make it with `money()` where the number comes from outside."""

    minor: MinorUnits
    currency: Currency

    def plus(self, other: Money) -> Money:
        """The sum. Raises MoneyInvalid for another currency, or a sum that is no amount."""
        self._same_currency(other)
        return money(self.minor + other.minor, self.currency)

    def minus(self, other: Money) -> Money:
        """The difference. Raises MoneyInvalid for another currency, or if it would be below zero."""
        self._same_currency(other)
        return money(self.minor - other.minor, self.currency)

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise MoneyInvalid(f"{self.currency.code} and {other.currency.code} cannot be added or compared")

    def __add__(self, other: object) -> Money:  # a tuple's + would join silently
        if not isinstance(other, Money):
            raise MoneyInvalid("only money can be added to money")
        return self.plus(other)


def money(minor: int, of: Currency) -> Money:
    """So many minor units. Raises MoneyInvalid for what is no int (a bool or float is none) or out of range."""
    if type(minor) is not int:
        raise MoneyInvalid("an amount is a whole number of minor units")
    if not 0 <= minor <= MAX_MINOR:
        raise MoneyInvalid("an amount lies between 0 and 2**64 - 1 minor units")
    return Money(MinorUnits(minor), of)


def parse(text: str, of: Currency) -> Money:
    """Major units in decimal notation ("12.30") as money.

    Raises MoneyInvalid for signs, exponents, grouping, other digits than 0-9, and for more decimals than the currency
    has, even if they are zeros: who sends "1.00" yen may mean something else than one yen.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise MoneyInvalid(f"{text[:40]!r} is not an amount: write digits, with a point before the decimals")
    whole, decimals = match[1], match[2] or ""
    if len(decimals) > of.decimals:
        raise MoneyInvalid(f"{of.code} has {of.decimals} decimals, not {len(decimals)}")
    return money(int(whole + decimals.ljust(of.decimals, "0")), of)


def parse_typed(text: str, of: Currency) -> Money:
    """What a person typed: as `parse`, and the point may be a comma, the digits of full width. Raises MoneyInvalid."""
    return parse(comparison(text).strip().replace(",", "."), of)


def decimal_text(amount: Money, group: str = "") -> str:
    """Major units in decimal notation, always with the currency's decimals: "1234.50"; `group` parts thousands."""
    digits = str(amount.minor).rjust(amount.currency.decimals + 1, "0")
    whole = digits[: len(digits) - amount.currency.decimals]
    if group:
        whole = f"{int(whole):,}".replace(",", group)
    return f"{whole}.{digits[-amount.currency.decimals :]}" if amount.currency.decimals else whole


def format_plain(amount: Money) -> str:
    """For people, the same in every language: "¥1,234.50", "CHF 1,234.50"."""
    symbol = _SYMBOLS.get(amount.currency.code, amount.currency.code + " ")
    return symbol + decimal_text(amount, group=",")
