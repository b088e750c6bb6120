"""Reassigned numbers from a file of comma-separated values: all of it is checked before any is kept to be taken in.

What is kept is the number's keyed hash and the day. The server takes it in, so that nobody learns here whose a number
is; taken in again, it does nothing, and an import that was interrupted is simply started again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, insert

from feiqian.auth.errors import DetailsInvalid
from feiqian.auth.reassigned import read_report
from feiqian.auth.tables import reassigned
from feiqian.clock import Clock
from feiqian.customers.profiles import Profiles
from feiqian.runtime.csv_file import WrongLine, rows
from feiqian.runtime.transactions import Transactions

COLUMNS = ("mobile", "reassigned_on")
BATCH = 500  # numbers of one transaction
# What is said of a line that is wrong, never with what stands in it.
REASONS = {
    "columns": "the line has not as many fields as the first one",
    "mobile: invalid": "mobile: no mobile number; one of another country begins with + and its code",
    "mobile: twice": "mobile: another line has it, too",
    "reassigned_on: invalid": "reassigned_on: no date such as 2026-11-27",
    "reassigned_on: in_the_future": "reassigned_on: it has not come yet",
}


class Line(NamedTuple):
    """A number by its keyed hash, the day (yyyymmdd), and the line of the file on which it stands; the first is 1."""

    at: int
    blind: bytes
    day: int


def read(text: Iterable[str], profiles: Profiles, clock: Clock) -> tuple[list[Line], list[WrongLine]]:
    """The numbers of a file, and all lines that are wrong. Raises FileInvalid."""
    lines: list[Line] = []
    wrong: list[WrongLine] = []
    for at, row in rows(text, COLUMNS, COLUMNS):
        if not row:
            wrong.append(WrongLine(at, "columns"))
            continue
        try:
            mobile, day = read_report(row["mobile"], row["reassigned_on"], clock)
        except DetailsInvalid as error:
            wrong.append(WrongLine(at, str(error)))
        else:
            lines.append(Line(at, profiles.blind(mobile), day))
    counts = Counter(line.blind for line in lines)
    wrong += (WrongLine(line.at, "mobile: twice") for line in lines if counts[line.blind] > 1)
    return lines, sorted(wrong)


def keep(transactions: Transactions, lines: Sequence[Line]) -> Iterator[int]:
    """Keeps them to be taken in, some at a time, and yields how many are kept."""
    for first in range(0, len(lines), BATCH):
        transactions.write_now(_keep, lines[first : first + BATCH])
        yield min(first + BATCH, len(lines))


def _keep(connection: Connection, lines: Sequence[Line]) -> None:
    connection.execute(insert(reassigned), [{"mobile_blind": line.blind, "day": line.day} for line in lines])
