"""A journal row in its smallest parts: each chain of records with the facts that belong to it, and each other fact.

Only for a row that cannot be projected as a whole, so that no more of it than needed is set aside. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from feiqian.events import (
    BetweenPeople,
    Fact,
    OwnTransferDecided,
    PaymentDecided,
    RefundDecided,
    decode_fact,
)
from feiqian.ledger.engine import EVENT, EVENT_SIZE, LINKED, Type
from feiqian.projections.read_model import Part

HoldOf = Callable[[str], bytes | None]  # the hold (or transfer) that names a payment, by the payment's public id

_ENDS_HOLD = frozenset({int(Type.CAPTURE), int(Type.RELEASE)})


def parts_of(records: bytes, blobs: list[bytes], hold_of: HoldOf) -> list[Part]:
    """The parts of a row, in the order of its records; then facts that belong to no chain, each alone."""
    parts = [Part(chain, []) for chain in _chains(records)]
    by_name = {name: part for part in parts for name in _names(part.records)}
    facts = [(decoded(blob), blob) for blob in blobs]
    transfers = {fact.id: fact.transfer for fact, _ in facts if isinstance(fact, PaymentDecided)}
    for fact, blob in facts:
        name = _name(fact, transfers, hold_of)
        part = None if name is None else by_name.get(name)
        if part is None:
            parts.append(Part(b"", [blob]))
        else:
            part.facts.append(blob)
    return parts


def _chains(records: bytes) -> list[bytes]:
    chains, start = [], 0
    for at in range(0, len(records), EVENT_SIZE):
        if not records[at + 1] & LINKED:
            chains.append(records[start : at + EVENT_SIZE])
            start = at + EVENT_SIZE
    return [*chains, records[start:]] if start < len(records) else chains


def _names(chain: bytes) -> list[tuple[bytes, bool]]:
    """What a fact may call the chain: an id in it, or a hold that it ends (True)."""
    names = []
    for type_, _, _, _, _, id, debit, _, _ in EVENT.iter_unpack(chain):
        names.append((id, False))
        if type_ in _ENDS_HOLD:
            names.append((debit, True))
    return names


def _name(fact: Fact | None, transfers: dict[str, bytes], hold_of: HoldOf) -> tuple[bytes, bool] | None:
    if fact is None:
        return None
    if isinstance(fact, PaymentDecided | RefundDecided | OwnTransferDecided | BetweenPeople):
        return fact.transfer, False
    hold = transfers.get(fact.id) or hold_of(fact.id)
    return None if hold is None else (hold, True)


def decoded(blob: bytes) -> Fact | None:
    try:
        return decode_fact(blob)
    except (msgspec.DecodeError, ValueError):
        return None
