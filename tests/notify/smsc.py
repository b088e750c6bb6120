"""A small SMSC: an SMPP 3.4 server over TCP, for tests. Reads and writes the protocol by itself, with no library.

It binds transceivers with the right password, takes submit_sm, answers with statuses that the test has set, sends
receipts (deliver_sm) and enquire_link, unbinds, and can drop the line at any moment.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from dataclasses import dataclass, field

HEADER = struct.Struct("!IIII")
BIND_TRANSCEIVER, SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK = 0x09, 0x04, 0x05, 0x06, 0x15
OUTBIND, ALERT_NOTIFICATION, DATA_SM = 0x0B, 0x102, 0x103
ADDRESSES = b"\x00" + b"\x01\x018613800138000\x00" + b"\x05\x00Feiqian\x00"  # after service_type
RESPONSE, GENERIC_NACK = 0x80000000, 0x80000000
OK, INVALID_DESTINATION, BIND_FAILED, WRONG_PASSWORD, THROTTLED, OF_AN_OPERATOR = 0, 0x0B, 0x0D, 0x0E, 0x58, 0x0421


@dataclass
class Submitted:
    """What a submit_sm said. `text` is decoded, without the header of its part; `part` is (reference, of, number)."""

    source: tuple[int, int, str]
    to: tuple[int, int, str]
    esm_class: int
    validity: str
    receipt: int
    coding: int
    body: bytes

    @property
    def part(self) -> tuple[int, int, int] | None:
        if not self.esm_class & 0x40:
            return None
        assert self.body[:3] == b"\x05\x00\x03"
        return self.body[3], self.body[4], self.body[5]

    @property
    def text(self) -> str:
        body = self.body[6:] if self.esm_class & 0x40 else self.body
        return body.decode("utf-16-be") if self.coding == 8 else gsm_text(body)


@dataclass
class Smsc:
    """Start it with `async with`. `statuses` are the next answers to submit_sm; None drops the line instead."""

    password: str = "secret"
    bind_status: int = OK
    statuses: deque[int | None] = field(default_factory=deque)
    submitted: list[Submitted] = field(default_factory=list)
    binds: list[tuple[str, str]] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)  # commands of the responses that came
    unbound: int = 0
    silent: bool = False
    port: int = 0
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Smsc:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        return f"smpp://feiqian:{self.password}@127.0.0.1:{self.port}?from=Feiqian"

    async def stop(self) -> None:
        """Drops every line and listens no more."""
        self.drop()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def drop(self) -> None:
        for writer in self._writers:
            writer.close()

    async def ask(self, command: int, body: bytes = b"") -> int:
        """Sends a request of its own to all who are bound; the command of the next response that comes."""
        self._heard.clear()
        for writer in self._writers:
            await write(writer, command, OK, 77, body)
        await self._heard.wait()
        return self.answered[-1]

    async def tell(self, command: int, body: bytes = b"") -> None:
        """Sends something that has no response to all who are bound."""
        for writer in self._writers:
            await write(writer, command, OK, 78, body)

    async def receipt(self, message_id: str, state: str) -> int:
        text = (
            f"id:{message_id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:{state} err:000 text:-"
        )
        return await self.ask(DELIVER_SM, delivered(0x04, text.encode()))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                length, command, _, sequence = HEADER.unpack(await reader.readexactly(HEADER.size))
                await self._take(writer, command, sequence, await reader.readexactly(length - HEADER.size))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _take(self, writer: asyncio.StreamWriter, command: int, sequence: int, body: bytes) -> None:
        if command & RESPONSE:
            self.answered.append(command)
            self._heard.set()
        elif self.silent:
            return
        elif command == BIND_TRANSCEIVER:
            await write(writer, command | RESPONSE, self._bind(body), sequence, b"smsc\x00")
        elif command == SUBMIT_SM:
            await self._submit(writer, sequence, body)
        elif command == UNBIND:
            self.unbound += 1
            await write(writer, command | RESPONSE, OK, sequence)
        elif command == ENQUIRE_LINK:
            await write(writer, command | RESPONSE, OK, sequence)
        else:
            await write(writer, GENERIC_NACK, 3, sequence)

    def _bind(self, body: bytes) -> int:
        user, password = (part.decode() for part in body.split(b"\x00")[:2])
        self.binds.append((user, password))
        return self.bind_status or (OK if password == self.password else WRONG_PASSWORD)

    async def _submit(self, writer: asyncio.StreamWriter, sequence: int, body: bytes) -> None:
        status = self.statuses.popleft() if self.statuses else OK
        if status is None:
            writer.close()
            return
        if status == OK:
            self.submitted.append(submitted(body))
        answer = f"m{len(self.submitted)}\x00".encode() if status == OK else b""
        await write(writer, SUBMIT_SM | RESPONSE, status, sequence, answer)


async def write(writer: asyncio.StreamWriter, command: int, status: int, sequence: int, body: bytes = b"") -> None:
    writer.write(HEADER.pack(HEADER.size + len(body), command, status, sequence) + body)
    await writer.drain()


def submitted(body: bytes) -> Submitted:
    """Reads a submit_sm (SMPP 3.4, 4.4.1)."""
    _, rest = string(body)
    source, rest = address(rest)
    to, rest = address(rest)
    esm_class, rest = rest[0], rest[3:]
    _, rest = string(rest)
    validity, rest = string(rest)
    receipt, coding, length = rest[0], rest[2], rest[4]
    assert len(rest) == 5 + length, "nothing follows the text"
    return Submitted(source, to, esm_class, validity, receipt, coding, rest[5:])


def delivered(esm_class: int, text: bytes = b"", *parameters: bytes) -> bytes:
    """The body of a deliver_sm (4.6.1)."""
    fixed = bytes([esm_class, 0, 0]) + b"\x00\x00" + bytes([0, 0, 0, 0, len(text)])
    return ADDRESSES + fixed + text + b"".join(parameters)


def parameter(tag: int, value: bytes) -> bytes:
    """An optional parameter (5.3.1)."""
    return struct.pack("!HH", tag, len(value)) + value


def string(data: bytes) -> tuple[str, bytes]:
    text, _, rest = data.partition(b"\x00")
    return text.decode("ascii"), rest


def address(data: bytes) -> tuple[tuple[int, int, str], bytes]:
    number, rest = string(data[2:])
    return (data[0], data[1], number), rest


def gsm_text(body: bytes) -> str:
    """The part of the GSM alphabet (3GPP TS 23.038) that the tests use."""
    special = {0x00: "@", 0x01: "£", 0x02: "$", 0x03: "¥", 0x05: "é", 0x7D: "ñ", 0x60: "¿"}
    text, escaped = "", False
    for byte in body:
        if escaped:
            text += {0x65: "€", 0x3C: "[", 0x3E: "]"}[byte]
        elif byte != 0x1B:
            text += special.get(byte, chr(byte))
        escaped = byte == 0x1B and not escaped
    assert not escaped, "an escaped character was cut in two"
    return text
