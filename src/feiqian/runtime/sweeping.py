"""Removes what has expired, in small transactions, away from requests, until it is cancelled. Knows no table itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, and_, delete, false, select, tuple_

from feiqian.clock import Clock
from feiqian.db import BankDb
from feiqian.runtime import logs
from feiqian.runtime.work import Work

EVERY_SECONDS = 10.0
BATCH = 500  # rows of a table that one transaction removes
BATCHES = 20  # of one sweep at a time, so that a backlog does not keep the others waiting
Sweep = Callable[[Connection, int, int], int]  # (transaction, now in Unix microseconds, most rows) → rows removed

_log = logs.get("feiqian.sweeping")


class Sweeper:
    """Each of `sweeps` in turn."""

    def __init__(self, db: BankDb, clock: Clock, work: Work, sweeps: Sequence[Sweep]) -> None:
        self._db, self._clock, self._work, self._sweeps = db, clock, work, sweeps
        self.removed = 0

    async def run(self) -> None:
        """Sweeps until cancelled."""
        while True:
            await self.sweep()
            await asyncio.sleep(EVERY_SECONDS)

    async def sweep(self) -> int:
        """Once; how many rows were removed. One sweep that fails holds up no other."""
        before = self.removed
        for sweep in self._sweeps:
            try:
                await self._some(sweep)
            except Exception as error:
                _log.error("not_swept", sweep=_name(sweep), why=type(error).__name__, exc_info=error)
        return self.removed - before

    async def _some(self, sweep: Sweep) -> None:
        for _ in range(BATCHES):
            if await self._work.db(self._once, sweep) < BATCH:
                return

    def _once(self, sweep: Sweep) -> int:
        with self._db.write() as connection:
            removed = sweep(connection, self._clock.now(), BATCH)
        self.removed += removed
        return removed


def _name(sweep: Sweep) -> str:
    return str(getattr(sweep, "__qualname__", sweep))


def remove_some(connection: Connection, table: Table, which: ColumnElement[bool], most: int) -> list[tuple[Any, ...]]:
    """Removes at most `most` of these rows; returns their primary keys.

    Rows that another transaction holds are left for the next time: a sweep waits for nobody, and removes nothing that
    was changed after it had looked.
    """
    columns = list(table.primary_key.columns)
    found = select(*columns).where(which).limit(most).with_for_update(skip_locked=True)
    keys: list[tuple[Any, ...]] = [tuple(row) for row in connection.execute(found)]
    if keys:
        connection.execute(delete(table).where(tuple_(*columns).in_(keys)))
    return keys


def beyond_newest(
    connection: Connection, table: Table, which: ColumnElement[bool], at: Column[Any], kept: int
) -> ColumnElement[bool]:
    """Those of these rows that are older, by `at`, than the newest `kept` of them."""
    limit = select(at).where(which).order_by(at.desc()).offset(kept).limit(1)
    last = connection.execute(limit).scalar()
    return false() if last is None else and_(which, at <= last)
