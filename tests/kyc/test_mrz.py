"""Machine-readable zones: the specimen of the standard, and what is wrong with others, by name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest

from feiqian.kyc.errors import MrzInvalid
from feiqian.kyc.mrz import check_digit, lines_of, parse_mrz

TODAY = date(2026, 11, 24)
# ICAO Doc 9303, part 4, appendix A: the specimen passport of Utopia.
UPPER = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
LOWER = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
Zone = Callable[..., str]


def wrong(text: str) -> str:
    with pytest.raises(MrzInvalid) as refused:
        parse_mrz(text, TODAY)
    return refused.value.field


def test_the_specimen_of_the_standard_is_read() -> None:
    read = parse_mrz(f"{UPPER}\n{LOWER}", TODAY)
    assert (read.issuer, read.family_name, read.given_names) == ("UTO", "ERIKSSON", "ANNA MARIA")
    assert (read.number, read.nationality, read.sex) == ("L898902C3", "UTO", "F")
    assert (read.birth, read.expires) == (date(1974, 8, 12), date(2012, 4, 15))
    assert not read.name_cut


def test_check_digits_are_those_of_the_standard() -> None:
    assert check_digit("L898902C3") == 6  # part 3, appendix A
    assert check_digit("740812") == 2
    assert check_digit("<" * 14) == 0


@pytest.mark.parametrize("text", [f"{UPPER} {LOWER}", f"{UPPER}{LOWER}".lower(), f"  {UPPER}\r\n\r\n{LOWER}  "])
def test_however_the_lines_are_parted(text: str) -> None:
    assert parse_mrz(text, TODAY).number == "L898902C3"


@pytest.mark.parametrize("filler", ["＜", "﹤", "‹", "〈", "《", "«", "⟨", "≪"])
def test_the_filler_may_be_another_bracket_for_each_one(filler: str) -> None:
    assert lines_of(f"{UPPER}\n{LOWER}".replace("<", filler)) == (UPPER, LOWER)


@pytest.mark.parametrize("filler", ["«", "《", "≪"])
def test_the_filler_may_be_a_double_bracket_for_two(filler: str) -> None:
    assert lines_of(f"{UPPER}\n{LOWER}".replace("<<", filler)) == (UPPER, LOWER)


def test_the_zone_may_be_in_full_width_with_marks_that_are_not_seen() -> None:
    typed = "".join(chr(ord(c) + 0xFEE0) for c in UPPER) + "\u200e\u00a0" + "\ufe0d".join(LOWER)
    assert parse_mrz(typed, TODAY).number == "L898902C3"


def test_a_zone_with_letters_of_other_scripts_or_without_end_is_none() -> None:
    assert wrong(f"{UPPER}\n{LOWER}".replace("E", "Е")) == "lines"
    assert wrong(f"{UPPER}\n{LOWER}" + " " * 999) == "lines"


@pytest.mark.parametrize("at", [*range(10), *range(13, 20), *range(21, 44)])
def test_no_changed_character_of_the_second_line_goes_unnoticed(at: int) -> None:
    changed = "7" if LOWER[at] != "7" else "8"
    assert wrong(f"{UPPER}\n{LOWER[:at]}{changed}{LOWER[at + 1 :]}") in {
        *("number", "birth", "expiry", "personal_number", "composite")
    }


def test_the_field_that_is_wrong_is_named(mrz: Zone) -> None:
    good = mrz()
    assert wrong(good.replace("E12345678", "E12345679")) == "number"
    assert wrong(good.replace("900312", "900313")) == "birth"
    assert wrong(good.replace("320101", "320102")) == "expiry"
    assert wrong(good[:-1] + str((int(good[-1]) + 1) % 10)) == "composite"
    assert wrong("V" + good[1:]) == "document"
    assert wrong(good.replace("F32", "Q32")) == "sex"
    assert wrong(mrz(name="")) == "name"
    assert wrong(mrz(name="<<<<<<")) == "name"
    assert wrong(mrz(name="LEHT1NEN<<AINO")) == "name"
    assert wrong(mrz(number="")) == "number"
    assert wrong(mrz(birth="901332")) == "birth"
    assert wrong(mrz(expires="320230")) == "expiry"
    assert wrong(mrz(state="U1O")) == "issuer"


@pytest.mark.parametrize("text", ["", UPPER, f"{UPPER}\n{LOWER[:-1]}", f"{UPPER}\n{LOWER}<", UPPER + LOWER[:-1] + "é"])
def test_other_than_two_lines_of_44_characters_is_no_zone(text: str) -> None:
    assert wrong(text) == "lines"


def test_an_error_repeats_nothing_of_the_zone() -> None:
    with pytest.raises(MrzInvalid) as refused:
        parse_mrz(f"{UPPER}\n{LOWER[:-1]}9", TODAY)
    assert not re.search("ERIKSSON|L898902C3|740812", f"{refused.value!r} {refused.value}")
    assert "ERIKSSON" not in repr(parse_mrz(f"{UPPER}\n{LOWER}", TODAY))


@pytest.mark.parametrize(
    ("digits", "meant"),
    [
        ("261124", date(2026, 11, 24)),  # born today
        ("261125", date(1926, 11, 25)),  # nobody was born tomorrow
        ("270101", date(1927, 1, 1)),
        ("000229", date(2000, 2, 29)),
    ],
)
def test_two_digits_of_a_birth_year_mean_the_newest_possible(mrz: Zone, digits: str, meant: date) -> None:
    assert parse_mrz(mrz(birth=digits), TODAY).birth == meant


@pytest.mark.parametrize(("digits", "meant"), [("361124", date(2036, 11, 24)), ("990101", date(1999, 1, 1))])
def test_two_digits_of_an_expiry_year_reach_into_the_future(mrz: Zone, digits: str, meant: date) -> None:
    assert parse_mrz(mrz(expires=digits), TODAY).expires == meant


def test_a_personal_number_may_have_a_filler_for_its_digit_if_it_is_empty(mrz: Zone) -> None:
    upper, lower = mrz().split("\n")
    filled = lower[:42] + "<"
    composite = check_digit(filled[:10] + filled[13:20] + filled[21:43])
    assert parse_mrz(f"{upper}\n{filled}{composite}", TODAY).number == "E12345678"
    assert parse_mrz(mrz(personal="AB<123"), TODAY).number == "E12345678"


def test_a_name_that_fills_the_field_may_have_been_cut(mrz: Zone) -> None:
    assert parse_mrz(mrz(name="NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<KRASUANG"), TODAY).name_cut


def test_a_family_name_alone_is_a_name(mrz: Zone) -> None:
    read = parse_mrz(mrz(name="SUPARMAN"), TODAY)
    assert (read.family_name, read.given_names, read.name) == ("SUPARMAN", "", "SUPARMAN")


@pytest.mark.parametrize(
    ("field", "family", "given"),
    [
        ("<<AHMADI", "", "AHMADI"),  # no family name, as India prints it
        ("AHMADI", "AHMADI", ""),  # one name alone, as the standard has it
        ("<<AHMADI<REZA", "", "AHMADI REZA"),
        ("<AHMADI<<", "AHMADI", ""),
        ("A<<B<<C", "A", "B C"),
    ],
)
def test_either_part_of_a_name_may_be_missing(mrz: Zone, field: str, family: str, given: str) -> None:
    read = parse_mrz(mrz(name=field, state="IND"), TODAY)
    assert (read.family_name, read.given_names) == (family, given)
    assert read.name == f"{family} {given}".strip()


def test_a_name_of_39_characters_fills_the_field(mrz: Zone) -> None:
    for length, cut in ((38, False), (39, True)):
        read = parse_mrz(mrz(name="ABCDEFGHIJ<<".ljust(length, "K")), TODAY)
        assert (len(read.name), read.name_cut) == (length - 1, cut)


@pytest.mark.parametrize(
    ("digits", "earliest", "latest"),
    [
        ("7408<<", date(1974, 8, 1), date(1974, 8, 31)),
        ("7402<<", date(1974, 2, 1), date(1974, 2, 28)),
        ("74<<<<", date(1974, 1, 1), date(1974, 12, 31)),
        ("740000", date(1974, 1, 1), date(1974, 12, 31)),
        ("74<<12", date(1974, 1, 1), date(1974, 12, 31)),
        ("<<<<<<", date(1906, 1, 1), TODAY),
        ("26<<<<", date(2026, 1, 1), TODAY),
        ("2611<<", date(2026, 11, 1), TODAY),
        ("2612<<", date(1926, 12, 1), date(1926, 12, 31)),
    ],
)
def test_day_month_and_year_of_birth_may_be_unknown(mrz: Zone, digits: str, earliest: date, latest: date) -> None:
    read = parse_mrz(mrz(birth=digits), TODAY)
    assert read.births[0] == (earliest, latest)
    assert read.birth is None


@pytest.mark.parametrize("digits", ["7413<<", "740<12", "7<0812", "74<0<1", "A40812", "74023<", "7400<1"])
def test_a_birth_that_is_no_date_in_any_year_is_refused(mrz: Zone, digits: str) -> None:
    assert wrong(mrz(birth=digits)) == "birth"


@pytest.mark.parametrize(
    ("digits", "years"),
    [("240307", [2024, 1924]), ("060307", [2006, 1906]), ("050307", [2005]), ("270307", [1927]), ("740812", [1974])],
)
def test_two_digits_may_mean_two_centuries_for_the_very_old_and_the_very_young(
    mrz: Zone, digits: str, years: list[int]
) -> None:
    assert [span.earliest.year for span in parse_mrz(mrz(birth=digits), TODAY).births] == years


def test_the_29th_of_february_is_of_the_years_that_have_it(mrz: Zone) -> None:
    assert [span.day for span in parse_mrz(mrz(birth="240229"), TODAY).births] == [date(2024, 2, 29), date(1924, 2, 29)]
    assert wrong(mrz(birth="250229")) == "birth"


def test_the_personal_number_is_read(mrz: Zone) -> None:
    assert parse_mrz(f"{UPPER}\n{LOWER}", TODAY).personal_number == "ZE184226B"


def test_a_sex_of_neither_is_unspecified_however_a_state_writes_it(mrz: Zone) -> None:
    assert {parse_mrz(mrz(sex=sex), TODAY).sex for sex in ("X", "<")} == {""}
