"""Names in all scripts, against what passports make of them: the same, another, or for people to judge."""

from __future__ import annotations

import pytest

from feiqian.identity.letters import is_name, needs_people
from feiqian.identity.names import Likeness, agree, compare, joined, normalised, words

SAME = [
    ("欧阳娜娜", "OUYANG NANA"),
    ("张伟", "ZHANG WEI"),
    ("吕娜", "LYU NA"),  # ü is YU in passports of today
    ("吕娜", "LU NA"),  # and was U
    ("吕娜", "LV NA"),  # or V
    ("曾国", "ZENG GUO"),  # a family name, so not ceng
    ("单小明", "SHAN XIAOMING"),
    ("仇英", "QIU YING"),
    ("解放", "XIE FANG"),
    ("Zhang Wei", "ZHANG WEI"),
    ("Wei Zhang", "ZHANG WEI"),
    ("Müller Jörg", "MUELLER JOERG"),
    ("Müller Jörg", "MULLER JORG"),
    ("Müller", "MUXXLLER"),
    ("Straße", "STRASSE"),
    ("Åse Ødegård", "OEDEGAARD AASE"),
    ("José Muñoz", "MUNOZ JOSE"),
    ("José Muñoz", "MUNXXOZ JOSE"),
    ("Nguyễn Văn Đức", "NGUYEN VAN DUC"),
    ("Łukasz Żak", "ZAK LUKASZ"),
    ("İsmail Çelik", "CELIK ISMAIL"),
    ("O'Brien Seán", "OBRIEN SEAN"),
    ("Jean-Luc Picard", "PICARD JEAN LUC"),
    ("Щербаков Юрий", "SHCHERBAKOV IURII"),
    ("Ｊｏｈｎ　Ｓｍｉｔｈ", "SMITH JOHN"),
    ("María de los Ángeles del Río y Santa Cruz Pérez Gómez", "DE LOS ANGELES DEL RIO Y SANTA CRUZ PEREZ GOMEZ MARIA"),
]


@pytest.mark.parametrize(("claimed", "zone"), SAME, ids=[claimed for claimed, _ in SAME])
def test_one_name_in_two_spellings_is_the_same(claimed: str, zone: str) -> None:
    assert agree(claimed, zone)
    assert compare(claimed, zone) is Likeness.SAME


@pytest.mark.parametrize(
    ("claimed", "zone"),
    [
        ("黄大文", "WONG TAI MAN"),  # Cantonese
        ("田中 太郎", "TANAKA TARO"),  # Japanese
        ("김행운", "KIM HAENGUN"),
        ("محمد علي", "MOHAMED ALI"),
        ("John Smith", "SMITH JOHN PAUL"),  # a given name left out
        ("Jon Smith", "SMITH JOHN"),  # perhaps a slip
    ],
)
def test_what_only_people_can_judge_is_unclear(claimed: str, zone: str) -> None:
    assert compare(claimed, zone) is Likeness.UNCLEAR


@pytest.mark.parametrize(
    ("claimed", "zone"),
    [
        ("John Smith", "ERIKSSON ANNA MARIA"),
        ("Smith", "SMITH JOHN"),
        ("Anna Eriksson", "ERIKSSON LARS"),
        ("", "SMITH JOHN"),
        ("John Smith", ""),
        ("!!!", "SMITH"),
    ],
)
def test_another_name_is_different(claimed: str, zone: str) -> None:
    assert compare(claimed, zone) is Likeness.DIFFERENT


def test_a_name_that_was_cut_to_fit_is_not_called_different() -> None:
    zone = "NILAVADHANANANDA CHAYAPA DEJTHAMRONG KR"
    assert compare("Chayapa Dejthamrong Krasuang Nilavadhanananda", zone, zone_cut=True) is Likeness.UNCLEAR
    assert compare("Chayapa Dejthamrong Krasuang Nilavadhanananda", zone.removesuffix(" KR")) is not Likeness.SAME


def test_the_order_and_case_and_accents_of_words_do_not_matter() -> None:
    assert normalised("José MUÑOZ") == normalised("munoz, jose") == "jose munoz"
    assert joined("Ou-Yang  Nana") == joined("欧阳娜娜") == "ouyangnana"


def test_words_cannot_be_drawn_twice_or_left_over() -> None:
    assert not agree("Na Na", "NA")
    assert not agree("Anna", "ANNA ANNA")


def test_many_equal_words_are_compared_at_once() -> None:
    assert not agree("a a a a a a a a", "aaaaaaab")
    assert not agree(" ".join("ab" * 300), "ab" * 299)


def test_a_name_without_letters_has_no_words() -> None:
    assert words("…!?") == ()


NEWER = {
    "extension B": "\U00020bb7",
    "extension G, Unicode 13": "\U00030ede",
    "extension H, Unicode 15": "\U0003158e",
    "extension I, Unicode 15.1": "\U0002ebf0",
    "extension J, Unicode 17": "\U000323b0",
    "not assigned yet": "\U0003a000",
}
PRIVATE = {"private use": "\ue863", "plane 15": "\U000f0001", "plane 16": "\U00100001", "unassigned": "\u0378"}


@pytest.mark.parametrize("character", NEWER.values(), ids=NEWER)
def test_ideographs_newer_than_python_are_letters_of_a_name(character: str) -> None:
    name = f"王{character}"
    assert is_name(name)
    assert is_name(character)
    assert not needs_people(name)
    assert agree(name, name)
    assert not agree(name, "王伟")
    assert compare(name, "WANG WEI") is Likeness.UNCLEAR


@pytest.mark.parametrize("character", PRIVATE.values(), ids=PRIVATE)
def test_forms_of_private_use_are_taken_and_left_to_people(character: str) -> None:
    name = f"王{character}"
    assert is_name(name)
    assert needs_people(name)
    assert agree(name, name)
    assert not agree(name, f"王{chr(ord(character) + 0x20)}")
    assert compare(name, "WANG WEI") is Likeness.UNCLEAR


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("نیلو\u200cفر احمدی", "نیلوفر احمدی"),  # ZWNJ, and none
        ("శ్రీ\u200dరామ్", "శ్రీరామ్"),
        ("葛\U000e0100城", "葛城"),  # a selector of the ideograph's form
        ("葛\ufe00城", "葛城"),
        ("买买提·艾力", "买买提•艾力"),
        ("买买提·艾力", "买买提‧艾力"),
        ("买买提·艾力", "买买提・艾力"),
        ("买买提·艾力", "买买提∙艾力"),
        ("买买提·艾力", "买买提⋅艾力"),
        ("买买提·艾力", "买买提･艾力"),
        ("买买提·艾力", "买买提 艾力"),
        ("O’Brien", "O'Brien"),
        ("OʼBrien", "OBrien"),
        ("Jean‐Luc", "Jean-Luc"),
        ("Jean–Luc", "Jean Luc"),
    ],
)
def test_one_name_is_the_same_however_its_parts_are_joined(one: str, other: str) -> None:
    assert is_name(one)
    assert is_name(other)
    assert agree(one, other)


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("ᠰᠠᠷ\u180eᠠ", "ᠰᠠᠷᠠ"),  # the vowel separator of Mongolian
        ("\u200fمحمد علی\u200f", "محمد علی"),
        ("Mei \u200eدینا\u200e", "Mei دینا"),
        ("דינה\u200f כהן", "דינה כהן"),
        ("علی\u061c", "علی"),
    ],
)
def test_separators_and_direction_marks_that_scripts_need_are_taken(name: str, seen: str) -> None:
    assert is_name(name)
    assert not needs_people(name)
    assert words(name) == words(seen)


@pytest.mark.parametrize("name", ["\u200f", "\u200e\u200f \u200e", "\u180e", "\u180eᠠ", "ᠠ\u180e", "12\u200e"])
def test_marks_alone_or_out_of_place_are_no_name(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "…", "123", "😀", "\u200c", "\u200cفر", "فر\u200c", "ا\u200c\u200cب", "ا \u200cب"),
        *(
            "a\u202eb",
            "a\u2066b",
            "a\u0000b",
            "a\u200bb",
            "a\u2028b",
            "a\ufdd0b",
            "a\ufffeb",
            "王\U0002ffff",
            "a\ud800",
        ),
    ],
)
def test_what_is_not_seen_or_has_no_letter_is_no_name(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize(
    ("claimed", "zone"), [("Reza Ahmadi", "AHMADI"), ("Ahmadi", "AHMADI"), ("Suparman", "SUPARMAN")]
)
def test_one_name_alone_in_a_passport_is_not_called_another(claimed: str, zone: str) -> None:
    assert compare(claimed, zone) is not Likeness.DIFFERENT
    assert compare("Mary Smith", zone) is Likeness.DIFFERENT
