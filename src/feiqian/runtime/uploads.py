"""Large bodies on their way in: each in a file of the data folder that has no name, within bounds for one and for all.

Nothing of them is parsed here. A crash leaves nothing behind, because the files are in no folder.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO

from feiqian.runtime import logs
from feiqian.runtime.alarms import Alarm
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.work import TooBusy
from feiqian.workers.process import File

UNDER_WAY = 16  # uploads of all people at once; of one person one
SPOOL_BYTES = 64 * 1024 * 1024  # of all uploads under way
WRITE_BYTES = 256 * 1024  # are collected before they are written

_log = logs.get("feiqian.uploads")


class Spool:
    """One body as it comes. `size` is what has come, in bytes."""

    def __init__(self, uploads: Uploads, file: BinaryIO) -> None:
        self._uploads, self._file, self._pending, self.size = uploads, file, bytearray(), 0
        self._writing: asyncio.Future[None] | None = None

    async def write(self, data: bytes) -> None:
        """Raises TooBusy when all uploads together are as much as may be, or the disk is full."""
        self._uploads.add(len(data))  # raises before it counts
        self.size += len(data)
        self._pending += data
        if len(self._pending) >= WRITE_BYTES:
            await self._flush()

    def small(self, limit: int) -> bytes | None:
        """The whole body if it has at most `limit` bytes (below WRITE_BYTES), and so is not on the disk."""
        return bytes(self._pending) if self.size <= min(limit, WRITE_BYTES - 1) else None

    async def part(self) -> File:
        """The whole body as a part of a worker's job, which closes it. Raises TooBusy."""
        await self._flush()
        return File(self._file.fileno(), self.size)

    async def _flush(self) -> None:
        data, self._pending = self._pending, bytearray()
        self._writing = asyncio.get_running_loop().run_in_executor(None, _write, self._file, data)
        try:
            await asyncio.shield(self._writing)
        except OSError as error:
            raise _not_kept(error) from None

    def close(self) -> None:
        """Closes the file: not while a thread writes, or it might write to what is opened next."""
        if self._writing is None or self._writing.done():
            self._file.close()
        else:
            self._writing.add_done_callback(lambda _: self._file.close())


def _not_kept(error: OSError) -> TooBusy:
    _log.error("upload_not_kept", why=str(error))
    return TooBusy("uploads cannot be taken now; try again later")


def _write(file: BinaryIO, data: bytearray) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


class Uploads:
    """`folder` is the data folder. Belongs to one event loop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: set[str] = set()
        self._bytes = self.refused = 0
        self.full = Alarm("uploads_full")

    @asynccontextmanager
    async def room(self, key: str) -> AsyncIterator[Spool]:
        """Room for one upload of the person `key`, until the block is left. Raises TooBusy."""
        full = len(self._keys) >= UNDER_WAY
        if full or key in self._keys:
            self.refused += 1
            if full:
                self.full.set(True, uploads=len(self._keys), bytes=self._bytes)
            raise TooBusy("another upload is under way; try again when it is done")
        self._keys.add(key)
        spool = None
        try:
            spool = Spool(self, self._file())
            yield spool
        finally:
            self._keys.discard(key)
            if spool is not None:
                spool.close()
                self._bytes -= spool.size
            if len(self._keys) <= UNDER_WAY // 2 and self._bytes <= SPOOL_BYTES // 2:
                self.full.set(False)

    def _file(self) -> BinaryIO:
        try:
            return tempfile.TemporaryFile(dir=self._folder, buffering=0)
        except OSError as error:
            raise _not_kept(error) from None

    def add(self, count: int) -> None:
        """Counts bytes that have come. Raises TooBusy."""
        if self._bytes + count > SPOOL_BYTES:
            self.refused += 1
            self.full.set(True, uploads=len(self._keys), bytes=self._bytes)
            raise TooBusy("too many uploads are under way; try again in a moment")
        self._bytes += count

    def measure(self, metrics: Metrics) -> None:
        metrics.gauge("feiqian_uploads", "Large bodies on their way in", lambda: len(self._keys))
        metrics.gauge("feiqian_upload_bytes", "Bytes that they have on the disk", lambda: self._bytes)
        self.full.measure(metrics, "no more large bodies are taken")
        metrics.counter("feiqian_uploads_refused", "Large bodies refused by a bound", lambda: self.refused)
