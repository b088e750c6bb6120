"""Journal rows into the read model: each step is one transaction that holds its own position, so a crash anywhere is
harmless, and no row is ever projected twice. Says nothing of processes or of waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol

import msgspec

from feiqian.ledger.journal import Row

from . import schema
from .database import Database, UniqueViolation, Values, open_database
from .errors import ProjectionStopped, ReadModelMismatch
from .fold import WAITING, Account, End, Fold, Hold

CACHED_ACCOUNTS = 400_000  # about 100 MB; the cache begins anew when it is full
ROWS_PER_STEP = 2_000
LARGEST = 2**63 - 1  # what a column of the read model holds


class JournalReader(schema.JournalSource, Protocol):
    """What the projector asks of a journal (`ledger.journal.Journal` has it)."""

    def rows(self, after: int) -> Iterator[Row]: ...


_ADD_MERCHANT_DAY = """
INSERT INTO merchant_days VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (merchant, day, currency) DO UPDATE SET
count = merchant_days.count + excluded.count, amount = merchant_days.amount + excluded.amount,
fees = merchant_days.fees + excluded.fees, refunded = merchant_days.refunded + excluded.refunded"""
_ADD_CUSTOMER_DAY = """
INSERT INTO customer_days (customer, day, currency, count, amount, refunded) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (day, customer, currency) DO UPDATE SET count = customer_days.count + excluded.count,
amount = customer_days.amount + excluded.amount, refunded = customer_days.refunded + excluded.refunded"""
_END_WAITING = (
    "UPDATE payments SET status = ?, closed_at = ?, day = ?, fee = ?, refused = ? WHERE no = ? AND status = ?"
)
_MOVE_PROGRESS = """
UPDATE progress SET position = ?, hash = ?, seconds = ?, day = ?, accounts = ?, payments = ? WHERE position = ?"""


class Projector:
    """Keeps one read model. Makes it where there is none; the only one that writes it.

    Raises JournalBehind or ReadModelMismatch if the read model that is there is not of this journal.
    """

    def __init__(self, journal: JournalReader, db: Database) -> None:
        self._journal, self._db = journal, db
        self._cache: dict[bytes, Account] = {}
        progress = schema.read_progress(db)
        if progress is None:
            schema.create(db, journal)
            progress = schema.read_progress(db)
            assert progress is not None
        schema.check_progress(progress, journal)
        self._progress = progress

    @property
    def position(self) -> int:
        """The journal position up to which everything is projected and committed."""
        return self._progress.position

    def step(self, max_rows: int = ROWS_PER_STEP) -> int:
        """Projects the next rows, at most so many, in one transaction, and returns the new position.

        Raises ProjectionStopped for a row that cannot be projected, JournalDamaged, ReadModelMismatch if another
        projector is at work. After an exception nothing of the step is written, and it can be tried again.
        """
        p = self._progress
        fold = Fold(self, self._cache, day=p.day, seconds=p.seconds, last=(p.accounts, p.payments))
        try:
            last = self._fold_rows(fold, max_rows)
            if last is not None:
                self._progress = self._write(fold, last)
        except BaseException:
            self._cache.clear()  # it ran ahead of what is written
            raise
        if len(self._cache) > CACHED_ACCOUNTS:
            self._cache.clear()
        return self.position

    def _fold_rows(self, fold: Fold, max_rows: int) -> Row | None:
        row = None
        for row in islice(self._journal.rows(self.position), max_rows):
            try:
                fold.add(row)
            except (ValueError, msgspec.DecodeError) as error:
                raise ProjectionStopped(row.position, str(error)) from error
        return row

    # --- writing -----------------------------------------------------------------------------------------------

    def _write(self, fold: Fold, last: Row) -> schema.Progress:
        after = (last.position, last.hash, fold.seconds, fold.day, fold.last_account, fold.last_payment)
        try:
            with self._db.transaction():
                self._move_progress(after)
                self._write_additions(fold)
        except OverflowError as error:
            raise ProjectionStopped(last.position, f"an amount or a sum is above {LARGEST}") from error
        except UniqueViolation as error:
            raise ProjectionStopped(last.position, f"something was decided twice: {error}") from error
        return schema.Progress(self._progress.journal, *after)

    def _move_progress(self, after: Values) -> None:
        """Comes first: it takes the lock, and fails if another projector was faster."""
        if self._db.change(_MOVE_PROGRESS, (*after, self.position)) != 1:
            raise ReadModelMismatch(f"another projector has moved the read model on from position {self.position}")

    def _write_additions(self, fold: Fold) -> None:
        db = self._db
        db.insert("accounts", fold.accounts)
        db.insert("payments", fold.payments)
        db.insert("entries", fold.entries)
        db.insert("holds", [(id, *hold) for id, hold in fold.holds.items()])
        db.insert("refunds", fold.refunds)
        if fold.refunded:
            db.change_many("UPDATE payments SET refunded = refunded + ? WHERE id = ?", fold.refunded)
        if fold.holds_ended:
            db.change_many("DELETE FROM holds WHERE id = ?", [(id,) for id in fold.holds_ended])
        for end in fold.ended:
            self._end_waiting(fold, end)
        if fold.merchant_days:
            db.change_many(_ADD_MERCHANT_DAY, [(*key, *totals) for key, totals in fold.merchant_days.items()])
            db.change_many(_ADD_CUSTOMER_DAY, [(*key, *totals) for key, totals in fold.customer_days.items()])

    def _end_waiting(self, fold: Fold, end: End) -> None:
        """States only move forward: what no longer waits stays as it is."""
        status, _, day, fee, _, no = end
        if self._db.change(_END_WAITING, (*end, WAITING)) and status == "succeeded":
            row = self._db.one("SELECT merchant, customer, currency, amount FROM payments WHERE no = ?", (no,))
            assert row is not None
            merchant, customer, currency, amount = row
            fold.count(merchant, customer, day, currency, amount, fee)

    # --- what earlier steps have written (`fold.Known`) --------------------------------------------------------

    def account(self, id: bytes) -> Account | None:
        row = self._db.one("SELECT no FROM accounts WHERE id = ?", (id,))
        if row is None:
            return None
        last = self._db.one(
            "SELECT balance, sequence FROM entries WHERE account = ? ORDER BY sequence DESC LIMIT 1", (row[0],)
        )
        return Account(row[0], *(last or (0, 0)))

    def hold(self, id: bytes) -> Hold | None:
        row = self._db.one("SELECT debit, credit, amount, payment FROM holds WHERE id = ?", (id,))
        return None if row is None else (row[0], row[1], row[2], row[3])

    def payment_number(self, id: str) -> int | None:
        row = self._db.one("SELECT no FROM payments WHERE id = ?", (id,))
        return None if row is None else int(row[0])


def rebuild(journal: JournalReader, location: str | Path, max_rows: int = ROWS_PER_STEP) -> int:
    """Throws the read model away and makes it again from the whole journal; returns the position that it has then."""
    db = open_database(location)
    try:
        schema.drop(db)
        projector = Projector(journal, db)
        before = -1
        while projector.position != before:
            before = projector.position
            projector.step(max_rows)
        return projector.position
    finally:
        db.close()
