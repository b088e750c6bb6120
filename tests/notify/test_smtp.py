"""E-mail through a real SMTP server: what arrives, what is refused for good and for now, and never in the clear."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from notifying import CODE, MAIL, outgoing

from feiqian.notify import smtp
from feiqian.notify.errors import SendingFailed, SendingRefused
from feiqian.notify.mail_addresses import canonical
from feiqian.notify.model import Channel
from feiqian.notify.smtp import Smtp, SmtpInvalid, SmtpServer
from feiqian.testing.clock import ManualClock

SENDER = "Feiqian <no-reply@bank.example>"


@dataclass
class Mailbox:
    """aiosmtpd's handler: keeps what arrives; answers as the test has set."""

    rcpt: str = ""
    data: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    users: list[str] = field(default_factory=list)

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.rcpt:
            return self.rcpt
        assert address.isascii()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        if self.data:
            return self.data.pop(0)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.encrypted.append(session.ssl is not None)
        return "250 taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.users.append(data.login.decode())
        return AuthResult(success=data.password == b"s3cret", handled=False)


@asynccontextmanager
async def served(box: Mailbox, **options: Any) -> AsyncIterator[int]:
    implicit = options.pop("implicit", None)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, loop=loop, **options), "127.0.0.1", 0, ssl=implicit)
    async with server:
        yield server.sockets[0].getsockname()[1]


def send(box: Mailbox, url: str = "smtp://127.0.0.1:{port}", **options: Any) -> None:
    mail = options.pop("mail", None) or mail_to()

    async def run() -> None:
        async with served(box, **options) as port:
            await Smtp(SmtpServer.of(url.format(port=port)), SENDER, ManualClock()).send(mail)

    asyncio.run(run())


def mail_to(address: str = MAIL, **changes: Any) -> Any:
    changes.setdefault("subject", "Your code")
    return outgoing(f"{CODE} is your code", address, channel=Channel.EMAIL, **changes)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate of one's own for 127.0.0.1, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=2)
    )
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    signed = made.sign(key, hashes.SHA256())
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*form))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


def test_a_mail_arrives_as_plain_text_from_us_and_from_a_machine() -> None:
    box = Mailbox()
    send(box, mail=mail_to(id="msg_7", language="zh", subject="您的验证码"))
    [mail] = box.mails
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, MAIL, "您的验证码")
    assert (mail["Message-ID"], mail["Auto-Submitted"]) == ("<msg_7@bank.example>", "auto-generated")
    assert mail["Date"].datetime == datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
    assert (mail.get_content_type(), mail["Content-Language"]) == ("text/plain", "zh")
    assert mail.get_content().splitlines() == [f"{CODE} is your code"]


@pytest.mark.parametrize("answer", ["550 no such user", "553 not a name", "501 bad address"])
def test_a_recipient_that_does_not_exist_is_refused_for_good(answer: str) -> None:
    with pytest.raises(SendingRefused, match=f"SMTP {answer[:3]}") as raised:
        send(Mailbox(rcpt=answer))
    assert MAIL not in repr(raised.value)


def test_a_mailbox_that_is_full_now_may_take_it_later() -> None:
    with pytest.raises(SendingFailed, match="SMTP 452") as raised:
        send(Mailbox(rcpt="452 mailbox full"))
    assert not isinstance(raised.value, SendingRefused)


def test_a_server_that_is_busy_takes_it_at_the_next_attempt() -> None:
    box = Mailbox(data=["451 try again later"])
    with pytest.raises(SendingFailed, match="SMTP 451") as raised:
        send(box)
    assert not isinstance(raised.value, SendingRefused)
    send(box)
    assert len(box.mails) == 1


def test_a_message_that_is_refused_as_such_is_refused_for_good() -> None:
    with pytest.raises(SendingRefused, match="SMTP 554"):
        send(Mailbox(data=["554 not wanted here"]))


def test_nobody_at_the_port_is_a_failure_that_passes() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        adapter = Smtp(SmtpServer.of(f"smtp://127.0.0.1:{taken.getsockname()[1]}"), SENDER, ManualClock())
        with pytest.raises(SendingFailed) as raised:
            asyncio.run(adapter.send(mail_to()))
    assert not isinstance(raised.value, SendingRefused)


def test_a_connection_that_ends_in_the_middle_is_a_failure_that_passes() -> None:
    async def run() -> None:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 mail\r\n")
            await reader.readline()
            writer.close()

        async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            await Smtp(SmtpServer.of(f"smtp://127.0.0.1:{port}"), SENDER, ManualClock()).send(mail_to())

    with pytest.raises(SendingFailed, match="SMTP") as raised:
        asyncio.run(run())
    assert not isinstance(raised.value, SendingRefused)


@pytest.mark.parametrize("address", ["mei@example.com\r\nBcc: all@example.com", "mei\n@example.com"])
def test_an_address_cannot_add_headers(address: str) -> None:
    box = Mailbox()
    with pytest.raises(SendingRefused, match="not an address"):
        send(box, mail=mail_to(address))
    assert box.mails == []


def test_a_login_goes_over_starttls_with_a_certificate_that_was_checked(certificate: Any) -> None:
    path, context = certificate
    box = Mailbox()
    options = {"tls_context": context, "require_starttls": True, "authenticator": box.authenticate}
    send(box, "smtp://bank:s3cret@127.0.0.1:{port}?ca=" + str(path), auth_required=True, **options)
    assert (box.users, box.encrypted) == (["bank"], [True])


def test_smtps_is_encrypted_from_the_first_byte(certificate: Any) -> None:
    path, context = certificate
    box = Mailbox()
    send(box, "smtps://127.0.0.1:{port}?ca=" + str(path), implicit=context)
    assert len(box.mails) == 1


def test_a_certificate_of_somebody_unknown_is_not_taken(certificate: Any) -> None:
    box = Mailbox()
    with pytest.raises(SendingFailed) as raised:
        send(box, "smtps://127.0.0.1:{port}", implicit=certificate[1])
    assert not isinstance(raised.value, SendingRefused)
    assert box.mails == []


def test_a_wrong_password_of_ours_is_not_the_recipients_fault(certificate: Any) -> None:
    path, context = certificate
    box = Mailbox()
    options = {"tls_context": context, "authenticator": box.authenticate}
    with pytest.raises(SendingFailed, match="SMTP 535, as sender") as raised:
        send(box, "smtp://bank:wr0ng@127.0.0.1:{port}?ca=" + str(path), **options)
    assert not isinstance(raised.value, SendingRefused)
    assert "wr0ng" not in repr(raised.value)


def test_abuse_62_another_host_without_encryption_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "_LOOPBACK", frozenset())  # as if it were another host
    box = Mailbox()
    with pytest.raises(SendingFailed):
        send(box)
    assert box.mails == []
    send(box, "smtp://127.0.0.1:{port}?tls=off")  # said by the operator
    assert box.encrypted == [False]


@pytest.mark.parametrize(
    "url",
    ["http://host", "smtp://", "smtp://u:passw0rd@host:99999", "smtp://host?tlss=off", "smtp://host?ca=nowhere.pem"],
)
def test_a_url_that_cannot_be_used_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(SmtpInvalid) as raised:
        SmtpServer.of(url)
    assert "passw0rd" not in str(raised.value)


def test_a_sender_without_an_address_is_refused() -> None:
    with pytest.raises(SmtpInvalid):
        Smtp(SmtpServer.of("smtp://127.0.0.1"), "The Bank", ManualClock())


def test_the_password_is_in_no_repr() -> None:
    assert "s3cret" not in repr(SmtpServer.of("smtp://bank:s3cret@127.0.0.1"))


def test_a_domain_in_another_script_is_sent_to_by_its_ascii_form() -> None:
    box = Mailbox()
    send(box, mail=mail_to(address=canonical("mei@例子.中国")))
    assert box.mails[0]["To"].addresses[0].addr_spec == "mei@xn--fsqu00a.xn--fiqs8s"


def test_a_sender_may_have_a_name_and_a_domain_in_another_script() -> None:
    box = Mailbox()

    async def run() -> None:
        async with served(box) as port:
            server = SmtpServer.of(f"smtp://127.0.0.1:{port}")
            await Smtp(server, "飞钱 银行 <no-reply@例子.中国>", ManualClock()).send(mail_to())

    asyncio.run(run())
    (sender,) = box.mails[0]["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("飞钱 银行", "no-reply@xn--fsqu00a.xn--fiqs8s")
