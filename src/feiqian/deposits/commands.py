"""`feiqian accounts import`: opens deposit accounts from a file. Works beside a running server."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from feiqian.commands.common import Commands, command
from feiqian.commands.importing import Said, add_file, bank_beside, take_in
from feiqian.settings import Settings

if TYPE_CHECKING:
    from feiqian.db import BankDb
    from feiqian.deposits.openings import Openings
    from feiqian.runtime.work import Work

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
    add_file(taken, "open nothing")


def _import(settings: Settings, options: argparse.Namespace) -> int:
    from feiqian.backoffice.model import OPERATOR
    from feiqian.deposits.errors import REASONS
    from feiqian.deposits.importing import Import
    from feiqian.runtime.transactions import Transactions

    said = Said("nothing was opened", "accounts could be opened", "accounts are decided")
    with bank_beside(settings) as (db, work):
        importing = Import(_openings(settings, db, work), Transactions(db, work), OPERATOR)
        return take_in(
            options, importing.read, importing.open, lambda one: ": ".join(filter(None, REASONS[one.reason])), said
        )


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
