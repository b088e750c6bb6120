"""Notes how sendings ended: in one transaction all that ended while the one before was being written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from feiqian.runtime.transactions import Transactions
from feiqian.runtime.work import TooBusy, WorkOverdue

Change = Callable[[Connection], None]
_TROUBLE = (OperationalError, InterfaceError, OSError, TooBusy, WorkOverdue)  # the database's, not a note's


class _Note(NamedTuple):
    change: Change
    written: asyncio.Future[None]


class Notes:
    """Of one worker. Where one of several cannot be written, each is written alone, so that it keeps no other back."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._waiting: list[_Note] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, change: Change) -> None:
        """Returns once it is committed. Raises what keeps it from that."""
        note = _Note(change, asyncio.get_running_loop().create_future())
        self._waiting.append(note)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await note.written

    async def _write(self) -> None:
        while self._waiting:
            notes, self._waiting = self._waiting, []
            error = await self._together(notes)
            if error is not None and len(notes) > 1 and not isinstance(error, TooBusy | WorkOverdue):
                await self._each(notes)
            else:
                _tell(notes, error)

    async def _each(self, notes: Sequence[_Note]) -> None:
        for place, note in enumerate(notes):
            error = await self._together([note])
            if isinstance(error, _TROUBLE):  # the others would wait as long for the same
                return _tell(notes[place:], error)
            _tell([note], error)

    async def _together(self, notes: Sequence[_Note]) -> Exception | None:
        """Why none of them was written; None if all were."""
        try:
            await self._transactions.write(_all, [note.change for note in notes])
        except Exception as error:
            return error
        return None


def _all(connection: Connection, changes: Sequence[Change]) -> None:
    for change in changes:
        change(connection)


def _tell(notes: Sequence[_Note], error: Exception | None) -> None:
    for note in notes:
        if note.written.done():  # whoever waited was cut off
            continue
        if error is None:
            note.written.set_result(None)
        else:
            note.written.set_exception(error)
