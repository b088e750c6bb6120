"""`feiqian reassigned import`: mobile numbers that others have by now. Works beside a running server."""

from __future__ import annotations

import argparse

from feiqian.commands.common import Commands, command
from feiqian.commands.importing import Said, add_file, bank_beside, take_in
from feiqian.settings import Settings

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
    add_file(command(actions, "import", _import, "take in a file of comma-separated values", EPILOG), "do nothing")


def _import(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.auth.reassigned_import import REASONS, keep, read
    from feiqian.clock import SystemClock
    from feiqian.customers.profiles import Profiles
    from feiqian.data_key import data_key_of
    from feiqian.runtime.transactions import Transactions

    said = Said("nothing happens", "numbers could be taken in", "numbers will be taken in")
    with bank_beside(settings) as (db, work):
        profiles, clock = Profiles(data_key_of(db, settings.data_key)), SystemClock(settings.zone)
        return take_in(
            options,
            lambda text: read(text, profiles, clock),
            lambda lines: keep(Transactions(db, work), lines),
            lambda wrong: REASONS[wrong.reason],
            said,
        )
