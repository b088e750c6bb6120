"""Uploads on the disk: one of each person, so many bytes of all, no names, and nothing left behind."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import structlog

from feiqian.runtime.metrics import Metrics
from feiqian.runtime.uploads import SPOOL_BYTES, UNDER_WAY, WRITE_BYTES, Uploads
from feiqian.runtime.work import TooBusy

MEGABYTE = 1024 * 1024


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_what_was_sent_is_what_a_worker_is_given_and_the_file_has_no_name(tmp_path: Path) -> None:
    async def send() -> None:
        uploads = Uploads(tmp_path)
        async with uploads.room("a") as spool:
            for n in range(40):
                await spool.write(bytes([n]) * 20_000)
            assert spool.small(10**9) is None
            part = await spool.part()
        assert list(tmp_path.iterdir()) == []
        assert stat.S_IMODE(os.fstat(part.fd).st_mode) == 0o600
        assert os.pread(part.fd, part.size + 1, 0) == b"".join(bytes([n]) * 20_000 for n in range(40))
        part.close()

    before = len(os.listdir("/proc/self/fd"))
    run(send())
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_small_body_never_reaches_the_disk(tmp_path: Path) -> None:
    async def send() -> None:
        async with Uploads(tmp_path).room("a") as spool:
            await spool.write(b"{}")
            assert spool.small(2) == b"{}"
            assert spool.small(1) is None
            assert os.fstat(spool._file.fileno()).st_size == 0

    run(send())


def test_abuse_69_one_person_has_one_upload_and_all_have_so_many(tmp_path: Path) -> None:
    async def send() -> None:
        uploads = Uploads(tmp_path)
        async with AsyncExitStack() as stack:
            for n in range(UNDER_WAY - 1):
                await stack.enter_async_context(uploads.room(f"p{n}"))
            with pytest.raises(TooBusy):
                await stack.enter_async_context(uploads.room("p0"))
            assert not uploads.full.on
            await stack.enter_async_context(uploads.room("last"))
            with pytest.raises(TooBusy):
                await stack.enter_async_context(uploads.room("late"))
            assert uploads.full.on
        assert not uploads.full.on
        async with uploads.room("p0"):
            pass

    run(send())


def test_abuse_69_all_uploads_together_have_so_many_bytes_and_an_alarm_tells_of_it(tmp_path: Path) -> None:
    async def send() -> None:
        uploads, metrics = Uploads(tmp_path), Metrics()
        uploads.measure(metrics)
        async with uploads.room("a") as one, uploads.room("b") as other:
            for _ in range(SPOOL_BYTES // MEGABYTE // 2):
                await one.write(bytes(MEGABYTE))
                await other.write(bytes(MEGABYTE))
            with pytest.raises(TooBusy):
                await one.write(b"x")
        assert b"feiqian_alarm_uploads_full 0.0" in metrics.render()
        assert b"feiqian_upload_bytes 0.0" in metrics.render()
        assert b"feiqian_uploads_refused_total 1.0" in metrics.render()
        async with uploads.room("c") as spool:
            await spool.write(bytes(MEGABYTE))

    with structlog.testing.capture_logs() as logged:
        run(send())
    told = [(entry["event"], entry["alarm"]) for entry in logged]
    assert told == [("alarm_began", "uploads_full"), ("alarm_ended", "uploads_full")]
    assert list(tmp_path.iterdir()) == []


def test_who_goes_away_while_it_is_written_leaves_room_and_no_file_open(tmp_path: Path) -> None:
    async def send() -> None:
        uploads, begun = Uploads(tmp_path), asyncio.Event()

        async def one() -> None:
            async with uploads.room("a") as spool:
                begun.set()
                while True:
                    await spool.write(bytes(WRITE_BYTES))
                    await asyncio.sleep(0)

        task = asyncio.create_task(one())
        await begun.wait()
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with uploads.room("a") as spool:
            await spool.write(b"again")

    before = len(os.listdir("/proc/self/fd"))
    run(send())
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_disk_that_takes_nothing_refuses_the_upload(tmp_path: Path) -> None:
    async def send() -> None:
        async with Uploads(tmp_path).room("a") as spool:
            full = os.open("/dev/full", os.O_WRONLY)
            os.dup2(full, spool._file.fileno())  # as if the disk were full
            os.close(full)
            with pytest.raises(TooBusy):
                await spool.write(bytes(WRITE_BYTES))

    run(send())


def test_a_folder_that_takes_no_file_refuses_the_upload_and_keeps_no_place(tmp_path: Path) -> None:
    async def send() -> None:
        uploads = Uploads(tmp_path / "gone")
        for _ in range(2):
            with pytest.raises(TooBusy, match="cannot be taken now"):
                await uploads.room("a").__aenter__()

    run(send())
