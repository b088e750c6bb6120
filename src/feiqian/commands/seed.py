"""`feiqian seed`: customers with balances and merchants with API keys, to try a bank with. Never for live use."""

from __future__ import annotations

import argparse
import sys

from feiqian.settings import Settings

from .common import Commands, command

EPILOG = """\
examples:
  feiqian --data bank seed                                 10,000 customers, 50 merchants
  feiqian --data bank seed --customers 1000000 --quiet     a large one, without the keys

Prints one line for each merchant: number, name, API key. Keys are shown this once.
"""


def register(commands: Commands) -> None:
    parser = command(commands, "seed", run, "fill an empty data folder with customers and merchants", EPILOG)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--merchants", type=int, default=50)
    parser.add_argument("--quiet", action="store_true", help="do not print the merchants' keys")


def run(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.seeding import Plan, seed

    if settings.mode == "live":
        print("feiqian: a live bank is not seeded", file=sys.stderr)
        return 1
    for merchant in seed(settings, Plan(options.customers, options.merchants)):
        if not options.quiet:
            print(f"{merchant.number}\t{merchant.name}\t{merchant.key}")
    return 0
