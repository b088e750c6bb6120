"""A worker's own process: takes jobs from the socket that it was given, one at a time, until the server is gone.

It may write no file, and its memory and its time for each job are limited. Imports nothing but what a job names.
"""

from __future__ import annotations

import importlib
import math
import os
import resource
import socket
import sys
import time
from typing import BinaryIO

import msgspec

from feiqian.runtime.supervise import end_with_parent
from feiqian.workers.frames import LENGTH, Answered, Asked, Refused, head

NICE = 10  # payments go first
OPEN_FILES = 64  # a job's imports open some, one after the other
_asked = msgspec.json.Decoder(Asked)


def main(fd: int, cpu_seconds: int, memory_bytes: int) -> None:
    """Serves the socket `fd`."""
    end_with_parent()
    os.nice(NICE)
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        resource.setrlimit(limit, (value, value))
    with socket.socket(fileno=fd) as channel, channel.makefile("rb") as requests:
        channel.sendall(head(Answered("ready")))
        while length := requests.read(LENGTH.size):
            asked = _asked.decode(requests.read(LENGTH.unpack(length)[0]))
            _allow(cpu_seconds)
            answer, parts = _do(asked, requests)
            channel.sendall(head(answer))
            for part in parts:
                channel.sendall(part)


def _allow(cpu_seconds: int) -> None:
    """So many seconds from now on; whoever uses more is ended by the kernel."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + cpu_seconds, hard))


def _do(asked: Asked, requests: BinaryIO) -> tuple[Answered, list[bytes]]:
    try:
        parts = [requests.read(size) for size in asked.sizes]
        answer = getattr(importlib.import_module(asked.module), asked.function)(parts)
        return Answered("done", sizes=[len(part) for part in answer]), answer
    except Refused as refused:
        return Answered("refused", refused.reason), []
    except Exception as error:
        return Answered("failed", type(error).__name__), []


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
