"""One bound SMPP session over TCP: what is submitted waits for its own response; a lost line ends all that wait."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress

from feiqian.notify import smpp_pdus as pdus
from feiqian.notify.errors import SendingFailed
from feiqian.notify.smpp_pdus import HEADER, LARGEST, RESPONSE, Command, Pdu
from feiqian.notify.smpp_receipts import Receipt

ANSWER_SECONDS = 15.0
ENQUIRE_SECONDS = 30.0
_LAST_SEQUENCE = 0x7FFF_FFFF


class Session:
    """Open it with `connect`. `receipts` hears what became of messages."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, receipts: Callable[[Receipt], None]
    ) -> None:
        self._reader, self._writer, self._receipts = reader, writer, receipts
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._enquire())]

    @classmethod
    async def connect(
        cls, host: str, port: int, tls: ssl.SSLContext | None, receipts: Callable[[Receipt], None]
    ) -> Session:
        """Raises OSError or TimeoutError."""
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, ssl=tls, limit=LARGEST)
        return cls(reader, writer, receipts)

    @property
    def open(self) -> bool:
        return not self._writer.is_closing()

    async def request(self, build: Callable[[int], bytes]) -> Pdu:
        """Sends what `build` makes of a sequence number; the response. Raises SendingFailed if the line is lost."""
        if not self.open:
            raise SendingFailed("line lost")
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        sequence = self._sequence
        waiting: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = waiting
        try:
            self._writer.write(build(sequence))
            await self._writer.drain()
            async with asyncio.timeout(ANSWER_SECONDS):
                return await waiting
        except TimeoutError:
            self._lose()  # who does not answer once is not waited for again
            raise SendingFailed("no answer") from None
        except OSError:
            self._lose()
            raise SendingFailed("line lost") from None
        finally:
            self._waiting.pop(sequence, None)

    async def close(self) -> None:
        """Unbinds, if there is still somebody, and ends."""
        with suppress(SendingFailed):
            await self.request(pdus.unbind)
        await self.drop()

    async def drop(self) -> None:
        """Ends without a word."""
        self._lose()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while True:
                await self._take(await self._next())
        except (OSError, EOFError, ValueError):
            pass
        finally:
            self._lose()

    async def _next(self) -> Pdu:
        length, command, status, sequence = HEADER.unpack(await self._reader.readexactly(HEADER.size))
        if not HEADER.size <= length <= LARGEST:
            raise ValueError("not SMPP")
        return Pdu(command, status, sequence, await self._reader.readexactly(length - HEADER.size))

    async def _take(self, pdu: Pdu) -> None:
        if pdu.command & RESPONSE:
            waiting = self._waiting.get(pdu.sequence)
            if waiting is not None and not waiting.done():
                waiting.set_result(pdu)
            return
        answer = pdus.answer(pdu)
        if answer is not None:
            self._writer.write(answer)
            await self._writer.drain()
        if pdu.command == Command.UNBIND:
            self._lose()
        if (receipt := pdus.receipt_of(pdu)) is not None:
            self._receipts(receipt)

    async def _enquire(self) -> None:
        """Keeps the line open through firewalls, and notices when nobody is there any more."""
        with suppress(SendingFailed):
            while self.open:
                await asyncio.sleep(ENQUIRE_SECONDS)
                await self.request(pdus.enquire_link)

    def _lose(self) -> None:
        self._writer.close()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(SendingFailed("line lost"))
