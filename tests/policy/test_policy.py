"""The bank's policy: what the shipped files say, and what of a wrong one is told, with the line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from feiqian.money import CNY, EUR, currency
from feiqian.policy.factors import BY_AMOUNT, CATEGORIES, Factor, Purpose, is_strong
from feiqian.policy.load import FOLDER, SHIPPED, PolicyInvalid, load_policy, read_policy
from feiqian.policy.model import Limits, Policy

CN = (FOLDER / "cn.toml").read_text()
PIN_ALONE = frozenset({Factor.PIN})


@pytest.fixture(params=SHIPPED)
def policy(request: pytest.FixtureRequest) -> Policy:
    return load_policy(request.param)


def test_two_policies_are_shipped() -> None:
    assert SHIPPED == ("cn", "eu")
    assert (load_policy("cn").currency, load_policy("eu").currency) == (CNY.number, EUR.number)


def test_nobody_pays_before_the_identity_is_checked(policy: Policy) -> None:
    assert [level.name for level in policy.levels] == ["unverified", "remote", "full"]
    assert [level.pays for level in policy.levels] == [False, True, True]
    assert policy.level("unverified").limits_in(policy.currency) is None


def test_more_is_allowed_the_better_somebody_is_known(policy: Policy) -> None:
    remote, full = (policy.level(name).limits_in(policy.currency) for name in ("remote", "full"))
    assert remote is not None
    assert full is not None
    assert all(less <= more for less, more in zip(remote, full, strict=True))
    assert policy.cooling.limits_in(policy.currency).day < remote.day
    assert policy.cooling.limits_in(0) == Limits(0, 0, 0)


def test_full_limits_in_china_are_no_more_in_one_payment_than_in_a_day() -> None:
    full = load_policy("cn").level("full")
    assert full.limits_in(CNY.number) == Limits(1_000_00, 20_000_00, 20_000_00)
    assert full.limits_in(currency("USD").number) == Limits(150_00, 3_000_00, 3_000_00)
    assert full.unverified_per_day == 50


def test_what_a_challenge_and_tries_may_be_at_most(policy: Policy) -> None:
    assert policy.challenge_seconds <= 300
    assert policy.tries.at_most <= 5
    assert policy.tries.lock_minutes == tuple(sorted(policy.tries.lock_minutes))


def test_everything_that_a_thief_would_do_needs_two_categories(policy: Policy) -> None:
    for purpose in set(Purpose) - BY_AMOUNT - {Purpose.CONFIRM_MOBILE, Purpose.RECOVERY, Purpose.QUICK_OPENING}:
        assert all(is_strong(combination) for combination in policy.needs(purpose)), purpose
    assert all(len(combination) >= 2 for combination in policy.needs(Purpose.RECOVERY))


def test_larger_payments_need_more_in_china() -> None:
    policy = load_policy("cn")
    assert PIN_ALONE in policy.needs(Purpose.PAYMENT, 5_000_00, CNY.number)
    assert PIN_ALONE not in policy.needs(Purpose.PAYMENT, 5_000_01, CNY.number)
    largest = policy.needs(Purpose.PAYMENT, 10_000_01, CNY.number)
    assert not any(Factor.SMS in combination for combination in largest)


def test_a_quick_payment_needs_more_than_a_message_above_the_small_limits(policy: Policy) -> None:
    limit = (policy.needed[Purpose.QUICK_PAYMENT][0].up_to or {})[policy.currency]
    assert policy.needs(Purpose.QUICK_PAYMENT, limit, policy.currency) == (frozenset({Factor.SMS}),)
    above = policy.needs(Purpose.QUICK_PAYMENT, limit + 1, policy.currency)
    assert above
    assert all(is_strong(combination) for combination in above)


def test_the_largest_quick_payments_in_china_are_never_confirmed_by_message() -> None:
    largest = load_policy("cn").needs(Purpose.QUICK_PAYMENT, 5_000_01, CNY.number)
    assert not any(Factor.SMS in combination for combination in largest)


def test_a_static_password_alone_is_for_the_smallest_quick_payments_only() -> None:
    smallest = CN.replace('any_of = [["sms"]]\n\n[[needs.quick', 'any_of = [["sms"], ["password"]]\n\n[[needs.quick')
    assert smallest != CN
    allowed = read_policy(smallest, "cn.toml").needs(Purpose.QUICK_PAYMENT, 1_000_00, CNY.number)
    assert frozenset({Factor.PASSWORD}) in allowed
    assert frozenset({Factor.PASSWORD}) not in read_policy(smallest, "cn.toml").needs(
        Purpose.QUICK_PAYMENT, 1_000_01, 156
    )


@pytest.mark.parametrize(
    ("factors", "told"),
    [("any_of = [['pin']]\nup_to = { CNY = '2000.00' }", "smallest quick payments"), ("any_of = [['totp']]", "two of")],
)
def test_a_policy_that_asks_too_little_of_quick_payments_is_refused(factors: str, told: str) -> None:
    text = (
        f"{CN.partition('[[needs.quick_payment]]')[0]}[[needs.quick_payment]]\nany_of = [['sms']]\nup_to.CNY = '1.00'\n"
    )
    text += f"[[needs.quick_payment]]\n{factors}\n"
    if "up_to" in factors:
        text += "[[needs.quick_payment]]\nany_of = [['shield']]\n"
    with pytest.raises(PolicyInvalid, match=told):
        read_policy(text, "cn.toml")


def test_a_payment_in_a_currency_without_a_step_needs_the_most() -> None:
    policy = load_policy("cn")
    assert policy.needs(Purpose.PAYMENT, 1, 999) == policy.needs(Purpose.PAYMENT, 2**50, CNY.number)


def test_every_payment_in_europe_that_is_not_exempt_needs_two_categories() -> None:
    policy = load_policy("eu")
    assert all(is_strong(c) for c in policy.needs(Purpose.PAYMENT, 1, EUR.number))


def test_every_factor_has_its_categories() -> None:
    assert set(CATEGORIES) == set(Factor)
    assert not is_strong({Factor.PASSWORD, Factor.PIN})
    assert not is_strong({Factor.SMS, Factor.EMAIL})
    assert is_strong({Factor.PIN, Factor.SMS})
    assert is_strong({Factor.PASSKEY})


WRONG = [
    ("pays = true", "pay = true", "did you mean 'pays'"),
    ("at_most = 5", "at_most = 6", "<= 5"),
    ("lock_minutes = [15, 60", "lock_minutes = [60, 15", "at least as long"),
    ("challenge_seconds = 300", "challenge_seconds = 301", "<= 300"),
    ('unverified = "1000.00"', 'unverified = "1000.001"', "2 decimals"),
    ('unverified = "1000.00"', 'unverified = "60000.00"', "at most what a payment may be"),
    ('payment = "20000.00"', 'payment = "20000.01"', "what a day allows"),
    ('unverified = "1000.00"', "unverified = 1000.0", "Expected 'str'"),
    ('any_of = [["password", "sms"]', 'any_of = [["password"]', "not strong"),
    ('any_of = [["password", "sms"]', 'any_of = [["password", "pin"]', "not strong"),
    ('any_of = [["password", "sms"]', "any_of = [[]", "proves nothing"),
    ('any_of = [["password", "sms"]', 'any_of = [["pasword", "sms"]', "Invalid enum value"),
    ('any_of = [["sms", "email"]', 'any_of = [["sms"]', "two ways"),
    ("CNY = {", "CNX = {", "no currency 'CNX'"),
    ('currency = "CNY"', 'currency = "XXZ"', "no currency 'XXZ'"),
    ('name = "cn"', "name = cn", "is not TOML"),
    ('name = "cn"', 'name = "../cn"', "Expected"),
    ("minimum_age = 16", "minimum_agee = 16", "did you mean 'minimum_age'"),
    ("[[needs.unfreeze]]", "[[needs.unfreez]]", "did you mean 'unfreeze'"),
    ('up_to = { CNY = "10000.00"', 'up_to = { CNY = "2.00"', "rising amounts"),
    ("entered_alarm_share = 0.25", "entered_alarm_share = 1.5", "<= 1"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), WRONG, ids=[f"{wrong[:40]}" for _, wrong, _ in WRONG])
def test_a_wrong_policy_is_refused_with_the_line(right: str, wrong: str, told: str) -> None:
    assert right in CN
    text = CN.replace(right, wrong, 1)
    line = 1 + CN[: CN.index(right)].count("\n")
    with pytest.raises(PolicyInvalid, match=re.escape(told)) as refused:
        read_policy(text, "cn.toml")
    assert str(refused.value).startswith(f"cn.toml:{line}: ")


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_policy_that_says_nothing_of_a_purpose_is_refused(purpose: Purpose) -> None:
    text = re.sub(rf"\[\[needs\.{purpose}\]\]\n(?:[^\[\n].*\n)+", "", CN)
    with pytest.raises(PolicyInvalid, match=f"what is needed for: {purpose}"):
        read_policy(text, "cn.toml")


def test_a_level_that_allows_less_than_the_one_below_is_refused() -> None:
    text = CN.replace('CNY = { unverified = "300.00"', 'CNY = { unverified = "1500.00"', 1)
    with pytest.raises(PolicyInvalid, match=r"cn\.toml:\d+: level 'full' may not allow less CNY than 'remote'"):
        read_policy(text, "cn.toml")


def test_a_file_that_is_not_there_is_refused_with_what_would_do(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid, match="one of cn, eu"):
        load_policy(str(tmp_path / "none.toml"))


def test_a_policy_of_ones_own_is_read_from_its_path(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(CN.replace('name = "cn"', 'name = "own"', 1))
    assert load_policy(str(tmp_path / "own.toml")).name == "own"
