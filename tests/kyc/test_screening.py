"""Names against a list of the project's own, in the form of the public one."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pytest

from feiqian.kyc.errors import SanctionsInvalid
from feiqian.kyc.sanctions_list import read_list
from feiqian.kyc.screening import MOST_MATCHES, Sanctions
from feiqian.policy.load import load_policy

AT_LEAST = load_policy("cn").identity.screening_score


def entry(number: int, name: str, remarks: str = "-0- ", kind: str = '"individual"') -> str:
    return f'{number},"{name}",{kind},"TEST",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"{remarks}"\r\n'


def listed(folder: Path, *entries: str, others: str = "") -> Sanctions:
    (folder / "ofac_sdn.csv").write_text("".join(entries) + "\x1a")
    (folder / "ofac_alt.csv").write_text(others)
    return Sanctions(folder)


def found(sanctions: Sanctions, name: str, birth: date | None = None) -> list[str]:
    return [match.entry for match in sanctions.screen(name, AT_LEAST, birth)]


@pytest.mark.parametrize(
    "name",
    [
        "Ivo Aurelius Vantablack",
        "VANTABLACK, IVO AURELIUS",
        "Ivo Vantablack",  # a given name left out
        "Vantablack Ivo Aurelius Maria",  # one added
        "Ivo Aurelius Vantablak",  # misspelt
        "Íño Aurelius Vantabläck",
        "ivoaurelius vantablack",
        "Иво Аурелиус Вантаблак",
        "Ivo Blackwant",  # another name of the same person
    ],
)
def test_a_listed_person_is_found_however_the_name_is_written(sanctions: Sanctions, name: str) -> None:
    assert found(sanctions, name) == ["900001"]


@pytest.mark.parametrize("name", ["朱天宇", "Zhu Tianyu", "Tianyu Zhu", "ZHU TIAN YU"])
def test_a_chinese_name_is_found_in_characters_and_in_pinyin(sanctions: Sanctions, name: str) -> None:
    assert found(sanctions, name) == ["900003"]


def test_arabic_names_are_found_across_spellings(sanctions: Sanctions) -> None:
    for name in ("Youssef Zarkami", "Yusuf Idris Al-Zarqami", "Yousuf bin Idris al Zarqami"):
        assert found(sanctions, name) == ["900005"]


def test_a_nickname_in_the_remarks_is_a_name(sanctions: Sanctions) -> None:
    (match,) = sanctions.screen("The Heron", AT_LEAST)
    assert (match.listed, match.name, match.score) == ("QUILLFEATHER, Ottoline", "THE HERON", 100.0)


def test_a_match_says_which_entry_and_which_of_its_names(sanctions: Sanctions) -> None:
    (match,) = sanctions.screen("Ivo Blackwant", AT_LEAST)
    assert (match.entry, match.listed, match.name) == ("900001", "VANTABLACK, Ivo Aurelius", "BLACKWANT, Ivo")
    assert match.score == 100.0
    assert match.remarks.startswith("DOB 14 Mar 1961")


@pytest.mark.parametrize(
    "name", ["Li Mei", "王伟", "Aino Lehtinen", "Mary Smith", "Ivo", "Aurelius", "Youssef", "Tianyu", "", "…", "I. V."]
)
def test_ordinary_names_and_half_a_name_are_not_found(sanctions: Sanctions, name: str) -> None:
    assert found(sanctions, name) == []


def test_another_year_of_birth_lowers_the_score_and_hides_nobody(sanctions: Sanctions) -> None:
    same, other = (sanctions.screen("Ivo Vantablack", 50, date(year, 1, 1))[0].score for year in (1961, 1999))
    assert other == same - 10
    assert found(sanctions, "Ivo Aurelius Vantablack", date(1999, 1, 1)) == ["900001"]
    assert found(sanctions, "Ivo Vantablak", date(1961, 1, 1)) == ["900001"]
    assert found(sanctions, "Ivo Vantablak", date(1999, 1, 1)) == []


def test_births_are_read_from_the_remarks(tmp_path: Path) -> None:
    remarks = "DOB 14 Mar 1961; alt. DOB circa 1970; POB 1234 Town; a.k.a. 'X'."
    listed(tmp_path, entry(1, "A, B", remarks), entry(2, "C, D", "DOB 1960 to 1963."), entry(3, "E, F", "POB 1950."))
    births = {known.entry: known.births for known in read_list(tmp_path)}
    assert births == {"1": {1961, 1970}, "2": {1960, 1961, 1962, 1963}, "3": set()}


def test_companies_are_found_by_their_whole_names_alone(sanctions: Sanctions) -> None:
    assert found(sanctions, "Marrowgate Shipping Company Ltd") == ["900004"]
    assert found(sanctions, "Shipping Company") == []


def test_each_entry_is_told_once_and_the_nearest_first(tmp_path: Path) -> None:
    near = [entry(n, f"VANTABLACK, Ivo {chr(64 + n)}aria") for n in range(1, 12)]
    sanctions = listed(tmp_path, *near, entry(50, "VANTABLACK, Ivo"), others='50,1,"aka","VANTABLAC, Ivo",-0- \r\n')
    matches = sanctions.screen("Ivo Vantablack", AT_LEAST)
    assert len(matches) == MOST_MATCHES == len({match.entry for match in matches})
    assert (matches[0].entry, matches[0].score) == ("50", 100.0)
    assert [match.score for match in matches] == sorted((match.score for match in matches), reverse=True)


def test_a_listed_person_is_found_among_twenty_thousand(tmp_path: Path) -> None:
    chance = random.Random(20_000)
    syllables = ["ba", "ko", "ri", "ta", "mu", "ne", "so", "li", "ve", "do", "gu", "pa", "shi", "zen", "hal", "tor"]

    def word() -> str:
        return "".join(chance.choices(syllables, k=chance.randrange(2, 5)))

    names = [f"{word()}, {word()} {word()}" for _ in range(20_000)]
    sanctions = listed(tmp_path, *(entry(n, name) for n, name in enumerate(names)))
    assert len(sanctions) == 20_000
    for number in chance.sample(range(20_000), 20):
        family, given = names[number].split(", ")
        assert str(number) in found(sanctions, f"{given} {family}".title())


REMARKS = (
    "DOB 14 Mar 1961; POB Nowhere 99999; nationality Utopia; Passport A-992535 (Utopia) issued 04 Mar 1999 expires "
    "03 Mar 2004; alt. Passport RL 0603911 (Lebanon); National ID No. 660000 73767 (Belgium); D.N.I. 78.865.882; "
    "Passport N348171/IRAQ (Iraq); C.U.R.P. LISA741225HHGZZR03 (Mexico); Identification Number 110105491231002; "
    "Passport D000000483, Diplomatic (Syria); Passport C 1415363 - 16/2/1421H issued 21 May 2000; Residency Number "
    "003-5506420-0100028; Telephone 0097282851500; Secondary sanctions risk: sections 510.201 and 510.210; "
    "Birth Certificate Number 365; a.k.a. 'JUNE 78901'."
)


@pytest.mark.parametrize(
    "number",
    [
        *("A992535", "a 992 535", "A-992535", "Ａ９９２５３５", "RL0603911", "RL603911", "0603911", "66000073767"),
        *("78865882", "N348171", "LISA741225HHGZZR03", "D000000483", "1415363", "C1415363", "35506420-0100028"),
        "11010519491231002X",  # of which the list has the fifteen digits of before 1999
    ],
)
def test_a_listed_document_is_found_however_its_number_is_written(tmp_path: Path, number: str) -> None:
    sanctions = listed(tmp_path, entry(1, "OTHER, Person"), entry(7, "VANTABLACK, Ivo", REMARKS))
    (match,) = sanctions.find([number])
    assert (match.entry, match.listed, match.score) == ("7", "VANTABLACK, Ivo", 100.0)


@pytest.mark.parametrize(
    "number",
    ["992535", "A992536", "99999", "365", "0097282851500", "510201", "78901", "14031961", "1999", "", "<<<", "IRAQ"],
)
def test_what_is_no_listed_document_is_not_found(tmp_path: Path, number: str) -> None:
    assert listed(tmp_path, entry(7, "VANTABLACK, Ivo", REMARKS)).find([number]) == []


def test_a_match_says_which_document(tmp_path: Path) -> None:
    (match,) = listed(tmp_path, entry(7, "VANTABLACK, Ivo", REMARKS)).find(["RL0603911"])
    assert match.name == "alt. Passport RL 0603911 (Lebanon)"


def test_each_person_is_found_once_and_numbers_of_companies_are_not_those_of_people(tmp_path: Path) -> None:
    company = entry(9, "MARROWGATE LTD", "Tax ID No. 66000073767.", "-0- ")
    sanctions = listed(
        tmp_path, entry(7, "VANTABLACK, Ivo", REMARKS), company, others='7,1,"aka","BLACKWANT, Ivo",-0- \r\n'
    )
    assert [match.entry for match in sanctions.find(["A992535", "66000073767", "78865882"])] == ["7"]


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("ofac_sdn.csv", entry(1, "A, B") + "2,C\r\n", "ofac_sdn.csv:2: 2 columns instead of 12"),
        ("ofac_alt.csv", "\r\n1,2,3\r\n", "ofac_alt.csv:2: 3 columns instead of 5"),
        ("ofac_alt.csv", None, "ofac_alt.csv cannot be read"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_the_line(
    tmp_path: Path, file: str, text: str | None, told: str
) -> None:
    listed(tmp_path, entry(1, "A, B"))
    if text is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_text(text)
    with pytest.raises(SanctionsInvalid, match=told):
        Sanctions(tmp_path)


@pytest.mark.parametrize(
    ("remarks", "given"),
    [
        ("Passport 12 AB 34567 (France)", "12AB34567"),
        ("National ID No. D489833(9) (Hong Kong)", "D4898339"),
        ("National ID No. D489833(9) (Hong Kong)", "D489833"),
        ("Identification Number R12345(A); DOB 1961", "R12345A"),
        ("Passport E 12 345 678 (China) issued 4 Mar 1999", "E12345678"),
    ],
)
def test_a_listed_number_is_found_however_it_is_set_apart(tmp_path: Path, remarks: str, given: str) -> None:
    assert [match.entry for match in listed(tmp_path, entry(1, "DOE, John", remarks)).find([given])] == ["1"]
