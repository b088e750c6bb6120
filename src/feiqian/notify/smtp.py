"""E-mail by SMTP (RFC 5321, aiosmtplib): plain text, one message a connection. A code never travels in the clear.

Towards another host the connection is encrypted (implicit TLS with smtps, STARTTLS with smtp) or nothing is sent,
unless the operator's URL says `?tls=off`.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from feiqian.clock import MICROSECONDS, Clock
from feiqian.notify import mail_addresses
from feiqian.notify.errors import SendingFailed, SendingRefused
from feiqian.notify.mail_addresses import AddressInvalid
from feiqian.notify.model import Outgoing

TIMEOUT_SECONDS = 20.0
_PORTS = {"smtp": 25, "smtps": 465}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SmtpInvalid(ValueError):
    """The URL of the mail server cannot be used. Says why, without the password."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """smtp:// or smtps://user:password@host:port, with `?ca=FILE` for a certificate authority of one's own."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    implicit_tls: bool
    start_tls: bool | None  # None: if the server offers it
    tls: ssl.SSLContext = field(repr=False)

    @classmethod
    def of(cls, url: str) -> SmtpServer:
        """Raises SmtpInvalid."""
        try:
            parts = urlsplit(url)
            standard, host = _PORTS[parts.scheme], parts.hostname
            port = parts.port or standard
        except (ValueError, KeyError):
            raise SmtpInvalid("write smtp://user:password@host:port, or smtps://…") from None
        if not host:
            raise SmtpInvalid("the URL of the mail server names no host")
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if unknown := options.keys() - {"tls", "ca"}:
            raise SmtpInvalid(f"unknown in the URL of the mail server: {', '.join(sorted(unknown))}")
        implicit = parts.scheme == "smtps"
        relaxed = options.get("tls") == "off" or host in _LOOPBACK
        try:
            tls = ssl.create_default_context(cafile=options.get("ca"))
        except OSError:
            raise SmtpInvalid(f"cannot read the certificate authority {options.get('ca')}") from None
        start = False if implicit else (None if relaxed else True)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(host, port, user, password, implicit, start, tls)


class Smtp:
    """An adapter for e-mail. `sender`: as in "Bank <no-reply@bank.example>"."""

    def __init__(self, server: SmtpServer, sender: str, clock: Clock) -> None:
        self._server, self._clock = server, clock
        name, address = parseaddr(sender)
        try:
            self._from = mail_addresses.of_server(address)
        except AddressInvalid:
            raise SmtpInvalid("the sender of e-mail has no address; write Name <name@host>") from None
        self._sender = Address(name, addr_spec=self._from)

    async def send(self, outgoing: Outgoing) -> None:
        try:
            mail = self._mail(outgoing)
        except ValueError:  # a line break in an address or a subject
            raise SendingRefused("not an address") from None
        try:
            await self._send(mail, outgoing.address)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _failure(error.recipients[0].code) from None
        except (aiosmtplib.SMTPAuthenticationError, aiosmtplib.SMTPSenderRefused) as error:
            # Ours to put right, not the recipient's fault: tried until the message expires.
            raise SendingFailed(f"SMTP {error.code}, as sender") from None
        except aiosmtplib.SMTPConnectResponseError as error:
            raise SendingFailed(f"SMTP {error.code}, at connecting") from None
        except aiosmtplib.SMTPResponseException as error:
            raise _failure(error.code) from None
        except aiosmtplib.SMTPException as error:
            raise SendingFailed(type(error).__name__) from None

    async def close(self) -> None:
        """Nothing stays open."""

    async def _send(self, mail: EmailMessage, address: str) -> None:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=server.implicit_tls,
            start_tls=server.start_tls,
            tls_context=server.tls,
            timeout=TIMEOUT_SECONDS,
        )
        async with client:
            await client.send_message(mail, sender=self._from, recipients=[address])

    def _mail(self, outgoing: Outgoing) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, outgoing.address, outgoing.subject
        mail["Date"] = formatdate(self._clock.now() / MICROSECONDS, usegmt=True)
        # The same at every attempt, so that a mailbox can tell a message that was sent twice.
        mail["Message-ID"] = f"<{outgoing.id}@{self._from.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer from a robot
        mail.set_content(outgoing.text + "\n")
        mail["Content-Language"] = outgoing.language
        return mail


def _failure(code: int) -> SendingFailed:
    """4yz may succeed later, 5yz will not (RFC 5321, 4.2.1)."""
    return (SendingRefused if code >= 500 else SendingFailed)(f"SMTP {code}")
