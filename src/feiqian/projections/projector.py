"""Journal rows into a read model: each step is one transaction that holds its own position, so a crash anywhere is
harmless, and no row is ever projected twice. What cannot be projected is set aside, and the rest goes on.

Says nothing of processes or of waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from feiqian.errors import LedgerError
from feiqian.events import tag_of_kind
from feiqian.ledger.body import decode_body
from feiqian.ledger.journal import Journal, Row

from . import aside, schema
from .database import DATABASE_ERRORS, VALUE_ERRORS, Database, open_database
from .errors import ReadModelMismatch
from .files import is_damage
from .read_model import Part, ReadModel
from .taken import Taken, taken

ROWS_PER_STEP = 2_000


_MOVE_PROGRESS = """UPDATE progress SET position = :to, hash = :hash, seconds = :seconds, day = :day
WHERE name = :name AND position = :position"""


class Projector:
    """Keeps one read model. Makes it where there is none or an older one; the only one that writes it.

    Raises JournalBehind or ReadModelMismatch if the read model that is there is not of this journal.
    """

    def __init__(self, journal: Journal, db: Database, model: ReadModel) -> None:
        self._journal, self._db, self.model = journal, db, model
        self._progress = schema.prepare(db, journal, model)
        self._projection = model.projection(db)
        self._kinds = frozenset(map(tag_of_kind, self._projection.kinds or ()))

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
        return self.take(taken(self._journal, self.position, max_rows))

    def take(self, rows: Sequence[Taken]) -> int:
        """As `step`, of these rows, which are the next."""
        try:
            self._step(rows)
        except Exception as error:
            if not _is_the_rows(error):
                raise
            for one in rows:
                self._try(one)
        return self.position

    def _step(self, rows: Sequence[Taken]) -> None:
        if rows:
            with self._from_memory():
                after = self._gather(rows)
                with self._db.transaction():
                    self._write(after)
                self._progress = after

    def _gather(self, rows: Sequence[Taken]) -> schema.Progress:
        """What the rows add, in memory, and where that leads."""
        add = self._projection.add
        for one in rows:
            if self._projection.kinds is None or not self._kinds.isdisjoint(one.tags):
                add(one.row.position, *one.body)
        return self._after(rows[-1].row, *self._projection.moment)

    def _write(self, after: schema.Progress) -> None:
        self._move_to(after)
        self._projection.write()

    @contextmanager
    def _from_memory(self) -> Iterator[None]:
        """A step, or a part of one, which is forgotten unless all of it is written."""
        self._projection.begin(self._progress.seconds, self._progress.day)
        try:
            yield
        except BaseException:
            self._projection.forget()
            raise

    def _after(self, row: Row, seconds: int, day: int) -> schema.Progress:
        return schema.Progress(self._progress.journal, row.position, row.hash, seconds, day)

    def _move_to(self, after: schema.Progress) -> None:
        """Comes first: it takes the lock, and fails if another projector was faster."""
        whose = {"name": self.model.name, "position": self.position}
        to = {"to": after.position, "hash": after.hash, "seconds": after.seconds, "day": after.day}
        if self._db.change(_MOVE_PROGRESS, **whose, **to) != 1:
            raise ReadModelMismatch(f"another projector has moved the read model on from position {self.position}")

    # --- what cannot be projected ------------------------------------------------------------------------------

    def _try(self, one: Taken) -> None:
        """One row in a transaction of its own; if that fails, all of it that can be projected."""
        try:
            self._step([one])
        except Exception as error:
            if not _is_the_rows(error):
                raise
            self._take_apart(one.row)

    def _take_apart(self, row: Row) -> None:
        """Projects what can be of a row, and sets aside the rest, in one transaction."""
        before = self._progress
        try:
            with self._db.transaction():
                self._move_to(self._after(row, before.seconds, before.day))
                self._progress = self._after(row, before.seconds, before.day)
                self._project_parts(row)
                self._move_to(self._progress)
        except BaseException:
            self._progress = before
            self._projection.forget()
            raise

    def _project_parts(self, row: Row) -> None:
        try:
            records, facts = decode_body(row.body)
        except ValueError as error:
            self._set_aside(row, 0, Part(b"", [row.body]), error)
            return
        for number, part in enumerate(self._projection.parts(records, facts)):
            try:
                with self._db.savepoint():
                    self._project_part(row, part)
            except Exception as error:
                if not _is_the_rows(error):
                    raise
                self._set_aside(row, number, part, error)

    def _project_part(self, row: Row, part: Part) -> None:
        with self._from_memory():
            self._projection.add(row.position, *part)
            self._projection.write()
            schema.check_numbers(*self._projection.moment)
            self._progress = self._after(row, *self._projection.moment)

    def _set_aside(self, row: Row, number: int, part: Part, error: Exception) -> None:
        aside.put(self._db, self.model.name, row.position, number, part, self._projection.concerned(part), error)


def step_together(projectors: Sequence[Projector], max_rows: int) -> None:
    """A step of read models of one database that stand at the same position: the rows are read once, and written in one
    transaction. Where that fails each takes its step by itself. Raises as `Projector.step`."""
    rows = taken(projectors[0]._journal, projectors[0].position, max_rows)
    if len(projectors) == 1 or not rows or not _have_taken(projectors, rows):
        for projector in projectors:
            projector.take(rows)


def _have_taken(projectors: Sequence[Projector], rows: Sequence[Taken]) -> bool:
    try:
        with ExitStack() as steps:
            for projector in projectors:
                steps.enter_context(projector._from_memory())
            afters = [projector._gather(rows) for projector in projectors]
            with projectors[0]._db.transaction():
                for projector, after in zip(projectors, afters, strict=True):
                    projector._write(after)
            for projector, after in zip(projectors, afters, strict=True):
                projector._progress = after
    except Exception as error:
        if not _is_the_rows(error):
            raise
        return False
    return True


def _is_the_rows(error: Exception) -> bool:
    """Whether the row is at fault; else it is the journal, the database or the machine, and it can be tried again."""
    if isinstance(error, LedgerError | ReadModelMismatch | MemoryError | OSError):
        return False
    return isinstance(error, VALUE_ERRORS) or not isinstance(error, DATABASE_ERRORS)


def catch_up(journal: Journal, location: str | Path, models: Iterable[ReadModel], max_rows: int = ROWS_PER_STEP) -> int:
    """Brings the read models to the journal's end, also beside a server's projector; returns their position then.

    What is damaged is moved aside, and made again.
    """
    models = list(models)
    try:
        return min(_catch_up(journal, location, model, max_rows) for model in models)
    except DATABASE_ERRORS as error:
        if not is_damage(error):
            raise
        schema.move_aside(location, error)
        return min(_catch_up(journal, location, model, max_rows) for model in models)


def _catch_up(journal: Journal, location: str | Path, model: ReadModel, max_rows: int) -> int:
    with closing(open_database(location)) as db:
        projector, before = Projector(journal, db, model), -1
        while projector.position != before:
            before = projector.position
            try:
                projector.step(max_rows)
            except ReadModelMismatch:  # the other one was faster: go on from where it is
                projector, before = Projector(journal, db, model), -1
        return projector.position


def rebuild(journal: Journal, location: str | Path, models: Sequence[ReadModel], max_rows: int = ROWS_PER_STEP) -> int:
    """Throws the read models away and makes them again from the whole journal; returns the position they have then."""
    schema.drop(location, models)
    return catch_up(journal, location, models, max_rows)
