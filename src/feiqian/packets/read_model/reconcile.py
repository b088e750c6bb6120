"""Reconciles red packets with the ledger, to the cent. The engine is as of the read model's position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from feiqian.events import PacketMade, decode_fact
from feiqian.ledger.engine import Engine, Type
from feiqian.money import BY_NUMBER
from feiqian.projections.database import Database
from feiqian.projections.read_model import Discrepancy

from ..kinds import bank_account, total

_ALL = "SELECT id, transfer, back, currency, amount, taken, given, returned, status, fact, no FROM packets"
_TAKES = "SELECT no, place, amount, transfer FROM packet_takes ORDER BY no, place"


def reconcile(engine: Engine, db: Database) -> Iterator[Discrepancy]:
    """Each packet moved what it says, its shares are those that were decided, and what is in all of them is what the
    bank's account holds."""
    inside: Counter[int] = Counter()
    takes: dict[int, list[tuple[int, int, bytes]]] = {}
    for no, place, amount, transfer in db.all(_TAKES):
        takes.setdefault(no, []).append((place, amount, bytes(transfer)))
    for row in db.all(_ALL):
        currency, no, made = row[3], row[10], row[8] != "declined"
        inside[currency] += (row[4] if made else 0) - row[6] - row[7]
        yield from _of_one(engine, row, takes.get(no, []))
    for number, currency in BY_NUMBER.items():
        account = engine.account(bank_account(number))
        held = 0 if account is None else account.balance
        if held != inside[number]:
            yield Discrepancy(f"red packets in {currency.code}", "what is in them", held, inside[number])


def _of_one(engine: Engine, row: tuple, takes: list[tuple[int, int, bytes]]) -> Iterator[Discrepancy]:  # type: ignore[type-arg]
    id, transfer, back, _, amount, taken, given, returned, status, blob, _ = row
    fact = decode_fact(bytes(blob))
    assert isinstance(fact, PacketMade)
    used = engine.used(total(id)) or (0, 0)
    left = 0 if status == "declined" else amount
    pairs = [
        ("what was put in", left, _moved(engine, transfer)),
        ("what it may give at most", left, used[1]),
        ("what was returned", returned, 0 if back is None else _moved(engine, back)),
        ("what has left it", given + returned, used[0]),
        ("shares taken", len(takes), taken),
        ("what was taken", sum(take[1] for take in takes), given),
        ("the sum of its shares", fact.amount, sum(fact.shares)),
    ]
    for place, share, moved in takes:
        pairs.append((f"share {place}", fact.shares[place] if place < len(fact.shares) else 0, share))
        pairs.append((f"what share {place} moved", share, _moved(engine, moved)))
    for what, expected, found in pairs:
        if expected != found:
            yield Discrepancy(f"red packet {id}", what, expected, found)


def _moved(engine: Engine, transfer: bytes) -> int:
    known = engine.remembered(bytes(transfer))
    return known.amount if known is not None and known.type == Type.TRANSFER else 0
