"""Child processes that must run as long as the server does: started, restarted with growing pauses, stopped in order.

Children are in sessions of their own: a Ctrl-C is for the server, which stops them. A child holds the reading end of a
pipe as its standard input; when the server is gone, however it went, the pipe closes and the child ends
(`end_with_parent`), so that no projector is left behind. A byte in the pipe wakes a child that rests.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping

from feiqian.runtime import logs

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
HEALTHY_SECONDS = 60.0  # a child that ran so long starts again without a long pause
STOP_SECONDS = 5.0

_log = logs.get("feiqian.supervise")


class Child:
    """Keeps one `feiqian` command running."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self._command = [sys.executable, "-m", "feiqian", *arguments]
        self._environment = {**os.environ, **environment}
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._keep_running(), name=f"child {self.name}")

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def _keep_running(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            started = time.monotonic()
            code = await self._run_once()
            pause = FIRST_PAUSE_SECONDS if time.monotonic() - started > HEALTHY_SECONDS else pause
            _log.error("child_died", child=self.name, exit_code=code, restart_in_seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _run_once(self) -> int:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, env=self._environment, stdin=asyncio.subprocess.PIPE, start_new_session=True
        )
        _log.info("child_started", child=self.name, pid=self._process.pid)
        return await self._process.wait()

    def wake(self) -> None:
        """There may be something to do. In the event loop; a child that is being started looks by itself."""
        pipe = self._process.stdin if self._process is not None and self._process.returncode is None else None
        if pipe is not None and not pipe.is_closing() and not pipe.transport.get_write_buffer_size():
            pipe.write(b"\n")

    async def stop(self) -> None:
        """Asks the child to end, and makes it if it does not."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process is not None and not await end(self._process):
            _log.error("child_killed", child=self.name, pid=self._process.pid)


async def end(process: asyncio.subprocess.Process) -> bool:
    """Asks a process to end, and makes it if it does not. Returns whether it did by itself."""
    if process.returncode is not None:
        return True
    process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        return False
    return True


def end_with_parent(woken: Callable[[], None] = lambda: None) -> None:
    """In a child: ends this process as soon as standard input closes, that is when the parent is gone.

    `woken` is called, in a thread, for what the parent writes there.
    """

    def wait() -> None:
        while os.read(0, 4096):
            woken()
        os._exit(0)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()
