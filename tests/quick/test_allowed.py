"""What is said of quick payment before it is opened is what the policy has."""

from __future__ import annotations

from feiqian.money import CNY, EUR, MinorUnits, Money
from feiqian.policy.load import load_policy
from feiqian.quick.allowed import Allowed, allowed


def money(minor: int, currency) -> Money:
    return Money(MinorUnits(minor), currency)


def test_it_is_what_the_policy_has_in_each_currency() -> None:
    five = money(5_000_00, CNY)
    assert allowed(load_policy("cn"), CNY.number) == Allowed(money(1_000_00, CNY), five, five)
    assert allowed(load_policy("eu"), EUR.number).by_message == money(30_00, EUR)


def test_a_currency_that_the_policy_does_not_name_pays_nothing_by_message() -> None:
    assert allowed(load_policy("eu"), CNY.number) == Allowed(money(0, CNY), None, None)
