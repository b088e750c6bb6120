"""Accounts from a file of comma-separated values (RFC 4180): read whole and checked whole before anything is opened.

What was opened is found by the reference of its line, so that an import that was interrupted is simply started again.
What is said of a line that is wrong names its field, never what stands in it: numbers of accounts may.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from feiqian.deposits.aliases import read_alias, skeleton
from feiqian.deposits.errors import AccountInvalid, AliasTaken, ReferenceUsed
from feiqian.deposits.model import WantedAccount
from feiqian.deposits.numbers import read_number
from feiqian.deposits.openings import Openings
from feiqian.ledger.bounds import MAX_AMOUNT
from feiqian.money import BY_CODE, NOTHING, MinorUnits, MoneyInvalid, parse
from feiqian.runtime.csv_file import Rows, WrongLine, rows
from feiqian.runtime.transactions import Transactions
from feiqian.subjects import Subject

NEEDED = ("reference", "customer", "currency", "product")
COLUMNS = (*NEEDED, "number", "alias", "balance", "holder")
BATCH = 500  # accounts of one transaction
_REFERENCE = re.compile(r"[A-Za-z0-9._:-]{1,60}\Z", re.ASCII)


class Line(NamedTuple):
    """An account to open, and the line of the file on which it stands; the first is 1."""

    at: int
    wanted: WantedAccount


class Import:
    """One import; `by` decides it. Blocks."""

    def __init__(self, openings: Openings, transactions: Transactions, by: Subject) -> None:
        self._openings, self._transactions, self._by = openings, transactions, by

    def read(self, text: Iterable[str]) -> tuple[list[Line], list[WrongLine]]:
        """The accounts of a file, and all lines that are wrong. Raises FileInvalid."""
        return self._transactions.read_now(self._read, rows(text, COLUMNS, NEEDED))

    def open(self, lines: Sequence[Line]) -> Iterator[int]:
        """Decides them, some at a time, and yields how many are decided; the server tells the ledger.

        Raises as `Openings.open_within`, if the bank has changed since they were read.
        """
        for first in range(0, len(lines), BATCH):
            self._transactions.write_now(self._open, lines[first : first + BATCH])
            yield min(first + BATCH, len(lines))

    def _open(self, connection: Connection, lines: Sequence[Line]) -> None:
        for line in lines:
            self._openings.open_within(connection, line.wanted, self._by, told=False)

    def _read(self, connection: Connection, rows: Rows) -> tuple[list[Line], list[WrongLine]]:
        lines, wrong = self._each(connection, rows)
        wrong += _against_each_other(lines)
        known = {one.at for one in wrong}
        wrong += self._against_the_bank(connection, [line for line in lines if line.at not in known])
        return lines, sorted(wrong)

    def _each(self, connection: Connection, rows: Rows) -> tuple[list[Line], list[WrongLine]]:
        lines, wrong = [], []
        for at, row in rows:
            try:
                lines.append(Line(at, self._wanted(connection, row)))
            except AccountInvalid as error:
                wrong.append(WrongLine(at, error.reason))
        return lines, wrong

    def _wanted(self, connection: Connection, row: dict[str, str]) -> WantedAccount:
        """Raises AccountInvalid."""
        if not row:
            raise AccountInvalid("columns")
        if not _REFERENCE.match(row["reference"]):
            raise AccountInvalid("reference")
        if row["holder"] not in ("", "sole"):
            raise AccountInvalid(row["holder"] if row["holder"] in ("joint", "corporate") else "holder")
        customer = self._openings.customers.by_id(connection, row["customer"])
        if customer is None:
            raise AccountInvalid("customer")
        if row["currency"] not in BY_CODE:
            raise AccountInvalid("currency")
        number = read_number(row["number"], self._openings.prefix) if row["number"] else ""
        if number is None:
            raise AccountInvalid("number")
        alias = read_alias(row["alias"]) if row["alias"] else ""
        reference, currency = f"import/{row['reference']}", BY_CODE[row["currency"]].number
        return WantedAccount(customer.number, currency, row["product"], reference, number, alias, _balance(row))

    def _against_the_bank(self, connection: Connection, lines: Sequence[Line]) -> list[WrongLine]:
        wrong, new = [], Counter[int]()
        for at, wanted in lines:
            try:
                if self._openings.opened_before(connection, wanted) is None:
                    self._openings.check(connection, wanted, others=new[wanted.customer])
                    new[wanted.customer] += 1
            except AccountInvalid as error:
                wrong.append(WrongLine(at, error.reason))
            except AliasTaken:
                wrong.append(WrongLine(at, "alias_taken"))
            except ReferenceUsed:
                wrong.append(WrongLine(at, "reference_used"))
        return wrong


def _against_each_other(lines: Sequence[Line]) -> list[WrongLine]:
    """What two lines say; both are wrong."""
    wrong: dict[int, WrongLine] = {}
    for reason, key in (
        ("reference_twice", lambda wanted: wanted.reference),
        ("number_twice", lambda wanted: wanted.number),
        ("alias_twice", lambda wanted: skeleton(wanted.alias)),
    ):
        counts = Counter(key(line.wanted) for line in lines)
        for line in lines:
            if key(line.wanted) and counts[key(line.wanted)] > 1:
                wrong.setdefault(line.at, WrongLine(line.at, reason))
    sums: Counter[int] = Counter()
    for line in lines:
        sums[line.wanted.currency] += line.wanted.balance
        if sums[line.wanted.currency] > MAX_AMOUNT:
            wrong.setdefault(line.at, WrongLine(line.at, "balance_sum"))
    return list(wrong.values())


def _balance(row: dict[str, str]) -> MinorUnits:
    """Raises AccountInvalid."""
    if not row["balance"]:
        return NOTHING
    try:
        amount = parse(row["balance"], BY_CODE[row["currency"]]).minor
    except MoneyInvalid:
        raise AccountInvalid("balance") from None
    if not 0 <= amount <= MAX_AMOUNT:
        raise AccountInvalid("balance")
    return amount
