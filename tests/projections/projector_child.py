"""A projector to be killed: `python projector_child.py JOURNAL LOCATION [counting]`; prints a line after each step.

With `counting` there is a second read model beside that of payments.
"""

from __future__ import annotations

import sys

from counting import COUNTING

from feiqian.ledger.journal_sqlite import SqliteJournal
from feiqian.payments.read_model import READ_MODEL as PAYMENTS
from feiqian.projections.database import open_database
from feiqian.projections.projector import Projector


def main(journal_path: str, location: str, *added: str) -> None:
    journal = SqliteJournal(journal_path)
    end, db = journal.head().position, open_database(location)
    projectors = [Projector(journal, db, model) for model in (PAYMENTS, COUNTING)[: 1 + len(added)]]
    while min(projector.position for projector in projectors) < end:
        print(*(projector.step(3) for projector in projectors), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
