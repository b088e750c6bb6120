"""The way back from the bank's page: what the address says of the order, and whether the bank has said it.

It is a hint, and no more: it was so once, and whoever has the address may open it again. `orders.settle` follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import msgspec

from .errors import ReturnInvalid
from .signatures import is_signed

SIGNED = ("order", "version", "status", "at", "signature")


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """What the bank has said of an order when it led the customer back: its `version` then, and its `status`."""

    order: str
    version: int
    status: str


def verify(query: str | Mapping[str, str], secret: str) -> Returned:
    """What an address says, if the bank has signed it with your return secret. `query`: the whole address, what stands
    behind its question mark, or its parameters. Raises ReturnInvalid: show the order as you know it."""
    told = _told(query)
    body = f"{told['version']}.{told['status']}".encode()
    if not is_signed([secret], told["signature"], told["order"], told["at"], body):
        raise ReturnInvalid("the signature is not right")
    return Returned(order=told["order"], version=int(told["version"]), status=told["status"])


def _told(query: str | Mapping[str, str]) -> dict[str, str]:
    """What is signed, each once."""
    pairs = parse_qsl(urlsplit(query).query or query.lstrip("?")) if isinstance(query, str) else list(query.items())
    named = [(name, value) for name, value in pairs if name in SIGNED]
    told = dict(named)
    if len(named) != len(SIGNED) or len(told) != len(SIGNED):
        raise ReturnInvalid("order, version, status, at or signature is missing, or is there twice")
    if not (told["version"].isascii() and told["version"].isdigit() and len(told["version"]) <= 9):
        raise ReturnInvalid("the version is no number")
    if not all(value.isascii() for value in told.values()):
        raise ReturnInvalid("it has letters that the bank never writes")
    return told
