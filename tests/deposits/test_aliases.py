"""Aliases: what may be one, that no two look alike, and how often one may try."""

from __future__ import annotations

import asyncio

import pytest

from feiqian.auth.model import Opened
from feiqian.deposits.aliases import read_alias, skeleton
from feiqian.deposits.errors import AccountInvalid, AccountNotFound, AliasTaken, AliasTriesUsedUp
from feiqian.money import CNY
from feiqian.subjects import staff
from tests.customers.people import EVE, EVE_DETAILS, People


@pytest.fixture
def mei(people: People) -> Opened:
    return people.checked()


def opened(people: People, holder: Opened) -> str:
    number = holder.session.subject.customer
    return people.run(people.services.deposits.open(number, CNY.number, "current", staff(0)))


def choose(people: People, holder: Opened, id: str, alias: str) -> str:
    return people.run(people.services.aliases.choose(holder.session.subject.customer, id, alias)).alias


@pytest.mark.parametrize("good", ["rent", "Rent2026", "miña", "ahorroDeCarmen", "工资账户", "工资账户2号", "a" * 20])
def test_an_alias_is_letters_and_digits_of_one_script(good: str) -> None:
    assert read_alias(f" {good} ") == good
    assert read_alias(f"{good[:2]}\u202e{good[2:]}") == good  # what is not seen is not kept


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("abc", "alias_length"),
        ("a" * 21, "alias_length"),
        ("12345678", "alias_number"),
        ("１２３４５６", "alias_number"),
        ("o1o1o1", "alias_number"),
        ("lO0I", "alias_number"),
        ("two words", "alias_letters"),
        ("re.nt", "alias_letters"),
        ("rеnt", "alias_letters"),  # Cyrillic
        ("rent\u0301\u0301", "alias_letters"),
        ("мама", "alias_letters"),
        ("さくら工資", "alias_letters"),
        ("rent账户", "alias_scripts"),
        ("feiqian2", "alias_reserved"),
        ("FE1Q1AN", "alias_reserved"),
        ("飞钱客户", "alias_reserved"),
    ],
)
def test_abuse_96_what_is_no_alias_is_refused_with_its_reason(wrong: str, reason: str) -> None:
    with pytest.raises(AccountInvalid) as refused:
        read_alias(wrong)
    assert refused.value.reason == reason


ALIKE = [
    ("rent", "RENT"),
    ("paypal1", "paypaII"),
    ("b0ok", "book"),
    ("modern", "rnodern"),
    ("mina", "miña"),
    ("ｒｅｎｔ", "rent"),
    ("re\u200bnt", "rent"),
    ("window", "vvinclow"),
    ("士兵账户", "土兵账户"),
    ("绝對安全口", "绝對安全囗"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_abuse_96_aliases_that_look_alike_have_one_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


def test_aliases_that_differ_have_skeletons_that_differ() -> None:
    names = ["rent", "rant", "salary", "工资账户", "工资帐户", "savings1", "savings2", "mother", "father"]
    assert len({skeleton(name) for name in names}) == len(names)


@pytest.mark.parametrize(("one", "other"), ALIKE[:3])
def test_abuse_96_an_alias_that_another_has_or_that_looks_like_it_is_refused(
    people: People, mei: Opened, one: str, other: str
) -> None:
    eve = people.checked(EVE, EVE_DETAILS)
    assert choose(people, mei, opened(people, mei), one) == one
    theirs = opened(people, eve)
    with pytest.raises(AliasTaken):
        choose(people, eve, theirs, other)
    assert people.do(people.services.deposits.get, theirs).alias == ""


def test_an_alias_is_changed_taken_away_and_free_again(people: People, mei: Opened) -> None:
    eve, id = people.checked(EVE, EVE_DETAILS), opened(people, mei)
    choose(people, mei, id, "rent")
    choose(people, mei, id, "RENT")
    choose(people, mei, id, "")
    assert choose(people, eve, opened(people, eve), "rent") == "rent"
    assert people.audit_log(1).count("account_alias_chosen") == 3
    assert ("changed", "sms") in people.told(1)


def test_nobody_names_anothers_account(people: People, mei: Opened) -> None:
    eve = people.checked(EVE, EVE_DETAILS)
    with pytest.raises(AccountNotFound):
        choose(people, eve, opened(people, mei), "mine")


def test_abuse_96_who_tries_which_aliases_are_taken_is_stopped(people: People, mei: Opened) -> None:
    eve = people.checked(EVE, EVE_DETAILS)
    choose(people, mei, opened(people, mei), "rent")
    theirs = opened(people, eve)
    for _ in range(10):
        with pytest.raises(AliasTaken):
            choose(people, eve, theirs, "rent")
    with pytest.raises(AliasTriesUsedUp):
        choose(people, eve, theirs, "other")
    people.clock.advance(24 * 3600 + 1)
    assert choose(people, eve, theirs, "other") == "other"


def test_of_two_who_choose_one_alias_at_once_one_has_it(people: People, mei: Opened) -> None:
    ids, aliases = [opened(people, mei) for _ in range(2)], people.services.aliases

    async def both() -> list[object]:
        return await asyncio.gather(*(aliases.choose(1, id, "rent") for id in ids), return_exceptions=True)

    outcomes = people.run(both())
    assert sorted(isinstance(outcome, AliasTaken) for outcome in outcomes) == [False, True]
