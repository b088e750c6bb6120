"""SMPP 3.4 as bytes: the PDUs that a sender needs, put together by aiosmpplib. The one place that knows that library.

Its session (ESME) is not used: it keeps a queue of its own, repeats without end, and logs what it sends. Headers are
read here, because operators answer with statuses of their own, which the library does not take.
"""

from __future__ import annotations

from datetime import timedelta
from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from aiosmpplib import (  # type: ignore[import-untyped]
    NPI,
    TON,
    BindTransceiver,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    GSM7BitCodec,
    PhoneNumber,
    SmppCommandStatus,
    SubmitSm,
    Unbind,
    UnbindResp,
)

from feiqian.notify.smpp_receipts import Receipt, read_receipt

HEADER = Struct("!IIII")
LARGEST = 65_536  # bytes of a PDU that is read
RESPONSE = 0x8000_0000
GSM, UCS2 = 0x00, 0x08  # data_coding (5.2.19); GSM is the default alphabet of as good as every operator
_WITH_HEADER = 0b0100_0000  # the body begins with a user data header
_LONGEST_NAME, _LONGEST_NUMBER, _LONGEST_CODE = 11, 15, 20  # of a sender: TS 23.040 (septets), E.164, SMPP
_LONGEST_VALIDITY = timedelta(days=2)


class Command(IntEnum):
    """Those that are told apart here (5.1.2.1)."""

    SUBMIT_SM = 0x0000_0004
    DELIVER_SM = 0x0000_0005
    UNBIND = 0x0000_0006
    OUTBIND = 0x0000_000B
    ENQUIRE_LINK = 0x0000_0015
    ALERT_NOTIFICATION = 0x0000_0102
    DATA_SM = 0x0000_0103


_WITHOUT_RESPONSE = frozenset({Command.OUTBIND, Command.ALERT_NOTIFICATION})  # the protocol has none for them


class Pdu(NamedTuple):
    """One that came: `body` is what follows the header."""

    command: int
    status: int
    sequence: int
    body: bytes

    def __repr__(self) -> str:
        return f"Pdu(command={self.command:#x}, status={self.status:#x}, sequence={self.sequence})"


def bind(sequence: int, user: str, password: str) -> bytes:
    """Raises ValueError for a user of more than 15 or a password of more than 8 characters."""
    return _bytes(BindTransceiver(sequence_num=sequence, system_id=user, password=password))


def submit(sequence: int, source: str, to: str, coding: int, body: bytes, parted: bool, valid_seconds: int) -> bytes:
    """One part of a text to a number in E.164, with a receipt asked for. `source`: a number, a short code or a name.

    Raises ValueError for a `source` that `check_source` refuses.
    """
    message = SubmitSm(
        sequence_num=sequence,
        short_message="-",  # `body` is sent instead
        source=_source(source),
        destination=PhoneNumber(to.removeprefix("+"), TON.INTERNATIONAL, NPI.ISDN),
        esm_class=_WITH_HEADER if parted else 0,
        validity_period=min(timedelta(seconds=max(60, valid_seconds)), _LONGEST_VALIDITY),
        encoding="ucs2" if coding == UCS2 else None,
    )
    message.set_encoded_message(body)
    return _bytes(message)


def unbind(sequence: int) -> bytes:
    return _bytes(Unbind(sequence_num=sequence))


def enquire_link(sequence: int) -> bytes:
    return _bytes(EnquireLink(sequence_num=sequence))


def answer(pdu: Pdu) -> bytes | None:
    """The response to what the other side asks; None for what is not answered."""
    if pdu.command in _WITHOUT_RESPONSE:
        return None
    if pdu.command == Command.DATA_SM and receipt_of(pdu) is not None:
        return HEADER.pack(HEADER.size + 1, Command.DATA_SM | RESPONSE, 0, pdu.sequence) + b"\x00"
    classes = {
        Command.DELIVER_SM: DeliverSmResp,
        Command.ENQUIRE_LINK: EnquireLinkResp,
        Command.UNBIND: UnbindResp,
    }
    if pdu.command in classes:
        return _bytes(classes[Command(pdu.command)](sequence_num=pdu.sequence))
    return _bytes(GenericNack(sequence_num=pdu.sequence, command_status=SmppCommandStatus.ESME_RINVCMDID))


def message_id(body: bytes) -> str:
    """The operator's id in a submit_sm_resp."""
    return body.partition(b"\x00")[0].decode("ascii", "replace")


def receipt_of(pdu: Pdu) -> Receipt | None:
    """What a deliver_sm or data_sm says of a message that was submitted; None if it is no receipt."""
    if pdu.command not in (Command.DELIVER_SM, Command.DATA_SM):
        return None
    return read_receipt(pdu.body, short_message=pdu.command == Command.DELIVER_SM)


def is_gsm(text: str) -> bool:
    """Whether the GSM alphabet (3GPP TS 23.038) has every character."""
    return bool(GSM7BitCodec.is_gsm_text(text))


def gsm(character: str) -> bytes:
    """A character of that alphabet: one byte, or two for those of its extension."""
    return bytes(GSM7BitCodec.get_codec_info().encode(character)[0])


def check_source(source: str) -> None:
    """Raises ValueError, saying why, for a sender that no phone could be shown. Empty: the operator puts one in."""
    if source.startswith("+"):
        if not (source.isascii() and source[1:].isdigit() and len(source) - 1 <= _LONGEST_NUMBER):
            raise ValueError(f"a sender that begins with + is a number of at most {_LONGEST_NUMBER} digits")
    elif source.isascii() and source.isdigit():
        if len(source) > _LONGEST_CODE:
            raise ValueError(f"a sender that is a short code has at most {_LONGEST_CODE} digits")
    elif not (source.isascii() and source.isprintable() and is_gsm(source)):
        raise ValueError("a sender that is a name has ASCII characters of the GSM alphabet only")
    elif sum(len(gsm(character)) for character in source) > _LONGEST_NAME:
        raise ValueError(
            f"a sender that is a name has at most {_LONGEST_NAME} characters ([ ] {{ }} \\ ^ ~ | count twice)"
        )
    elif source and not source.strip():
        raise ValueError("a sender that is a name is more than spaces")


def _source(source: str) -> PhoneNumber:
    check_source(source)
    if not source:
        return PhoneNumber("")  # the operator puts in what was agreed
    if source.startswith("+"):
        return PhoneNumber(source[1:], TON.INTERNATIONAL, NPI.ISDN)
    return PhoneNumber(source, TON.NETWORK_SPECIFIC if source.isdigit() else TON.ALPHANUMERIC, NPI.UNKNOWN)


def _bytes(message: BindTransceiver) -> bytes:
    return bytes(message.pdu())
