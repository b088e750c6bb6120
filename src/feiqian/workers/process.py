"""One worker process as the server holds it: started when needed, asked one job at a time, killed when late.

Blocks: it is used in a thread that does nothing else. Whatever the process sends is checked before it is believed.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from feiqian.workers.frames import ANSWER_BYTES, HEAD_BYTES, LENGTH, Answered, Asked, Refused, head

START_SECONDS = 30.0
CPU_SECONDS, JOB_SECONDS = 10, 30
MEMORY_BYTES = 1024 * 1024 * 1024
JOBS = 100
GROWN = 4  # a process that still holds this part of its memory after a job is replaced
SEND_BYTES = 1024 * 1024  # at once
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_SOURCES = Path(__file__).resolve().parents[2]
_answered = msgspec.json.Decoder(Answered)


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one job: seconds of processor time, seconds in all; of the process: bytes of memory, and how many jobs."""

    cpu_seconds: int = CPU_SECONDS
    seconds: float = JOB_SECONDS
    memory_bytes: int = MEMORY_BYTES
    jobs: int = JOBS  # then another process takes over, so that nothing that a job left behind lasts


class NotStarted(Exception):
    """The machine starts no worker now. The text says why."""


class JobKilled(Exception):
    """The job took more time or memory than one may, or ended its process. Nothing came of it."""


class File:
    """A file that is a part of a job, by a descriptor of its own: whoever had it opened may close theirs."""

    def __init__(self, fd: int, size: int) -> None:
        self.fd, self.size = os.dup(fd), size

    def close(self) -> None:
        os.close(self.fd)


Part = bytes | File


class Process:
    """The process, or None yet. Not safe for several threads, but for `close`."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._done = limits, 0
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._deadline, self._closed = 0.0, False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def ask(self, module: str, function: str, parts: Sequence[Part]) -> list[bytes]:
        """Has one job done. Raises Refused, JobKilled, NotStarted."""
        self.start()
        self._deadline = time.monotonic() + self._limits.seconds
        sizes = [part.size if isinstance(part, File) else len(part) for part in parts]
        try:
            self._send(memoryview(head(Asked(module, function, sizes))))
            for part in parts:
                self._send_file(part) if isinstance(part, File) else self._send(memoryview(part))
            answer = self._head()
            answers = [self._receive(size) for size in answer.sizes]
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            code = self.end()
            raise JobKilled(f"{type(error).__name__}, exit code {code}") from None
        self._done += 1
        if self._done >= self._limits.jobs or answer.outcome == "failed" or self._grown():
            self.end()
        if answer.outcome == "refused":
            raise Refused(answer.reason)
        if answer.outcome != "done":
            raise JobKilled(f"{answer.outcome}: {answer.reason[:80]}")
        return answers

    def start(self) -> None:
        """Starts it if it is not there. Raises NotStarted."""
        if self._process is not None and self._process.poll() is None:
            return
        self.end()
        if self._closed:
            raise NotStarted("the server stops")
        try:
            self._spawn()
            self._deadline = time.monotonic() + START_SECONDS
            if self._head().outcome != "ready":
                raise EOFError
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            raise NotStarted(f"{type(error).__name__}: {error}, exit code {self.end()}") from None

    def _grown(self) -> bool:
        """Whether it holds so much memory that the next job may not find enough."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        except OSError:
            return False
        return int(pages) * PAGE_BYTES > self._limits.memory_bytes // GROWN

    def _spawn(self) -> None:
        """With a socket and the pipe whose end tells it that the server is gone; no other descriptor, no secrets."""
        limits, (ours, theirs) = self._limits, socket.socketpair()
        self._channel, self._done = ours, 0
        ours.setblocking(False)
        arguments = map(str, (theirs.fileno(), limits.cpu_seconds, limits.memory_bytes))
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "feiqian.workers.child", *arguments],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()], cwd="/", start_new_session=True,
                env={"PYTHONPATH": str(_SOURCES), "PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "1"},
            )  # fmt: skip
        if self._closed:  # meanwhile
            self._process.kill()

    def close(self) -> None:
        """Ends it at once and for good, from any thread; whoever waits for its answer gets JobKilled."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()

    def end(self) -> int | None:
        """Ends it if it is there. Returns its exit code."""
        process, channel = self._process, self._channel
        self._process = self._channel = None
        if channel is not None:
            channel.close()
        if process is None:
            return None
        process.kill()
        if process.stdin is not None:
            process.stdin.close()
        return process.wait()

    # --- the channel ---------------------------------------------------------------------------------------------

    def _ready(self, event: int) -> socket.socket:
        """The channel when it can be read or written. Raises TimeoutError when the time is over."""
        if self._channel is None:
            raise EOFError
        poll = select.poll()
        poll.register(self._channel, event)
        left = self._deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise TimeoutError("the job takes too long")
        return self._channel

    def _send(self, data: memoryview) -> None:
        while data:
            data = data[self._ready(select.POLLOUT).send(data) :]

    def _send_file(self, file: File) -> None:
        at = 0
        while at < file.size:
            channel = self._ready(select.POLLOUT)
            sent = os.sendfile(channel.fileno(), file.fd, at, min(SEND_BYTES, file.size - at))
            if not sent:
                raise EOFError
            at += sent

    def _head(self) -> Answered:
        (length,) = LENGTH.unpack(self._receive(LENGTH.size))
        if length > HEAD_BYTES:
            raise EOFError
        answer = _answered.decode(self._receive(length))
        if min(answer.sizes, default=0) < 0 or sum(answer.sizes) > ANSWER_BYTES:
            raise EOFError
        return answer

    def _receive(self, size: int) -> bytes:
        data, at = bytearray(size), 0
        while at < size:
            got = self._ready(select.POLLIN).recv_into(memoryview(data)[at:])
            if not got:
                raise EOFError
            at += got
        return bytes(data)
