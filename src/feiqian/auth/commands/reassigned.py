"""`feiqian reassigned import`: mobile numbers that others have by now. Works beside a running server."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from feiqian.commands.common import Commands, command
from feiqian.settings import Settings

if TYPE_CHECKING:
    from feiqian.auth.reassigned_import import Line, Wrong
    from feiqian.clock import Clock
    from feiqian.customers.profiles import Profiles

MOST_SAID = 1_000  # lines that are wrong
EPILOG = """\
The first line names the columns: mobile, reassigned_on (the day on which the telephone company gave the number to
somebody else, such as 2026-11-27).

The whole file is checked before anything happens, and every line that is wrong is said. An import that was interrupted
is started again with the same file. The running server takes the numbers in within seconds, else the next one does when
it starts: those that are customers' are taken off their files, unless they came there on that day or later. Which
numbers are customers' is not said.

examples:
  feiqian --data bank reassigned import numbers.csv --check
  feiqian --data bank reassigned import numbers.csv

Exit code 0: all will be taken in (with --check: all could be). 1: lines are wrong, and nothing happens.
"""


def register(commands: Commands) -> None:
    parser = command(commands, "reassigned", _import, "take in mobile numbers that others have by now", EPILOG)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    taken = command(actions, "import", _import, "take in a file of comma-separated values", EPILOG)
    taken.add_argument("file", type=Path, help="in UTF-8; '-' reads from standard input")
    taken.add_argument("--check", action="store_true", help="say what is wrong, and do nothing")


def _import(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.auth.reassigned_import import REASONS, keep
    from feiqian.clock import SystemClock
    from feiqian.customers.profiles import Profiles
    from feiqian.data_key import data_key_of
    from feiqian.db import BankDb
    from feiqian.runtime.csv_file import FileInvalid
    from feiqian.runtime.transactions import Transactions
    from feiqian.runtime.work import Work

    if not settings.bank_url and not settings.file("bank.db").exists():
        raise SystemExit(f"feiqian: there is no bank in the folder {settings.data!r}; --data names another")
    db, work = BankDb(Path(settings.data), settings.bank_url), Work()
    try:
        profiles = Profiles(data_key_of(db, settings.data_key))
        try:
            lines, wrong = _read(options.file, profiles, SystemClock(settings.zone))
        except (FileInvalid, OSError) as error:
            print(f"feiqian: {options.file}: {error}", file=sys.stderr)
            return 1
        for one in wrong[:MOST_SAID]:
            print(f"line {one.at}: {REASONS[one.reason]}", file=sys.stderr)
        if wrong:
            print(f"{len(wrong):,} of the lines are wrong; nothing happens", file=sys.stderr)
            return 1
        if not options.check:
            for done in keep(Transactions(db, work), lines):
                print(f"{done:,} of {len(lines):,}", file=sys.stderr)
        print(f"{len(lines):,} numbers {'could' if options.check else 'will'} be taken in", file=sys.stderr)
        return 0
    finally:
        work.close()
        db.close()


def _read(file: Path, profiles: Profiles, clock: Clock) -> tuple[list[Line], list[Wrong]]:
    from feiqian.auth.reassigned_import import read

    if str(file) == "-":
        return read(sys.stdin, profiles, clock)
    with file.open(encoding="utf-8-sig", newline="") as text:
        return read(text, profiles, clock)
