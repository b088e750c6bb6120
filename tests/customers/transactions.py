"""Counts what a use case asks of the feature database: transactions, durable commits, statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, event


@dataclass
class Asked:
    """`transactions` begun, of which `commits` were committed; `statements` without BEGIN, COMMIT and savepoints."""

    transactions: int = 0
    commits: int = 0
    statements: int = 0


@contextmanager
def counted(engine: Engine) -> Iterator[Asked]:
    """What is asked within the block, by any thread."""
    asked = Asked()

    def begin(*_: object) -> None:
        asked.transactions += 1

    def commit(*_: object) -> None:
        asked.commits += 1

    def statement(_connection: object, _cursor: object, text: str, *_: object) -> None:
        asked.statements += not text.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK"))

    heard = (("begin", begin), ("commit", commit), ("before_cursor_execute", statement))
    for name, hear in heard:
        event.listen(engine, name, hear)
    try:
        yield asked
    finally:
        for name, hear in heard:
            event.remove(engine, name, hear)
