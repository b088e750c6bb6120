"""Numbers that name people: those that cannot be right are refused with a word, and never repeated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from feiqian.identity.errors import NumberInvalid
from feiqian.identity.numbers import chinese_identity, country_of, masked, mobile

TODAY = date(2026, 11, 24)
SPECIMEN = "11010519491231002X"  # GB 11643-1999, 3.4: the example
Card = Callable[[str], str]


def wrong(text: str) -> str:
    with pytest.raises(NumberInvalid) as refused:
        chinese_identity(text, TODAY)
    if len(text) > 1:
        assert text not in f"{refused.value!r} {refused.value}"
    return refused.value.reason


def test_the_example_of_the_standard_is_read() -> None:
    read = chinese_identity(SPECIMEN, TODAY)
    assert read == (SPECIMEN, date(1949, 12, 31), True)
    assert SPECIMEN not in repr(read)


def test_a_small_x_and_spaces_around_are_the_same_number() -> None:
    assert chinese_identity(" 11010519491231002x ", TODAY).number == SPECIMEN


def test_the_seventeenth_digit_tells_women_from_men(card: Card) -> None:
    assert not chinese_identity(card("11010519900307001"), TODAY).female
    assert chinese_identity(card("11010519900307002"), TODAY).female


@pytest.mark.parametrize("at", range(18))
def test_no_changed_digit_goes_unnoticed(at: int) -> None:
    changed = str((int(SPECIMEN[at]) + 1) % 10) if SPECIMEN[at] != "X" else "0"
    assert wrong(SPECIMEN[:at] + changed + SPECIMEN[at + 1 :]) in {"check", "birth"}


@pytest.mark.parametrize("text", ["", "1", "110105491231002", SPECIMEN[:-1], SPECIMEN + "1", "一" * 18])
def test_other_than_eighteen_digits_is_refused(text: str) -> None:
    assert wrong(text) == "length"


def test_a_birth_that_cannot_be_is_refused(card: Card) -> None:
    assert wrong(card("11010519900231001")) == "check"
    assert wrong(card("11010520261125001")) == "birth"  # tomorrow
    assert wrong(card("11010518500101001")) == "birth"
    assert chinese_identity(card("11010520261124001"), TODAY).birth == TODAY


def test_a_place_that_never_was_is_refused(card: Card) -> None:
    assert wrong(card("99010519900307001")) == "check"


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


def test_the_country_of_a_number() -> None:
    assert country_of("+8613800138000") == "CN"
    assert country_of("+447400123456") == "GB"
