"""`feiqian demo`: a seeded bank in a box, with pages to try it on; `feiqian seed`: people and shops for a test bank."""

from __future__ import annotations

import argparse
import sys

from feiqian.commands.common import Commands, address, command
from feiqian.settings import Settings

DEMO_EPILOG = """\
examples:
  feiqian demo                         then open http://127.0.0.1:8080
  feiqian --data /tmp/demo demo --port 9000
"""
SEED_EPILOG = """\
examples:
  feiqian --data bank seed                                 10,000 customers, 50 merchants
  feiqian --data bank seed --customers 1000000 --quiet     a large one, without the keys

Prints one line for each merchant: number, name, API key. Keys are shown this once.
"""


def register(commands: Commands) -> None:
    address(command(commands, "demo", demo, "start a seeded bank with pages, to see and try everything", DEMO_EPILOG))
    parser = command(commands, "seed", seed, "fill an empty data folder with customers and merchants", SEED_EPILOG)
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--merchants", type=int, default=50)
    parser.add_argument("--quiet", action="store_true", help="do not print the merchants' keys")


def demo(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.demo.run import run  # builds the whole bank: only when it is wanted

    return run(settings)


def seed(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.demo.seeding import Plan, seed

    if settings.mode == "live":
        print("feiqian: a live bank is not seeded", file=sys.stderr)
        return 1
    for merchant in seed(settings, Plan(options.customers, options.merchants)):
        if not options.quiet:
            print(f"{merchant.number}\t{merchant.name}\t{merchant.key}")
    return 0
