"""What the server and a worker send each other: a head in JSON, then parts of bytes with their lengths.

Nothing is unpickled, so that a worker that a picture has taken over can answer wrongly and do no more.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Literal

import msgspec

LENGTH = struct.Struct("!I")
HEAD_BYTES = 16_384
ANSWER_BYTES = 64 * 1024 * 1024  # of all parts of an answer
Job = Callable[[list[bytes]], list[bytes]]  # a function of a module; raises Refused


class Refused(Exception):
    """The bytes cannot be read. `reason` is a word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Asked(msgspec.Struct, frozen=True):
    """The head of a job: the module, the function in it, and the bytes of each part that follows."""

    module: str
    function: str
    sizes: list[int]


class Answered(msgspec.Struct, frozen=True):
    """The head of an answer. `reason`: why it was refused, or the type of the error that failed it."""

    outcome: Literal["ready", "done", "refused", "failed"]
    reason: str = ""
    sizes: list[int] = []


def head(message: Asked | Answered) -> bytes:
    """The message with its length before it."""
    encoded = msgspec.json.encode(message)
    return LENGTH.pack(len(encoded)) + encoded
