"""Numbers that name people: those that cannot be right are refused with a word, and never repeated."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
import stdnum.cn

from feiqian.kyc.births import Span
from feiqian.kyc.errors import NumberInvalid
from feiqian.kyc.mrz import check_digit
from feiqian.kyc.numbers import chinese_identity, masked, mobile

TODAY = date(2026, 11, 24)
SPECIMEN = "11010519491231002X"  # GB 11643-1999, 3.4: the example
Card = Callable[[str], str]


def counties() -> Iterator[str]:
    """Every county that there is or was, as python-stdnum lists them: a province, its counties indented below it."""
    province = ""
    for line in Path(stdnum.cn.__path__[0], "loc.dat").read_text(encoding="utf-8").splitlines():
        if found := re.match(r"( *)([0-9]+) ", line):
            province = province if found[1] else found[2]
            if found[1] and not found[2].endswith("00"):
                yield province + found[2]


def wrong(text: str) -> str:
    with pytest.raises(NumberInvalid) as refused:
        chinese_identity(text, TODAY)
    if len(text) > 1:
        assert text not in f"{refused.value!r} {refused.value}"
    return refused.value.reason


def test_the_example_of_the_standard_is_read() -> None:
    read = chinese_identity(SPECIMEN, TODAY)
    assert read == (SPECIMEN, date(1949, 12, 31))
    assert SPECIMEN not in repr(read)


def test_a_small_x_and_spaces_around_are_the_same_number() -> None:
    assert chinese_identity(" 11010519491231002x ", TODAY).number == SPECIMEN


@pytest.mark.parametrize("at", range(18))
def test_no_changed_digit_goes_unnoticed(at: int) -> None:
    changed = str((int(SPECIMEN[at]) + 1) % 10) if SPECIMEN[at] != "X" else "0"
    assert wrong(SPECIMEN[:at] + changed + SPECIMEN[at + 1 :]) in {"check", "birth"}


@pytest.mark.parametrize("text", ["", "1", "11010549123100", "USA1100801201", SPECIMEN[:-1], SPECIMEN + "1", "一" * 18])
def test_other_than_eighteen_digits_is_refused(text: str) -> None:
    assert wrong(text) == "length"


def test_a_birth_that_cannot_be_is_refused(card: Card) -> None:
    assert wrong(card("11010519900231001")) == "check"
    assert wrong(card("11010520261125001")) == "birth"  # tomorrow
    assert wrong(card("11010518500101001")) == "birth"
    assert chinese_identity(card("11010520261124001"), TODAY).birth == TODAY


@pytest.mark.parametrize("text", ["110105491231002", " 320311770706001 "])
def test_the_fifteen_digits_of_before_1999_are_told_to_be_no_longer_valid(text: str) -> None:
    assert wrong(text) == "old_form"


@pytest.mark.parametrize(
    "first",
    [
        "11010519550307001",  # the county was made in 1958
        "44030519620307001",  # Shenzhen, whose districts are of 1990
        "50010519700307001",  # Chongqing, a municipality since 1997
        "46902719680307001",  # a county of Hainan, a province since 1988
        "65900119600307001",  # Shihezi, a city since 1976
        "31011519740307001",  # Pudong, since 1992
        "13010219990307001",
        "42900119800101001",  # abolished since
    ],
)
def test_the_county_is_that_of_registration_whenever_the_holder_was_born(card: Card, first: str) -> None:
    read = chinese_identity(card(first), TODAY)
    assert (read.birth.year, read.country, read.place_known) == (int(first[6:10]), "CHN", True)


def test_every_county_takes_everyone(card: Card) -> None:
    chance, known = random.Random(11_643), list(counties())
    assert len(known) > 3_000
    for county in known:
        born = date(chance.randrange(1920, 2010), chance.randrange(1, 13), chance.randrange(1, 29))
        read = chinese_identity(card(f"{county}{born:%Y%m%d}{chance.randrange(1, 1000):03d}"), TODAY)
        assert (read.birth, read.place_known) == (born, True)


@pytest.mark.parametrize("place", ["110999", "990105", "840000", "190000", "700101", "810001"])
def test_a_place_that_nobody_knows_is_said_so_and_not_refused(card: Card, place: str) -> None:
    assert not chinese_identity(card(f"{place}19900307001"), TODAY).place_known


def test_a_number_cannot_begin_with_zero(card: Card) -> None:
    assert wrong(card("01010519900307001")) == "check"


@pytest.mark.parametrize(("place", "country"), [("810000", "HKG"), ("820000", "MAC"), ("830000", "TWN")])
def test_residents_of_hong_kong_macao_and_taiwan_have_permits_with_the_same_numbers(
    card: Card, place: str, country: str
) -> None:
    read = chinese_identity(card(f"{place}19940823002"), TODAY)
    assert read == (read.number, date(1994, 8, 23))
    assert (read.country, read.place_known) == (country, True)
    assert wrong(read.number[:-1] + ("0" if read.number[-1] != "0" else "1")) == "check"


@pytest.mark.parametrize(
    ("first", "country", "known"),
    [
        ("91184019900307001", "USA", True),  # 9, Beijing, the United States
        ("93127619900307002", "DEU", True),
        ("94439219551231003", "JPN", True),
        ("99984019900307001", "USA", False),  # no such province
        ("91100019900307001", "", False),  # no such country
    ],
)
def test_a_foreigners_residence_card_says_province_and_country(
    card: Card, first: str, country: str, known: bool
) -> None:
    read = chinese_identity(card(first), TODAY)
    assert (f"{read.birth:%Y%m%d}", read.country, read.place_known) == (first[6:14], country, known)


def test_the_foreigners_card_of_before_2023_has_three_letters_and_twelve_digits() -> None:
    read = chinese_identity("kaz110090123105", TODAY)  # check digit 5: weighted 7 3 1
    assert read == ("KAZ110090123105", date(1990, 12, 31))
    assert (read.country, read.place_known) == ("KAZ", True)
    assert read.births(TODAY) == (Span(read.birth, read.birth),)
    for at in range(15):
        changed = "B" if at < 3 else str((int(read.number[at]) + 1) % 10)
        assert wrong(read.number[:at] + changed + read.number[at + 1 :]) == "check"


@pytest.mark.parametrize(("letters", "city", "known"), [("XQZ", "1100", False), ("KAZ", "9900", False)])
def test_an_old_card_of_no_known_country_or_city_is_said_so(letters: str, city: str, known: bool) -> None:
    first = f"{letters}{city}9012310"
    assert chinese_identity(f"{first}{check_digit(first)}", TODAY).place_known is known


def test_an_old_card_may_mean_two_centuries() -> None:
    first = "FRA11002403071"
    read = chinese_identity(f"{first}{check_digit(first)}", TODAY)
    assert [span.day for span in read.births(TODAY)] == [date(2024, 3, 7), date(1924, 3, 7)]


@pytest.mark.parametrize("born", ["901331", "900230", "900000", "90<<<<"])
def test_an_old_card_with_no_date_is_refused(born: str) -> None:
    first = f"FRA1100{born}1"
    assert wrong(f"{first}{check_digit(first)}") in {"check", "length"}


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("138 0013 8000", "CN", "+8613800138000"),
        ("+86 138-0013-8000", "CN", "+8613800138000"),
        ("0086 13800138000", "CN", "+8613800138000"),
        ("１３８００１３８０００", "CN", "+8613800138000"),
        ("07400 123456", "GB", "+447400123456"),
        ("+44 7400 123456", "CN", "+447400123456"),
        ("+1 415 555 2671", "CN", "+14155552671"),  # in North America mobile numbers look like all others
        ("+852 5123 4567", "CN", "+85251234567"),
    ],
)
def test_a_mobile_number_is_one_number_however_it_is_written(text: str, region: str, number: str) -> None:
    assert mobile(text, region) == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not_a_number"),
        ("hello", "not_a_number"),
        ("1" * 33, "not_a_number"),
        ("12345", "not_in_use"),
        ("+86 1380013800", "not_in_use"),
        ("13800138000 ext. 5", "not_a_number"),
        ("010 6552 9988", "not_mobile"),  # a telephone in Beijing
        ("+44 20 7946 0018", "not_mobile"),
        ("+44 906 123 4567", "not_mobile"),  # premium rate: what pumping would use
        ("400 810 8888", "not_mobile"),
    ],
)
def test_what_cannot_receive_a_message_is_refused(text: str, reason: str) -> None:
    with pytest.raises(NumberInvalid) as refused:
        mobile(text)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "text",
    [
        "138OO138OOO",
        "138ОО138ООО",
        "138oo138ooo",
        "1380013800O",
        "13800138OOO",
        "l3800138000",
        "1-800-FLOWERS",
        "138ΟΟ138ΟΟΟ",
        "tel:13800138000",
        "13800138000x5",
        "13800138000;ext=5",
        "138〇〇138〇〇〇",
        "一三八零零一三八零零零",
        "138*0138000",
    ],
)
def test_abuse_93_letters_are_no_digits_of_a_mobile_number(text: str) -> None:
    with pytest.raises(NumberInvalid) as refused:
        mobile(text)
    assert refused.value.reason == "not_a_number"


@pytest.mark.parametrize(
    "text",
    [
        "\u200e138\xa00013\xa08000",
        "\u202a138 0013 8000\u202c",
        "138︍00138000",
        "١٣٨٠٠١٣٨٠٠٠",
        "＋８６（１３８）００１３－８０００",
        "138.0013.8000",
        "138·0013·8000",
        "138•0013・8000",
        "138ー0013ー8000",
        "\ufeff13800138000\n",
        "1️⃣3800138000",
    ],
)
def test_a_mobile_number_is_one_number_however_it_is_typed_or_pasted(text: str) -> None:
    assert mobile(text) == "+8613800138000"


@pytest.mark.parametrize(
    "text", ["１１０１０５１９４９１２３１００２Ｘ", "110105 19491231 002x", "\u200e110105-19491231-002Ⅹ\ufe0d"]
)
def test_an_identity_number_is_one_number_however_it_is_typed(text: str) -> None:
    assert chinese_identity(text, TODAY).number == SPECIMEN


@pytest.mark.parametrize("text", [SPECIMEN.replace("0", "O"), SPECIMEN.replace("X", "Х"), SPECIMEN + " " * 64])
def test_abuse_93_letters_are_no_digits_of_an_identity_number(text: str) -> None:
    assert wrong(text) in {"length", "check"}


def test_a_masked_number_is_known_to_its_owner_alone() -> None:
    assert masked("+8613800138000") == "+86 ••• 8000"
