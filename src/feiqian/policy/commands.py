"""`feiqian policy check`: reads a policy file as a start would, and says what it allows or where it is wrong."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from feiqian.commands.common import Commands, command
from feiqian.money import CurrencyNumber, MinorUnits
from feiqian.settings import Settings

if TYPE_CHECKING:
    from feiqian.policy.model import Level, Policy

EPILOG = """\
examples:
  feiqian policy check my-bank.toml   a file of your own; the shipped cn and eu are where to begin
  feiqian policy check eu             a shipped one
  feiqian policy check                the one that the settings name

Exit code 0: it can be used. 1: it cannot; the line of the file is told.
"""


def register(commands: Commands) -> None:
    parser = command(commands, "policy", _check, "check a bank's policy: levels, limits, what has to be proved", EPILOG)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    check = command(actions, "check", _check, "check a policy file", EPILOG)
    check.add_argument("file", nargs="?", default="", help="a file, or the name of a shipped one")


def _check(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.policy.load import load_policy

    print("\n".join(_told(load_policy(options.file or settings.policy))))
    return 0


def _told(policy: Policy) -> Iterator[str]:
    yield f"policy {policy.name}: can be used"
    for level in policy.levels:
        yield f"  level {level.name}: {_level(level, policy.currency)}"
    for purpose, needs in policy.needed.items():
        for need in needs:
            ways = " or ".join("+".join(sorted(combination)) for combination in need.combinations)
            yield f"  {purpose}{_up_to(need.up_to, policy.currency)}: {ways}"


def _level(level: Level, currency: CurrencyNumber) -> str:
    from feiqian.policy.model import NO_BOUND

    limits = level.limits_in(currency)
    if limits is None:
        return "pays nothing"
    spans = {"day": limits.day, "month": limits.month, "year": limits.year}
    told = [f"pays up to {_amount(limits.payment, currency)}"]
    told += [f"{_amount(cap, currency)} a {span}" for span, cap in spans.items() if cap < NO_BOUND]
    held = f"; holds up to {_amount(limits.balance, currency)}" if limits.balance < NO_BOUND else ""
    bound = "; receives from bound accounts only" if level.receives == "bound" else ""
    unverified = f"unverified up to {_amount(limits.unverified, currency)}, {level.unverified_per_day} a day"
    return f"{', '.join(told)}; {unverified}{held}{bound}; {len(level.limits)} currencies"


def _up_to(amounts: object, currency: CurrencyNumber) -> str:
    return f" up to {_amount(amounts[currency], currency)}" if isinstance(amounts, dict) and currency in amounts else ""


def _amount(minor: MinorUnits, number: CurrencyNumber) -> str:
    from feiqian.money import Money, currency, format_plain

    return format_plain(Money(minor, currency(number)))
