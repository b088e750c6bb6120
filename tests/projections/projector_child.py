"""A projector to be killed: `python projector_child.py JOURNAL LOCATION`; prints its position after each step."""

from __future__ import annotations

import sys

from feiqian.ledger.journal_sqlite import SqliteJournal
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.projections.database import open_database
from feiqian.projections.projector import Projector


def main(journal_path: str, location: str) -> None:
    journal = SqliteJournal(journal_path)
    end = journal.head().position
    projector = Projector(journal, open_database(location), PAYMENTS)
    while projector.position < end:
        print(projector.step(3), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
