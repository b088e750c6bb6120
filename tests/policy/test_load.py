"""Policies that nobody would write on purpose: refused with the line, never with a traceback, never taken by half."""

from __future__ import annotations

import random
import re

import pytest

from feiqian.policy.load import FOLDER, SHIPPED, PolicyInvalid, read_policy

CN, EU = ((FOLDER / f"{name}.toml").read_text() for name in ("cn", "eu"))
BAD_NUMBERS = ("0", "-1", "1.5", "99999999999999999999", "true", '"a"', "nan", "inf", "[]")
BAD_TEXTS = ("1", "[]", "{}", '""', '"\\u0000"', '"CNY"', '"-1.00"', '"１.00"', '"1e3"')


def changed(text: str, line: int, by: str) -> tuple[str, int]:
    """The policy with the line (from 1) replaced, and that line."""
    lines = text.splitlines()
    lines[line - 1] = by
    return "\n".join(lines), line


def line_of(text: str, wanted: str, nth: int = 1) -> int:
    """The line of the nth occurrence."""
    at = -1
    for _ in range(nth):
        at = text.index(wanted, at + 1)
    return 1 + text[:at].count("\n")


def refusal(text: str) -> str:
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(text, "x.toml")
    return str(refused.value)


@pytest.mark.parametrize(
    ("wanted", "nth", "by", "told"),
    [
        ("EUR = {", 2, 'EUR = { unverified = 150, payment = "7500.00", day = "3000.00" }', "Expected 'str'"),
        ("EUR = {", 3, 'EUR = { unverified = "1.00", payment = "2.00" }', "missing required field 'day'"),
        ("JPY = {", 1, 'JPY = { unverified = "5000.00", payment = "40000", day = "40000" }', "JPY has 0 decimals"),
        ("SGD = {", 1, 'SGD = { unverified = "6", payment = "4", day = "4" }', "at most what a payment may be"),
        ("pays = false", 1, "pays = true", "a level that pays has limits"),
        ("pays = true", 2, "pays = false", "a level that pays has limits"),
        ("unverified_per_day = 50", 1, "unverified_per_day = 5", "may not allow less than 'remote'"),
        ("unverified_per_day = 50", 1, "unverified_per_day = 99999999999999999999", "<= 1000000"),
        ("idle_minutes = 30", 1, "customer = { idle_minutes = 0, absolute_hours = 24 }", ">= 1"),
        ("idle_minutes = 30", 1, "customer = { idle_minutes = 30, absolute_hours = 99999 }", "<= 8760"),
        ("idle_minutes = 20", 1, "merchent = { idle_minutes = 20, absolute_hours = 12 }", "did you mean 'merchant'?"),
        ("hours = 24", 1, "hours = 1e9", "Expected 'int'"),
        ("lock_minutes", 1, "lock_minutes = []", "length >= 1"),
        ("entered_alarm_share", 1, "entered_alarm_share = nan", ">= 0"),
        ("screening_score", 1, "screening_score = 20.0", ">= 50"),
        ("min_score", 1, "min_score = 1", ">= 2"),
        ("challenge_seconds", 1, "challenge_seconds = 5", ">= 30"),
        ("any_of", 1, 'any_of = ["password", "sms"]', "Expected 'array'"),
        ("any_of", 1, "any_of = []", "length >= 1"),
        ("any_of", 5, 'any_of = [["totp"]]', "each combination needs 'sms'"),
        ("any_of", 7, 'any_of = [["password"]]', "not strong"),
        ("strong = true", 1, 'up_to = { CNY = "5.00" }', "only of payments"),
    ],
)
def test_the_line_is_that_of_the_mistake_wherever_it_stands(wanted: str, nth: int, by: str, told: str) -> None:
    text, line = changed(CN, line_of(CN, wanted, nth), by)
    said = refusal(text)
    assert said.startswith(f"x.toml:{line}: ")
    assert told in said


def test_a_policy_says_how_long_sessions_last_of_all_who_sign_in() -> None:
    text, _ = changed(CN, line_of(CN, "idle_minutes = 20"), "")
    assert refusal(text).startswith(f"x.toml:{line_of(CN, '[sessions]')}: ")
    assert "how long sessions last of: merchant" in refusal(text)


def test_a_payment_above_all_steps_has_to_need_something() -> None:
    last = line_of(CN, 'any_of = [["pin", "totp"], ["pin", "passkey"]')
    text, _ = changed(CN, last, CN.splitlines()[last - 1] + '\nup_to = { CNY = "50000.00" }')
    assert "the last need of a purpose has no 'up_to'" in refusal(text)


def test_the_currency_of_new_wallets_has_limits_in_every_level_that_pays() -> None:
    assert "every level that pays needs limits in CNY" in refusal(EU.replace('currency = "EUR"', 'currency = "CNY"'))


def test_levels_rise_and_keep_their_names() -> None:
    for wrong in (CN.replace('name = "full"', 'name = "face"'), CN.replace('name = "remote"', 'name = "full"')):
        assert "levels rise from 'unverified' over 'remote' to 'full'" in refusal(wrong)


def test_keys_in_other_notations_are_found_too() -> None:
    dotted = CN.replace("[tries]\nat_most = 5", 'tries.at_most = 9\ntries."x" = [\n  "]",\n  { y = 1 },\n]', 1)
    assert re.match(r"x\.toml:\d+: ", refusal(dotted))
    wrapped = CN.replace("lock_minutes = [15, 60, 360, 1440]", "lock_minutes = [\n  15,\n  60,\n]\nlock_hours = 1")
    assert refusal(wrapped).startswith(f"x.toml:{line_of(wrapped, 'lock_hours')}: ")


def test_an_empty_file_is_refused() -> None:
    assert refusal("").startswith("x.toml:1: ")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_policy_damaged_anywhere_is_read_or_refused_with_a_line(name: str) -> None:
    chance, lines = random.Random(296), (FOLDER / f"{name}.toml").read_text().splitlines()
    refusals = []
    for _ in range(400):
        at, damaged = chance.randrange(len(lines)), list(lines)
        damaged[at] = damage(chance, damaged[at])
        try:
            read_policy("\n".join(damaged), "x.toml")
        except PolicyInvalid as error:
            refusals.append(str(error))
    assert len(refusals) > 100
    assert [refusal for refusal in refusals if not re.match(r"x\.toml:\d+: \S", refusal)] == []


def damage(chance: random.Random, line: str) -> str:
    how = chance.randrange(4)
    if how == 0 or not line:
        return ""
    if how == 1:
        at = chance.randrange(len(line))
        return line[:at] + chance.choice("[]{}=\"'#,x5.-\\") + line[at + 1 :]
    pattern, values = (r"\d+", BAD_NUMBERS) if how == 2 else (r'"[^"]*"', BAD_TEXTS)
    return re.sub(pattern, lambda _: chance.choice(values), line, count=1)


@pytest.mark.parametrize("text", [CN, EU])
def test_a_banks_file_of_before_devices_and_days_were_counted_still_loads(text: str) -> None:
    older = re.sub(r"^(devices|per_factor_day|customers_per_code) = .*\n", "", text, flags=re.M)
    assert len(older.splitlines()) == len(text.splitlines()) - 3
    assert read_policy(older, "x.toml") == read_policy(text, "x.toml")


@pytest.mark.parametrize(("name", "wrong"), [("devices", 11), ("per_factor_day", 61), ("per_factor_day", 1)])
def test_no_policy_allows_more_wrong_answers_than_the_platform(name: str, wrong: int) -> None:
    assert name in refusal(re.sub(rf"^{name} = .*$", f"{name} = {wrong}", CN, flags=re.M))


@pytest.mark.parametrize("text", [CN, EU])
def test_a_banks_file_of_before_corrections_had_ceilings_still_loads(text: str) -> None:
    older = re.sub(r"^two_people_score = .*\n", "", text, flags=re.M)
    older = re.sub(r"^\[corrections\.\w+\]\n.*\n", "", older, flags=re.M)
    assert "corrections." not in older
    policy = read_policy(older, "x.toml")
    assert policy.identity.two_people_score == 95.0
    highest = policy.levels[-1].limits
    for ceilings in (policy.corrections.supporter, policy.corrections.approver):
        assert {c: (one.one, one.day) for c, one in ceilings.items()} == {
            currency: (limits.payment, limits.day) for currency, limits in highest.items()
        }


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ('CNY = { one = "10000.01", day = "10000.00" }', "one correction at most what a day allows"),
        ('CNY = { one = "1.005", day = "10000.00" }', "is no amount of CNY"),
        ('QQQ = { one = "1.00", day = "1.00" }', "there is no currency"),
        ('CNY = { one = "1.00" }', "day"),
    ],
)
def test_ceilings_that_cannot_be_are_refused_with_their_line(by: str, told: str) -> None:
    text, line = changed(CN, line_of(CN, "[corrections.supporter]") + 1, by)
    said = refusal(text)
    assert said.startswith(f"x.toml:{line}")
    assert told in said
