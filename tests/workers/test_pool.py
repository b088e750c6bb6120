"""The pool with real processes: their limits, their end, what they are not told, and whose turn it is."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from PIL import Image

from feiqian.kyc.images import encode
from feiqian.runtime.metrics import Metrics
from feiqian.runtime.work import TooBusy
from feiqian.scanning.pictures import read
from feiqian.workers.frames import Refused
from feiqian.workers.pool import QUEUE, QUEUE_OF_ONE, Workers
from feiqian.workers.process import File, JobKilled, Limits

PATIENCE_SECONDS = 20


def picture(size: tuple[int, int] = (400, 400), format: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, format)
    return out.getvalue()


HUGE = picture((6300, 6300))
SMALL = picture()


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    pool = Workers(processes=1)
    yield pool
    pool.close()


def limited(**limits: Any) -> Workers:
    return Workers(Limits(**limits), processes=1)


async def under_way(pool: Workers, key: str) -> None:
    """Until a job of this key is."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not pool._under_way[key]:
        assert time.monotonic() < until
        await asyncio.sleep(0)


async def held(pool: Workers) -> tuple[int, asyncio.Task[list[bytes]]]:
    """A pool whose one process stands still in a job: its id, and the job."""
    await pool.run(encode, [SMALL], "first")
    (pid,) = pool.pids
    os.kill(pid, signal.SIGSTOP)
    task = asyncio.create_task(pool.run(encode, [SMALL], "held"))
    await under_way(pool, "held")
    return pid, task


def gone(pid: int) -> bool:
    """Wait until the process has ended: a child of ours with all its threads, its exit code left to the pool."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT) is not None
    except ChildProcessError:  # not ours, or its exit code has been read
        pass
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


def test_answers_and_refusals_come_back(workers: Workers) -> None:
    async def ask() -> None:
        (kept,) = await workers.run(encode, [SMALL], "a")
        assert kept.startswith(b"\xff\xd8")
        assert await workers.run(read, [SMALL], "a") == [b"[]"]
        with pytest.raises(Refused, match="not_a_picture"):
            await workers.run(encode, [b"text"], "a")

    asyncio.run(ask())
    asyncio.run(ask())  # in another event loop too


def test_a_file_is_a_part_and_may_be_closed_at_once(workers: Workers, tmp_path: Path) -> None:
    async def ask() -> list[bytes]:
        with (tmp_path / "picture").open("w+b") as file:
            file.write(HUGE)
            file.flush()
            job = asyncio.create_task(workers.run(encode, [File(file.fileno(), len(HUGE))], "a"))
            await asyncio.sleep(0)
        answer = await job
        await workers.run(encode, [SMALL], "a")  # before it takes this one, the worker's thread closes the file
        return answer

    asyncio.run(ask())  # the worker is there from now on
    before = len(os.listdir("/proc/self/fd"))
    assert asyncio.run(ask())[0].startswith(b"\xff\xd8")
    assert len(os.listdir("/proc/self/fd")) <= before


def test_abuse_70_a_job_that_takes_too_much_time_is_ended_and_the_next_is_done() -> None:
    pool = limited(cpu_seconds=1)

    async def ask() -> None:
        with pytest.raises(JobKilled, match=f"exit code -{signal.SIGXCPU.value}"):
            await pool.run(encode, [HUGE] * 3, "a")
        assert await pool.run(encode, [SMALL], "a")

    asyncio.run(ask())
    assert pool.killed == 1
    pool.close()


def test_abuse_70_a_process_that_stands_still_is_ended_and_the_next_job_is_done() -> None:
    pool = limited(seconds=0.5)

    async def ask() -> None:
        pid, task = await held(pool)
        with pytest.raises(JobKilled, match="TimeoutError"):
            await task
        assert gone(pid)
        assert await pool.run(encode, [SMALL], "a")

    asyncio.run(ask())
    pool.close()


def test_abuse_70_memory_is_limited() -> None:
    pool = limited(memory_bytes=200 * 1024 * 1024)

    async def ask() -> None:
        with pytest.raises(Refused, match="too_costly"):
            await pool.run(encode, [HUGE], "a")
        assert await pool.run(encode, [SMALL], "a")

    asyncio.run(ask())
    pool.close()


def test_a_process_that_dies_fails_its_job_alone(workers: Workers) -> None:
    async def ask() -> None:
        pid, task = await held(workers)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(JobKilled):
            await task
        assert await workers.run(encode, [SMALL], "b")
        assert workers.pids != [pid]
        os.kill(workers.pids[0], signal.SIGKILL)  # between two jobs
        assert gone(workers.pids[0])
        assert await workers.run(encode, [SMALL], "b")

    asyncio.run(ask())


def test_a_process_is_replaced_after_some_jobs() -> None:
    pool = limited(jobs=2)

    async def ask() -> list[int]:
        seen = []
        for _ in range(4):
            await pool.run(read, [SMALL], "a")
            seen += pool.pids
        return seen

    assert len(set(asyncio.run(ask()))) == 2  # it is gone after each second job
    pool.close()


def test_a_worker_has_no_secrets_no_files_of_the_server_and_comes_last(workers: Workers, tmp_path: Path) -> None:
    with (tmp_path / "secret").open("w") as secret, pytest.MonkeyPatch.context() as patch:
        os.set_inheritable(secret.fileno(), True)
        patch.setenv("FEIQIAN_SMS_URL", "smpp://user:canary@host")
        pool = limited()
        asyncio.run(pool.run(read, [SMALL], "a"))
        (pid,) = pool.pids
        about = Path(f"/proc/{pid}")
        assert b"canary" not in (about / "environ").read_bytes()
        assert all("secret" not in os.readlink(fd) for fd in (about / "fd").iterdir())
        assert len(list((about / "fd").iterdir())) <= 5
        assert os.getpriority(os.PRIO_PROCESS, pid) - os.getpriority(os.PRIO_PROCESS, 0) == 10
        pool.close()
        assert gone(pid)


def test_a_worker_ends_with_its_server_however_that_went() -> None:
    server = (
        "import asyncio, os\n"
        "from feiqian.scanning.pictures import read\n"
        "from feiqian.workers.pool import Workers\n"
        "pool = Workers(processes=1)\n"
        "try:\n    asyncio.run(pool.run(read, [b'x'], 'a'))\nexcept Exception:\n    pass\n"
        "print(pool.pids[0], flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", server], stdout=subprocess.PIPE, timeout=60, check=False)
    assert gone(int(done.stdout))


def test_each_has_a_turn_and_who_asks_much_waits_for_themselves(workers: Workers) -> None:
    order: list[str] = []

    async def ask(key: str) -> None:
        await workers.run(read, [SMALL], key)
        order.append(key)

    async def both() -> None:
        pid, task = await held(workers)
        greedy = [asyncio.create_task(ask("held")) for _ in range(QUEUE_OF_ONE + 3)]
        await asyncio.sleep(0)
        others = [asyncio.create_task(ask(key)) for key in ("b", "c")]
        await asyncio.sleep(0)
        os.kill(pid, signal.SIGCONT)
        await task
        outcomes = await asyncio.gather(*greedy, return_exceptions=True)
        await asyncio.gather(*others)
        assert [type(outcome) for outcome in outcomes] == [type(None)] * QUEUE_OF_ONE + [TooBusy] * 3

    asyncio.run(both())
    assert order == ["b", "c", *["held"] * QUEUE_OF_ONE]


def test_who_leaves_the_queue_costs_no_work(workers: Workers) -> None:
    async def leave() -> None:
        pid, task = await held(workers)
        taken = workers.taken
        waiting = asyncio.create_task(workers.run(read, [SMALL], "left"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        os.kill(pid, signal.SIGCONT)
        await task
        await workers.run(read, [SMALL], "b")
        assert workers.taken == taken + 1

    asyncio.run(leave())


def test_a_full_queue_refuses_and_is_told_once_when_it_begins_and_once_when_it_ends() -> None:
    pool, metrics = limited(), Metrics()
    pool.measure(metrics)

    async def fill() -> None:
        pid, task = await held(pool)
        waiting = [asyncio.create_task(pool.run(read, [SMALL], f"k{n}")) for n in range(QUEUE)]
        await asyncio.sleep(0)
        for n in range(3):
            with pytest.raises(TooBusy):
                await pool.run(read, [SMALL], f"late{n}")
        assert b"feiqian_alarm_picture_queue_full 1.0" in metrics.render()
        assert b"feiqian_picture_jobs_waiting 32.0" in metrics.render()
        os.kill(pid, signal.SIGCONT)
        await asyncio.gather(task, *waiting)

    with structlog.testing.capture_logs() as logged:
        asyncio.run(fill())
    told = [(entry["event"], entry["alarm"], entry["log_level"]) for entry in logged]
    assert told == [("alarm_began", "picture_queue_full", "error"), ("alarm_ended", "picture_queue_full", "error")]
    assert b"feiqian_alarm_picture_queue_full 0.0" in metrics.render()
    assert b"feiqian_picture_jobs_refused_total 3.0" in metrics.render()
    pool.close()


def test_a_machine_that_starts_no_worker_is_told_of_and_jobs_are_refused() -> None:
    pool = limited(memory_bytes=2**70)  # which no machine grants: the process ends before it is ready
    with structlog.testing.capture_logs() as logged:
        pool.start()
        for _ in range(2):
            with pytest.raises(TooBusy):
                asyncio.run(pool.run(read, [SMALL], "a"))
    assert [(entry["event"], entry["alarm"]) for entry in logged] == [("alarm_began", "picture_worker_missing")]
    assert pool.missing.on
    pool.close()


def test_closing_fails_what_is_under_way_and_what_waits() -> None:
    pool = limited()

    async def ask() -> list[Any]:
        _, task = await held(pool)
        waiting = asyncio.create_task(pool.run(read, [SMALL], "b"))
        await asyncio.sleep(0)
        pool.close()
        return await asyncio.gather(task, waiting, return_exceptions=True)

    under_way, waited = asyncio.run(ask())
    assert isinstance(under_way, JobKilled | TooBusy)
    assert isinstance(waited, TooBusy)
    with pytest.raises(TooBusy):
        asyncio.run(pool.run(read, [SMALL], "a"))
