"""A process that accepts whatever comes, discards it, and answers 503: what an attack costs the machine by itself."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .wire import HOST

REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
READ_BYTES = 65_536


@contextmanager
def sink() -> Iterator[int]:
    """Runs one; gives its port."""
    process = subprocess.Popen([sys.executable, "-m", __name__], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def _discard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        async with asyncio.timeout(30):
            head = await reader.readuntil(b"\r\n\r\n")
            left = next((int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0)
            while left > 0 and (data := await reader.read(READ_BYTES)):
                left -= len(data)
            writer.write(REFUSAL)
            await writer.drain()
    writer.close()


async def _serve() -> None:
    server = await asyncio.start_server(_discard, HOST, 0, limit=READ_BYTES, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    gone = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # ends when the parent is gone
    await gone


if __name__ == "__main__":
    asyncio.run(_serve())
