"""HTTP/1.1 over sockets of one's own, so that a client can be as rude as an attack needs. To 127.0.0.1 only."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

HOST = "127.0.0.1"


def other_address() -> str:
    """Another address of this computer, so that two sorts of clients are two networks; HOST where it has no other."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.2", 0))
        except OSError:
            return HOST
    return "127.0.0.2"


class Answer(NamedTuple):
    """`status` 0: no answer, because the connection was refused, closed, or the time was over."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def retry_after(self) -> float | None:
        text = self.headers.get("retry-after", "")
        return float(text) if text.isdigit() else None


NONE = Answer(0, {}, b"")


@asynccontextmanager
async def connection(port: int, origin: str = HOST) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """`origin`: the address that the client has."""
    reader, writer = await asyncio.open_connection(HOST, port, local_addr=(origin, 0) if origin != HOST else None)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def head(method: str, path: str, length: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {length}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def ask(
    port: int,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    seconds: float = 10,
    origin: str = HOST,
) -> Answer:
    """One request over a connection of its own. Never raises for what the server does."""
    try:
        async with asyncio.timeout(seconds), connection(port, origin) as (reader, writer):
            writer.write(head(method, path, len(body), headers or {}))
            with suppress(OSError):  # who is answered before the body is read
                writer.write(body)
                await writer.drain()
            return await _answer(reader)
    except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return NONE


async def _answer(reader: asyncio.StreamReader) -> Answer:
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    length = headers.get("content-length")
    body = await (reader.read() if length is None else reader.readexactly(int(length)))
    return Answer(int(status.split()[1]), headers, body)
