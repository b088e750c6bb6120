"""The built-in verifier: what contradicts a document is refused, what only people can judge is unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from feiqian.kyc.model import Claim, Verdict
from feiqian.kyc.screening import Sanctions
from feiqian.kyc.verifier import BuiltInVerifier
from feiqian.policy.load import load_policy

TODAY = date(2026, 11, 24)
LI_MEI = Claim("cn_id", "李梅", "11010519491231002X", date(1949, 12, 31), "CHN")
Zone = Callable[..., str]
Card = Callable[[str], str]


@pytest.fixture(scope="module")
def judge(sanctions: Sanctions) -> Callable[[Claim], Verdict]:
    verifier = BuiltInVerifier(load_policy("cn").identity, sanctions)
    return lambda claim: verifier.verify(claim, [], TODAY)


@pytest.fixture(scope="module")
def aino(mrz: Zone) -> Claim:
    return Claim("passport", "Aino Maria Lehtinen", "E12345678", date(1990, 3, 12), "UTO", mrz())


Judge = Callable[[Claim], Verdict]


def test_a_claim_that_agrees_with_its_document_is_verified(judge: Judge, aino: Claim) -> None:
    assert judge(LI_MEI) == Verdict("verified")
    assert judge(aino) == Verdict("verified")
    assert judge(Claim("passport", "Aino Maria Lehtinen", mrz=aino.mrz)) == Verdict("verified")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"number": "110105194912310021"}, "number_invalid"),
        ({"number": ""}, "number_invalid"),
        ({"birth": date(1949, 12, 30)}, "birth_differs"),
        ({"name": "…"}, "name_missing"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(judge: Judge, change: dict[str, object], reason: str) -> None:
    assert judge(replace(LI_MEI, **change)) == Verdict("refused", (reason,))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "Lars Svensson"}, "name_differs"),
        ({"birth": date(1990, 3, 13)}, "birth_differs"),
        ({"number": "E12345670"}, "number_differs"),
        ({"country": "FIN"}, "country_differs"),
        ({"mrz": "P<UTO"}, "number_invalid"),
    ],
)
def test_a_passport_that_says_otherwise_is_refused(
    judge: Judge, aino: Claim, change: dict[str, object], reason: str
) -> None:
    assert judge(replace(aino, **change)) == Verdict("refused", (reason,))


def test_every_contradiction_is_told_at_once(judge: Judge, mrz: Zone) -> None:
    claim = Claim("passport", "Lars Svensson", birth=date(1990, 1, 1), mrz=mrz(expires="201231"))
    assert judge(claim) == Verdict("refused", ("name_differs", "birth_differs", "expired"))


def test_a_passport_holds_through_its_last_day(judge: Judge, mrz: Zone) -> None:
    assert judge(Claim("passport", "Aino Maria Lehtinen", mrz=mrz(expires="261124"))).outcome == "verified"
    assert judge(Claim("passport", "Aino Maria Lehtinen", mrz=mrz(expires="261123"))).reasons == ("expired",)


def test_a_customer_has_to_be_old_enough_on_the_day(judge: Judge, card: Card) -> None:
    assert judge(replace(LI_MEI, number=card("11010520101124002"), birth=None)).outcome == "verified"
    assert judge(replace(LI_MEI, number=card("11010520101125002"), birth=None)).reasons == ("too_young",)


def test_germany_is_germany_in_passports_too(judge: Judge, mrz: Zone) -> None:
    claim = Claim("passport", "Erika Mustermann", country="DEU", mrz=mrz("MUSTERMANN<<ERIKA", state="D<<"))
    assert judge(claim).outcome == "verified"


def test_a_name_in_another_script_is_for_staff_to_judge(judge: Judge, mrz: Zone) -> None:
    claim = Claim("passport", "黄大文", mrz=mrz("WONG<<TAI<MAN"))
    assert judge(claim) == Verdict("unknown", ("name_unclear",))


def test_a_name_that_is_like_a_listed_one_is_for_staff_with_the_entry(judge: Judge) -> None:
    verdict = judge(replace(LI_MEI, name="朱天宇"))
    assert (verdict.outcome, verdict.reasons) == ("unknown", ("looked_at_by_staff",))
    assert [(match.entry, match.score) for match in verdict.matches] == [("900003", 90.0)]  # another year of birth


def test_the_name_of_the_passport_is_screened_too(judge: Judge, mrz: Zone) -> None:
    claim = Claim("passport", "Иво Вантаблак-Ли", mrz=mrz("VANTABLACK<<IVO", birth="610314"))
    verdict = judge(claim)
    assert verdict.outcome == "unknown"
    assert [match.entry for match in verdict.matches] == ["900001"]


def test_what_is_refused_says_nothing_of_lists(judge: Judge, mrz: Zone) -> None:
    claim = Claim("passport", "Ivo Vantablack", mrz=mrz("VANTABLACK<<IVO", expires="200101"))
    assert judge(claim) == Verdict("refused", ("expired",))


# --- documents on the list, places, names and births that only people can judge --------------------------------------


@pytest.fixture(scope="module")
def listing(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """A verifier with a list of one person, who has an identity card, a passport and a national number."""
    folder = tmp_path_factory.mktemp("list")
    numbers = "National ID No. 110105 19491231 002X (China); Passport E-1234567-8 (Utopia); National ID No. ZE184226B"
    row = (
        f'1,"QUILLFEATHER, Ottoline","individual","TEST",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 1980; {numbers}."\r\n'
    )
    (folder / "ofac_sdn.csv").write_text(row)
    (folder / "ofac_alt.csv").write_text("")
    verifier = BuiltInVerifier(load_policy("cn").identity, Sanctions(folder))
    return lambda claim: verifier.verify(claim, [], TODAY)


def test_abuse_94_a_listed_document_under_another_name_is_found(listing: Judge, aino: Claim, mrz: Zone) -> None:
    personal = replace(aino, number="", mrz=mrz(number="X00000001", personal="ZE184226B"))
    for claim in (LI_MEI, replace(LI_MEI, number="11010519491231002x"), aino, personal):
        verdict = listing(claim)
        assert (verdict.outcome, verdict.reasons) == ("unknown", ("looked_at_by_staff",))
        assert [(match.entry, match.score) for match in verdict.matches] == [("1", 100.0)]
    other = replace(aino, number="", mrz=mrz(number="X00000001"))
    assert listing(other) == Verdict("verified")


def test_abuse_94_an_entry_that_is_like_in_name_and_number_is_told_once(listing: Judge) -> None:
    verdict = listing(replace(LI_MEI, name="Ottoline Quillfeather"))
    assert [(match.entry, match.score) for match in verdict.matches] == [("1", 100.0)]


def test_an_unknown_place_is_for_staff(judge: Judge, card: Card) -> None:
    claim = replace(LI_MEI, number=card("11099919550307001"), birth=None)
    assert judge(claim) == Verdict("unknown", ("place_unknown",))


def test_permits_and_residence_cards_are_verified(judge: Judge, card: Card) -> None:
    for number in (card("81000019940823002"), card("83000019620823001"), card("91184019900307001"), "KAZ110090123105"):
        assert judge(Claim("cn_id", "Ho Kwan Lok", number)) == Verdict("verified")


@pytest.mark.parametrize("name", ["王\ue863", "王\U000f0001", "王\u0378", "𒀀𒀁"])
def test_a_name_that_no_table_reads_is_for_staff(judge: Judge, name: str) -> None:
    assert judge(replace(LI_MEI, name=name)) == Verdict("unknown", ("name_unclear",))


@pytest.mark.parametrize("name", ["王\U0003158e", "\U0002ebf0", "𠮷田\U000e0100", "نیلو\u200cفر"])
def test_a_rare_name_on_an_identity_card_is_verified(judge: Judge, name: str) -> None:
    assert judge(replace(LI_MEI, name=name)) == Verdict("verified")


@pytest.mark.parametrize("field", ["<<AHMADI", "AHMADI"])
def test_one_name_alone_is_verified(judge: Judge, mrz: Zone, field: str) -> None:
    assert judge(Claim("passport", "Ahmadi", mrz=mrz(field, state="IND"))) == Verdict("verified")


@pytest.mark.parametrize(
    ("digits", "said", "verdict"),
    [
        ("7408<<", None, Verdict("verified")),
        ("74<<<<", date(1974, 5, 6), Verdict("verified")),
        ("74<<<<", date(1975, 5, 6), Verdict("refused", ("birth_differs",))),
        ("<<<<<<", None, Verdict("unknown", ("birth_unclear",))),
        ("10<<<<", None, Verdict("unknown", ("birth_unclear",))),  # fifteen or sixteen, or a hundred more
        ("240307", None, Verdict("unknown", ("birth_unclear",))),  # 2024, or 1924
        ("240307", date(1924, 3, 7), Verdict("unknown", ("birth_unclear",))),
        ("240307", date(2024, 3, 7), Verdict("refused", ("too_young",))),
        ("240307", date(1824, 3, 7), Verdict("refused", ("birth_differs",))),
        ("080307", None, Verdict("verified")),  # 2008, or 1908: old enough in any case
        ("080307", date(2008, 3, 7), Verdict("verified")),
    ],
)
def test_a_birth_that_is_not_certain_is_for_staff_where_the_age_depends_on_it(
    judge: Judge, mrz: Zone, digits: str, said: date | None, verdict: Verdict
) -> None:
    assert judge(Claim("passport", "Aino Maria Lehtinen", birth=said, mrz=mrz(birth=digits))) == verdict
