"""`feiqian accounts import`: opens deposit accounts from a file. Works beside a running server."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from feiqian.commands.common import Commands, command
from feiqian.settings import Settings

if TYPE_CHECKING:
    from feiqian.db import BankDb
    from feiqian.deposits.importing import Import, Line, Wrong
    from feiqian.deposits.openings import Openings
    from feiqian.runtime.work import Work

MOST_SAID = 1_000  # lines that are wrong
EPILOG = """\
The first line names the columns. Needed: reference (yours, of this line; nothing is opened twice under it), customer
(cus_…), currency (CNY), product (current or savings). And if the account has them already: number (19 digits), alias,
balance (1250.00, which the holder brings in), holder (sole).

The whole file is checked before anything is opened, and every line that is wrong is said. An import that was
interrupted is started again with the same file. The running server tells the ledger within seconds, else the next one
does when it starts.

examples:
  feiqian --data bank accounts import accounts.csv --check
  feiqian --data bank accounts import accounts.csv

Exit code 0: all is decided (with --check: all could be). 1: lines are wrong, and nothing was opened.
"""


def register(commands: Commands) -> None:
    parser = command(commands, "accounts", _import, "open deposit accounts from a file", EPILOG)
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    taken = command(actions, "import", _import, "open the accounts of a file of comma-separated values", EPILOG)
    taken.add_argument("file", type=Path, help="in UTF-8; '-' reads from standard input")
    taken.add_argument("--check", action="store_true", help="say what is wrong, and open nothing")


def _import(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.backoffice.model import OPERATOR
    from feiqian.db import BankDb
    from feiqian.deposits.errors import REASONS
    from feiqian.deposits.importing import Import
    from feiqian.runtime.csv_file import FileInvalid
    from feiqian.runtime.transactions import Transactions
    from feiqian.runtime.work import Work

    if not settings.bank_url and not settings.file("bank.db").exists():
        raise SystemExit(f"feiqian: there is no bank in the folder {settings.data!r}; --data names another")
    db, work = BankDb(Path(settings.data), settings.bank_url), Work()
    try:
        importing = Import(_openings(settings, db, work), Transactions(db, work), OPERATOR)
        try:
            lines, wrong = _read(importing, options.file)
        except (FileInvalid, OSError) as error:
            print(f"feiqian: {options.file}: {error}", file=sys.stderr)
            return 1
        for one in wrong[:MOST_SAID]:
            print(f"line {one.at}: {': '.join(filter(None, REASONS[one.reason]))}", file=sys.stderr)
        if wrong:
            print(f"{len(wrong):,} of the lines are wrong; nothing was opened", file=sys.stderr)
            return 1
        if not options.check:
            for done in importing.open(lines):
                print(f"{done:,} of {len(lines):,}", file=sys.stderr)
        print(f"{len(lines):,} accounts {'could be opened' if options.check else 'are decided'}", file=sys.stderr)
        return 0
    finally:
        work.close()
        db.close()


def _read(importing: Import, file: Path) -> tuple[list[Line], list[Wrong]]:
    if str(file) == "-":
        return importing.read(sys.stdin)
    with file.open(encoding="utf-8-sig", newline="") as text:
        return importing.read(text)


def _openings(settings: Settings, db: BankDb, work: Work) -> Openings:
    from feiqian.clock import SystemClock
    from feiqian.customers.registry import Customers
    from feiqian.data_key import data_key_of
    from feiqian.deposits.openings import Openings
    from feiqian.ledger_intents.service import LedgerIntents
    from feiqian.policy.load import load_policy

    cipher, clock, policy = data_key_of(db, settings.data_key), SystemClock(settings.zone), load_policy(settings.policy)
    return Openings(
        clock=clock,
        cipher=cipher,
        customers=Customers(db, cipher),
        intents=LedgerIntents(db, clock, work),
        currencies={policy.currency, *(currency for level in policy.levels for currency in level.limits)},
        prefix=settings.account_prefix,
    )
