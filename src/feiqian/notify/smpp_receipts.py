"""Delivery receipts (SMPP 3.4, appendix B), in the text of a deliver_sm, its optional parameters, or a data_sm.

Takes bytes as an operator sends them, and only what has a shape: whatever is no receipt is None, never an error.
"""

from __future__ import annotations

import re
from struct import Struct
from typing import NamedTuple

_KINDS, _RECEIPT, _INTERMEDIATE = 0b0011_1100, 0b0000_0100, 0b0010_0000  # esm_class (5.2.12)
_PARAMETER = Struct("!HH")  # tag and length (5.3.1)
_RECEIPTED_MESSAGE_ID, _MESSAGE_PAYLOAD, _MESSAGE_STATE = 0x001E, 0x0424, 0x0427
_STATES = {  # of message_state (5.2.28), as receipts in text write them
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
_ID = re.compile(r"\bid: ?([!-~]{1,64})(?![!-~])", re.ASCII | re.IGNORECASE)
_STATE = re.compile(r"\bstat: ?([A-Z]{4,8})\b", re.ASCII | re.IGNORECASE)
_SHAPE = re.compile(r"[!-~]{1,64}", re.ASCII)  # of an id: whatever the operator likes


class Receipt(NamedTuple):
    """`state`: DELIVRD, EXPIRED, UNDELIV, REJECTD and the like. `message_id` is empty if the operator names none."""

    message_id: str
    state: str


def read_receipt(body: bytes, *, short_message: bool) -> Receipt | None:
    """The receipt in a deliver_sm, or (without `short_message`) a data_sm. Parameters count before the text."""
    try:
        esm_class, text, rest = (_of_deliver if short_message else _of_data)(body)
        told = _parameters(rest)
    except (IndexError, ValueError):
        return None
    kind = esm_class & _KINDS
    if kind == _INTERMEDIATE or not (kind == _RECEIPT or told.keys() >= {_RECEIPTED_MESSAGE_ID, _MESSAGE_STATE}):
        return None
    written = (told.get(_MESSAGE_PAYLOAD) or text).decode("latin-1")
    state = _state(told.get(_MESSAGE_STATE, b"")) or _found(_STATE, written).upper()
    return Receipt(_id(told.get(_RECEIPTED_MESSAGE_ID, b"")) or _found(_ID, written), state) if state else None


def _state(value: bytes) -> str:
    return _STATES.get(value[0], "") if len(value) == 1 else ""


def _id(value: bytes) -> str:
    """Most end it with a zero, as they should; some do not."""
    text = value.partition(b"\x00")[0].decode("latin-1")
    return text if _SHAPE.fullmatch(text) else ""


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1] if match else ""


def _of_deliver(body: bytes) -> tuple[int, bytes, bytes]:
    """esm_class, the text, and the optional parameters. Raises IndexError or ValueError for what is cut off."""
    rest = _after_addresses(body)
    esm_class, rest = rest[0], _after_string(_after_string(rest[3:]))  # the times of schedule and validity
    length, rest = rest[4], rest[5:]
    if len(rest) < length:
        raise ValueError("the text is cut off")
    return esm_class, rest[:length], rest[length:]


def _of_data(body: bytes) -> tuple[int, bytes, bytes]:
    rest = _after_addresses(body)
    if len(rest) < 3:  # esm_class, registered_delivery, data_coding
        raise ValueError("it is cut off")
    return rest[0], b"", rest[3:]


def _after_addresses(body: bytes) -> bytes:
    """What follows service_type and two addresses, each TON, NPI and a string."""
    return _after_string(_after_string(_after_string(body)[2:])[2:])


def _after_string(data: bytes) -> bytes:
    return data[data.index(b"\x00") + 1 :]


def _parameters(data: bytes) -> dict[int, bytes]:
    """By tag; a tag that comes twice counts as it came first. What is cut off at the end is left out."""
    found: dict[int, bytes] = {}
    at = 0
    while at + _PARAMETER.size <= len(data):
        tag, length = _PARAMETER.unpack_from(data, at)
        at += _PARAMETER.size
        if at + length <= len(data):
            found.setdefault(tag, data[at : at + length])
        at += length
    return found
