"""Journal rows into the read model: each step is one transaction that holds its own position, so a crash anywhere is
harmless, and no row is ever projected twice. What cannot be projected is set aside, and the rest goes on.

Says nothing of processes or of waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Protocol

from feiqian.errors import LedgerError
from feiqian.ledger.body import decode_body
from feiqian.ledger.journal import Row

from . import schema
from .aside import Aside
from .database import DATABASE_ERRORS, VALUE_ERRORS, Database, Values, open_database
from .errors import ReadModelMismatch
from .files import is_damage
from .fold import WAITING, Account, End, Fold, Hold
from .parts import Part, parts_of

CACHED_ACCOUNTS = 400_000  # about 100 MB; the cache begins anew when it is full
ROWS_PER_STEP = 2_000


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
    """Keeps one read model. Makes it where there is none or an older one; the only one that writes it.

    Raises JournalBehind or ReadModelMismatch if the read model that is there is not of this journal.
    """

    def __init__(self, journal: JournalReader, db: Database) -> None:
        self._journal, self._db = journal, db
        self._cache: dict[bytes, Account] = {}
        self._progress = schema.prepare(db, journal)

    @property
    def position(self) -> int:
        """The journal position up to which everything is projected and committed."""
        return self._progress.position

    def step(self, max_rows: int = ROWS_PER_STEP) -> int:
        """Projects the next rows, at most so many, in one transaction, and returns the new position.

        If one of them cannot be projected, each is tried by itself, and what is at fault is set aside. Raises
        JournalDamaged, ReadModelMismatch if another projector is at work, and the database's errors. After an exception
        what is not at `position` is not written, and can be tried again.
        """
        try:
            self._step(islice(self._journal.rows(self.position), max_rows))
        except Exception as error:
            if not _is_the_rows(error):
                raise
            for row in islice(self._journal.rows(self.position), max_rows):
                self._try(row)
        if len(self._cache) > CACHED_ACCOUNTS:
            self._cache.clear()
        return self.position

    def _step(self, rows: Iterable[Row]) -> None:
        fold, row = self._fold(self._cache), None
        try:
            for row in rows:
                fold.add(row)
            if row is not None:
                self._progress = self._write(fold, row)
        except BaseException:
            self._cache.clear()  # it ran ahead of what is written
            raise

    def _fold(self, cache: dict[bytes, Account]) -> Fold:
        p = self._progress
        return Fold(self, cache, day=p.day, seconds=p.seconds, last=(p.accounts, p.payments))

    # --- what cannot be projected ------------------------------------------------------------------------------

    def _try(self, row: Row) -> None:
        """One row in a transaction of its own; if that fails, all of it that can be projected."""
        try:
            self._step([row])
        except Exception as error:
            if not _is_the_rows(error):
                raise
            self._take_apart(row)

    def _take_apart(self, row: Row) -> None:
        """Projects what can be of a row, and sets aside the rest, in one transaction."""
        before = self._progress
        try:
            with self._db.transaction():
                self._move_progress(_after(row, before))
                self._progress = schema.Progress(before.journal, *_after(row, before))
                self._project_parts(row)
                self._move_progress(_after(row, self._progress))
        except BaseException:
            self._progress = before
            raise

    def _project_parts(self, row: Row) -> None:
        aside = Aside(self._db)
        try:
            records, facts = decode_body(row.body)
        except ValueError as error:
            aside.put_row(row.position, row.body, error)
            return
        for number, part in enumerate(parts_of(records, facts, self._transfer_of)):
            try:
                with self._db.savepoint():
                    self._project_part(row, part)
            except Exception as error:
                if not _is_the_rows(error):
                    raise
                aside.put(row.position, number, *part, error)

    def _project_part(self, row: Row, part: Part) -> None:
        fold = self._fold({})
        fold.add_part(row.position, *part)
        self._write_additions(fold)
        after = fold.seconds, fold.day, fold.last_account, fold.last_payment
        schema.check_numbers(after)
        self._progress = schema.Progress(self._progress.journal, row.position, row.hash, *after)

    def _transfer_of(self, payment: str) -> bytes | None:
        row = self._db.one("SELECT transfer FROM payments WHERE id = ?", (payment,))
        return None if row is None else bytes(row[0])

    # --- writing -----------------------------------------------------------------------------------------------

    def _write(self, fold: Fold, last: Row) -> schema.Progress:
        after = (last.position, last.hash, fold.seconds, fold.day, fold.last_account, fold.last_payment)
        with self._db.transaction():
            self._move_progress(after)
            self._write_additions(fold)
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


def _is_the_rows(error: Exception) -> bool:
    """Whether the row is at fault; else it is the journal, the database or the machine, and it can be tried again."""
    if isinstance(error, LedgerError | ReadModelMismatch | MemoryError | OSError):
        return False
    return isinstance(error, VALUE_ERRORS) or not isinstance(error, DATABASE_ERRORS)


def _after(row: Row, progress: schema.Progress) -> Values:
    return row.position, row.hash, progress.seconds, progress.day, progress.accounts, progress.payments


def catch_up(journal: JournalReader, location: str | Path, max_rows: int = ROWS_PER_STEP) -> int:
    """Brings the read model to the journal's end, also beside a server's projector; returns its position then.

    One that is damaged is moved aside, and made again.
    """
    try:
        return _catch_up(journal, location, max_rows)
    except DATABASE_ERRORS as error:
        if not is_damage(error):
            raise
        schema.move_aside(location, error)
        return _catch_up(journal, location, max_rows)


def _catch_up(journal: JournalReader, location: str | Path, max_rows: int) -> int:
    with closing(open_database(location)) as db:
        projector, before = Projector(journal, db), -1
        while projector.position != before:
            before = projector.position
            try:
                projector.step(max_rows)
            except ReadModelMismatch:  # the other one was faster: go on from where it is
                projector, before = Projector(journal, db), -1
        return projector.position


def rebuild(journal: JournalReader, location: str | Path, max_rows: int = ROWS_PER_STEP) -> int:
    """Throws the read model away and makes it again from the whole journal; returns the position that it has then."""
    schema.drop(location)
    return catch_up(journal, location, max_rows)
