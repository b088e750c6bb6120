"""Text messages by SMPP 3.4 to a mobile operator or an aggregator: one transceiver session, opened when it is needed.

A message counts as sent once the operator has taken every part of it. What becomes of it after that is only counted,
from receipts.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import parse_qs, unquote, urlsplit

from feiqian.notify import smpp_pdus as pdus
from feiqian.notify.errors import SendingFailed, SendingRefused
from feiqian.notify.model import Outgoing
from feiqian.notify.smpp_pdus import RESPONSE, Command, Pdu
from feiqian.notify.smpp_receipts import Receipt
from feiqian.notify.smpp_session import Session
from feiqian.notify.sms_parts import parts_of
from feiqian.runtime import logs

CALM_SECONDS = 1.0  # after a failed connection, before the next
_PORTS = {"smpp": 2775, "smpps": 3550}
DELIVERED = "DELIVRD"  # of a receipt (SMPP 3.4, appendix B)
_OK, _ALREADY_BOUND = 0x00, 0x05
# The number or the text is at fault (5.1.3): invalid length, destination, destination's type or plan, option.
_REFUSED = frozenset({0x01, 0x0B, 0x50, 0x51, 0x65, 0xC0, 0xC1, 0xC2, 0xC4, 0xFE})
_log = logs.get("feiqian.notify")


class SmppInvalid(ValueError):
    """The URL of the operator cannot be used. Says why, without the password."""


@dataclass(frozen=True, slots=True)
class SmppServer:
    """smpp:// or smpps:// (TLS) user:password@host:port, with `?from=` a number, short code or name as the sender."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    source: str
    tls: ssl.SSLContext | None = field(repr=False)

    @classmethod
    def of(cls, url: str) -> SmppServer:
        """Raises SmppInvalid."""
        try:
            parts = urlsplit(url)
            standard, host = _PORTS[parts.scheme], parts.hostname
            port = parts.port or standard
        except (ValueError, KeyError):
            raise SmppInvalid("write smpp://user:password@host:port, or smpps://…") from None
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if not host or options.keys() - {"from"}:
            raise SmppInvalid("the URL of the operator names a host, and nothing after ? but from=")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        source = options.get("from", "")
        if source.startswith(" ") and source[1:].isdigit():
            source = "+" + source[1:]  # a plus means a space here, but nobody writes a number so
        try:
            pdus.check_source(source)
        except ValueError as error:
            raise SmppInvalid(str(error)) from None
        try:
            pdus.bind(1, user, password)
            pdus.submit(1, source, "+1", pdus.GSM, b"-", False, 60)
        except ValueError:
            raise SmppInvalid("SMPP takes 15 characters of user and 8 of password, all ASCII") from None
        tls = ssl.create_default_context() if parts.scheme == "smpps" else None
        return cls(host, port, user, password, source, tls)


class Smpp:
    """An adapter for text messages. `receipts` counts what the operator says became of them."""

    def __init__(self, server: SmppServer) -> None:
        self._server = server
        self._session: Session | None = None
        self._lock = asyncio.Lock()
        self._failed_at = float("-inf")
        self._why = ""
        self.receipts: Counter[str] = Counter()

    async def send(self, outgoing: Outgoing) -> None:
        session = await self._bound()
        parts = parts_of(outgoing.text, outgoing.id)
        for body in parts.bodies:
            submit = partial(
                pdus.submit,
                source=self._server.source,
                to=outgoing.address,
                coding=parts.data_coding,
                body=body,
                parted=parts.concatenated,
                valid_seconds=outgoing.seconds_left,
            )
            _check(await session.request(submit))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _bound(self) -> Session:
        async with self._lock:
            if self._session is not None and self._session.open:
                return self._session
            if time.monotonic() - self._failed_at < CALM_SECONDS:
                raise SendingFailed(self._why)  # others have just tried
            await self.close()
            try:
                self._session = await self._bind()
            except SendingFailed as error:
                self._failed_at, self._why = time.monotonic(), error.why
                raise
            return self._session

    async def _bind(self) -> Session:
        server = self._server
        try:
            session = await Session.connect(server.host, server.port, server.tls, self._note)
        except (OSError, TimeoutError) as error:
            raise SendingFailed(f"not connected: {type(error).__name__}") from None
        try:
            answer = await session.request(partial(pdus.bind, user=server.user, password=server.password))
            if answer.status not in (_OK, _ALREADY_BOUND):
                raise SendingFailed(f"bind refused: {answer.status:#x}")
        except SendingFailed as error:
            _log.error("sms_not_bound", why=error.why)
            await session.drop()
            raise
        return session

    def _note(self, receipt: Receipt) -> None:
        self.receipts[receipt.state] += 1
        if receipt.state != DELIVERED:
            _log.warning("sms_not_delivered", operators_id=receipt.message_id, state=receipt.state)


def _check(answer: Pdu) -> None:
    if answer.status == _OK and answer.command == Command.SUBMIT_SM | RESPONSE:
        return
    failure = SendingRefused if answer.status in _REFUSED else SendingFailed
    raise failure(f"SMPP {answer.status:#x}")
