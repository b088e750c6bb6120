"""Money is whole minor units of one currency, or it is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.money import (
    BY_CODE,
    BY_NUMBER,
    CNY,
    EUR,
    JPY,
    MAX_MINOR,
    Money,
    MoneyInvalid,
    currency,
    decimal_text,
    format_plain,
    money,
    parse,
    parse_typed,
)

currencies = st.sampled_from(sorted(BY_CODE.values()))


@given(minor=st.integers(0, MAX_MINOR), of=currencies)
def test_what_is_written_is_read_back(minor: int, of: Any) -> None:
    amount = money(minor, of)
    if minor < 10**18:
        assert parse(decimal_text(amount), of) == amount
    assert format_plain(amount).replace(",", "").endswith(decimal_text(amount))


@pytest.mark.parametrize(
    ("text", "of", "minor"),
    [("12.30", CNY, 1230), ("12.3", CNY, 1230), ("12", CNY, 1200), ("0.01", EUR, 1), ("1", JPY, 1), ("0", CNY, 0)],
)
def test_amounts_are_read(text: str, of: Any, minor: int) -> None:
    assert parse(text, of) == Money(minor, of)


@pytest.mark.parametrize("text", ["12,30", "12.30", " 12,3 ", "１２．３０", "１２，３０"])
def test_amounts_are_read_as_people_write_them(text: str) -> None:
    assert parse_typed(text, CNY) == Money(1230, CNY)


@pytest.mark.parametrize("text", ["1,000", "1.000,00", "1,000.00", "-1", "", "１e2"])
def test_what_may_mean_two_amounts_is_refused(text: str) -> None:
    with pytest.raises(MoneyInvalid):
        parse_typed(text, CNY)


@pytest.mark.parametrize(
    ("text", "of"), [("1.234", CNY), ("1.230", CNY), ("1.0", JPY), ("1.00", JPY), ("1.2345", BY_CODE["BHD"])]
)
def test_abuse_4_more_decimals_than_the_currency_has_are_refused(text: str, of: Any) -> None:
    with pytest.raises(MoneyInvalid, match="decimals"):
        parse(text, of)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1,00",
        "1 000",
        "+1",
        "-1",
        "1e2",
        ".5",
        "1.",
        "01",
        "NaN",
        "inf",
        "１",
        "٣",
        "0x1",
        "1.2.3",
        "1_0",
        "1\n",
    ],
)
def test_abuse_2_what_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(MoneyInvalid):
        parse(text, CNY)


@pytest.mark.parametrize("minor", [1.0, "1", True, None, -1, MAX_MINOR + 1])
def test_abuse_3_only_whole_numbers_in_range_are_money(minor: Any) -> None:
    with pytest.raises(MoneyInvalid):
        money(minor, CNY)


def test_abuse_3_sums_stay_in_range() -> None:
    with pytest.raises(MoneyInvalid):
        Money(MAX_MINOR, CNY) + Money(1, CNY)
    with pytest.raises(MoneyInvalid):
        Money(1, CNY).minus(Money(2, CNY))
    assert Money(1, CNY) + Money(2, CNY) == Money(3, CNY)
    assert Money(3, CNY).minus(Money(3, CNY)) == Money(0, CNY)


def test_abuse_6_currencies_do_not_mix() -> None:
    for operation in (Money(1, CNY).plus, Money(1, CNY).minus, Money(1, CNY).__add__):
        with pytest.raises(MoneyInvalid, match="CNY and EUR"):
            operation(Money(1, EUR))
    with pytest.raises(MoneyInvalid):
        Money(1, CNY).__add__((1,))


def test_the_table_of_currencies_is_sound() -> None:
    assert len(BY_CODE) == len(BY_NUMBER) == 155
    assert all(len(code) == 3 and code.isupper() for code in BY_CODE)
    assert all(0 < number < 1000 for number in BY_NUMBER)
    assert {c.code for c in BY_CODE.values() if c.decimals == 3} == {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
    zeros = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
    assert {c.code for c in BY_CODE.values() if c.decimals == 0} == set(zeros.split())


def test_currencies_are_found_by_letters_and_number() -> None:
    assert currency("CNY") == currency(156) == CNY
    for unknown in ("cny", "XTS", "", 0, 999):
        with pytest.raises(MoneyInvalid):
            currency(unknown)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money(123_456, CNY), "¥1,234.56"),
        (Money(5, EUR), "€0.05"),
        (Money(1_000, JPY), "JP¥1,000"),
        (Money(1_500, BY_CODE["BHD"]), "BHD 1.500"),
    ],
)
def test_amounts_are_written_for_people(amount: Money, text: str) -> None:
    assert format_plain(amount) == text
